import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { copyEncoding, setEncoding, type Encoding } from './encoding.ts';

/** A schema as it is written, with `$ref`s. */
export interface RawSchema extends Omit<Schema, 'properties' | 'items' | 'additionalProperties' | 'allOf'> {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, RawSchema>>;
  readonly items?: RawSchema;
  readonly additionalProperties?: RawSchema | boolean;
  readonly allOf?: readonly RawSchema[];
}

type Draft = Record<string, unknown>;

const prefix = '#/components/schemas/';

/**
 * Resolves named schemas into graphs without `$ref`, each once; recursive kinds become cyclic graphs. A reference with
 * additions (`allOf` of one `$ref` beside a default or an extension) becomes the referred schema with these additions.
 *
 * Defaults that are zero values of fields which need not be there are left out: the server does not write them.
 */
export class SchemaResolver {
  readonly #find: (name: string) => RawSchema | undefined;
  readonly #encodingOf: (name: string) => Encoding | undefined;
  readonly #resolved = new Map<string, Schema>();
  #later: (() => void)[] = [];

  constructor(
    find: (name: string) => RawSchema | undefined,
    encodingOf: (name: string) => Encoding | undefined = () => undefined,
  ) {
    this.#find = find;
    this.#encodingOf = encodingOf;
  }

  resolve(name: string): Schema {
    const schema = this.#named(name);
    const later = this.#later;
    this.#later = [];
    for (const complete of later) complete();
    return schema;
  }

  #named(name: string): Schema {
    const known = this.#resolved.get(name);
    if (known) return known;
    const raw = this.#find(name);
    if (!raw) throw new Error(`no schema ${name} among the facts about Kubernetes`);
    const draft: Draft = {};
    this.#resolved.set(name, draft);
    setEncoding(draft, this.#encodingOf(name));
    this.#fill(draft, raw);
    return draft;
  }

  #convert(raw: RawSchema, isRequired: boolean): Schema {
    if (raw.$ref !== undefined) return this.#named(nameOf(raw.$ref));
    const only = raw.allOf?.length === 1 ? raw.allOf[0]?.$ref : undefined;
    const isPlain = only !== undefined && Object.keys(raw).every((key) => key === 'allOf');
    if (isPlain) return this.#named(nameOf(only));
    const draft: Draft = {};
    this.#fill(draft, raw);
    if (!isRequired && isZeroScalar(draft['default'])) delete draft['default'];
    if (only === undefined) return draft;
    const base = this.#named(nameOf(only));
    // The base may be under construction if it is recursive.
    this.#later.push(() => {
      for (const [key, value] of Object.entries(base)) if (!(key in draft)) draft[key] = value;
      copyEncoding(base, draft);
    });
    return draft;
  }

  #fill(draft: Draft, raw: RawSchema): void {
    const { properties, items, additionalProperties, allOf, ...plain } = raw;
    Object.assign(draft, plain);
    if (properties) {
      draft['properties'] = Object.fromEntries(
        Object.entries(properties).map(([name, field]) => [
          name,
          this.#convert(field, raw.required?.includes(name) === true),
        ]),
      );
    }
    if (items) draft['items'] = this.#convert(items, false);
    if (typeof additionalProperties === 'object')
      draft['additionalProperties'] = this.#convert(additionalProperties, false);
    else if (additionalProperties !== undefined) draft['additionalProperties'] = additionalProperties;
    if (allOf && !(allOf.length === 1 && allOf[0]?.$ref !== undefined)) {
      draft['allOf'] = allOf.map((part) => this.#convert(part, false));
    }
  }
}

function isZeroScalar(value: unknown): boolean {
  return value === '' || value === 0 || value === false;
}

function nameOf(reference: string): string {
  return reference.startsWith(prefix) ? reference.slice(prefix.length) : reference;
}

/** The names of all schemas that this one refers to directly. */
export function referencesOf(raw: unknown): string[] {
  if (Array.isArray(raw)) return raw.flatMap(referencesOf);
  if (typeof raw !== 'object' || raw === null) return [];
  return Object.entries(raw).flatMap(([key, value]) =>
    key === '$ref' && typeof value === 'string' ? [nameOf(value)] : referencesOf(value),
  );
}

export function reference(name: string): RawSchema {
  return { $ref: prefix + name };
}
