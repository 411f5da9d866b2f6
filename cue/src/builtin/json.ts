import type { BuiltinPackage, CueValue, Data } from './api.ts';
import { BuiltinError } from './api.ts';
import { fail, fn, string, text, value } from './define.ts';
import { elementsOf } from './elements.ts';
import { indented, isAtEnd, scanValue, scanWhole, valueOf } from './json-text.ts';
import type { JsonToken } from './json-text.ts';
import { toJson } from './json-write.ts';
import { asText } from './text.ts';

export const jsonPackage: BuiltinPackage = {
  path: 'encoding/json',
  functions: {
    Valid: fn([text], 'bool', ([source]) => scanWhole(asText(source)) !== undefined),
    Compact: fn([text], 'string', ([source]) =>
      tokensOf(source)
        .map((token) => token.text)
        .join(''),
    ),
    Indent: fn([text, string, string], 'string', ([source, prefix, indent], context) => {
      const tokens = tokensOf(source);
      context.step(tokens.length);
      const s = asText(source);
      return indented(tokens, prefix, indent) + s.slice(s.trimEnd().length);
    }),
    HTMLEscape: fn([text], 'string', ([source]) => escapeHtml(asText(source))),
    Marshal: fn([value], 'string', ([x]) => marshal(x)),
    MarshalStream: fn([value], 'string', ([x]) =>
      elementsOf(x)
        .map((element) => `${marshal(element)}\n`)
        .join(''),
    ),
    UnmarshalStream: fn([text], 'list', ([source]) => unmarshalStream(asText(source))),
    Unmarshal: fn([text], 'any', ([source]) => valueOf(tokensOf(source, 'json: invalid JSON'))),
    Validate: fn([text, value], 'bool', ([source, schema]) =>
      validateAgainst(schema, valueOf(tokensOf(source, 'json: invalid JSON'))),
    ),
  },
};

function tokensOf(source: string | Uint8Array, message = 'invalid JSON'): readonly JsonToken[] {
  const tokens = scanWhole(asText(source));
  if (tokens === undefined) throw new BuiltinError(message);
  return tokens;
}

function marshal(x: CueValue): string {
  const data = x.toData();
  if (data instanceof BuiltinError) throw data;
  return toJson(data);
}

function unmarshalStream(source: string): Data | BuiltinError {
  const values: Data[] = [];
  let at = 0;
  while (!isAtEnd(source, at)) {
    const scanned = scanValue(source, at);
    if (scanned === undefined) return fail('json: invalid JSON');
    values.push(valueOf(scanned.tokens));
    at = scanned.end;
  }
  return values;
}

/** Whether data is an instance of the schema: the error of their unification otherwise. */
export function validateAgainst(schema: CueValue, data: Data): true | BuiltinError {
  return schema.unify(data).error() ?? true;
}

const HTML = new Map([
  ['<', '\\u003c'],
  ['>', '\\u003e'],
  ['&', '\\u0026'],
  ['\u2028', '\\u2028'],
  ['\u2029', '\\u2029'],
]);

function escapeHtml(s: string): string {
  return Array.from(s, (c) => HTML.get(c) ?? c).join('');
}
