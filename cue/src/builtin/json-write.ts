import type { Data, StructData } from './api.ts';
import { formatInt, type Decimal } from '../number/decimal.ts';
import { base64Of } from './base64.ts';

const SHORT = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\u2028', '\\u2028'],
  ['\u2029', '\\u2029'],
]);

/** A JSON string as Go writes it, with < > & as they are. */
export function jsonString(s: string): string {
  let result = '';
  let from = 0;
  for (let i = 0; i < s.length; i++) {
    const c = s.charAt(i);
    const isPlain = c >= ' ' && c !== '"' && c !== '\\' && c !== '\u2028' && c !== '\u2029';
    if (isPlain) continue;
    const escaped = SHORT.get(c) ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
    result += s.slice(from, i) + escaped;
    from = i + 1;
  }
  return `"${result}${s.slice(from)}"`;
}

/** JSON without white space. Numbers keep their digits; bytes are base64. */
export function toJson(data: Data): string {
  if (data === null) return 'null';
  if (typeof data === 'string') return jsonString(data);
  if (typeof data === 'number' || typeof data === 'bigint') return formatInt(data);
  if (typeof data !== 'object') return String(data);
  if (data instanceof Uint8Array) return `"${base64Of(data)}"`;
  if (data instanceof Map) {
    const fields = Array.from(data as StructData, ([name, value]) => `${jsonString(name)}:${toJson(value)}`);
    return `{${fields.join(',')}}`;
  }
  if (Array.isArray(data)) return `[${(data as readonly Data[]).map(toJson).join(',')}]`;
  return (data as Decimal).toString();
}
