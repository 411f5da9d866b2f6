import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { escapeName } from '../cel/values.ts';

/** A type as the CEL checker takes it: the name of one, or the fields of an object. */
export type CelType = string | { [field: string]: CelType };

/** The type that rules see for a schema; `dyn` where the schema leaves it open. */
export function celTypeOf(schema: Schema | undefined): CelType {
  if (!schema || schema.nullable === true || schema['x-kubernetes-int-or-string'] === true) return 'dyn';
  switch (schema.type) {
    case 'object':
      return objectType(schema);
    case 'array': {
      const items = celTypeOf(schema.items);
      return typeof items === 'string' ? `list<${items}>` : 'list<dyn>';
    }
    case 'integer':
      return 'int';
    case 'number':
      return 'double';
    case 'boolean':
      return 'bool';
    case 'string':
      return textType(schema.format);
    default:
      return 'dyn';
  }
}

function objectType(schema: Schema): CelType {
  if (typeof schema.additionalProperties === 'object') {
    const values = celTypeOf(schema.additionalProperties);
    return typeof values === 'string' ? `map<string, ${values}>` : 'map<string, dyn>';
  }
  const fields = Object.entries(schema.properties ?? {});
  if (schema['x-kubernetes-preserve-unknown-fields'] === true || fields.length === 0) return 'dyn';
  return Object.fromEntries(fields.map(([name, field]) => [escapeName(name), celTypeOf(field)]));
}

function textType(format: string | undefined): string {
  if (format === 'date-time' || format === 'date') return 'google.protobuf.Timestamp';
  return format === 'byte' ? 'bytes' : 'string';
}
