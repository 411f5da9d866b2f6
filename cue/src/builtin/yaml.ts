import type { BuiltinPackage, CueValue, Data } from './api.ts';
import { BuiltinError } from './api.ts';
import { fail, fn, text, value } from './define.ts';
import { elementsOf } from './elements.ts';
import { asText } from './text.ts';
import { readYaml } from './yaml-read.ts';
import { toYaml } from './yaml-write.ts';

export const yamlPackage: BuiltinPackage = {
  path: 'encoding/yaml',
  functions: {
    Marshal: fn([value], 'string', ([x]) => toYaml(dataOf(x))),
    MarshalStream: fn([value], 'string', ([x]) =>
      elementsOf(x)
        .map((element) => toYaml(dataOf(element)))
        .join('---\n'),
    ),
    Unmarshal: fn([text], 'any', ([source], context) => {
      const [first, ...rest] = readYaml(asText(source), context);
      if (rest.length > 0) return fail('expected a single YAML document');
      return first ?? null;
    }),
    UnmarshalStream: fn([text], 'list', ([source], context) => {
      const documents = readYaml(asText(source), context);
      return documents.length === 0 ? [null] : documents;
    }),
    Validate: fn([text, value], 'bool', ([source, schema], context) => {
      const documents = readYaml(asText(source), context);
      // no document stands for `*null | _`, which any value satisfies
      if (documents.length === 0) return concreteError(schema) ?? true;
      for (const data of documents) {
        const error = concreteError(schema.unify(data));
        if (error !== undefined) return error;
      }
      return true;
    }),
    ValidatePartial: fn([text, value], 'bool', ([source, schema], context) => {
      for (const data of readYaml(asText(source), context)) {
        const error = schema.unify(data).error();
        if (error !== undefined) return error;
      }
      return true;
    }),
  },
};

function dataOf(x: CueValue): Data {
  const data = x.toData();
  if (data instanceof BuiltinError) throw data;
  return data;
}

/** An instance has no value that is not concrete; that it is missing is final. */
function concreteError(x: CueValue): BuiltinError | undefined {
  const error = x.error();
  if (error !== undefined) return error;
  const data = x.toData();
  return data instanceof BuiltinError ? fail(data.message) : undefined;
}
