import type { Data, StructData } from '../../src/builtin/api.ts';

/** A CUE expression of data. */
export function toCue(data: Data): string {
  if (data === null) return 'null';
  if (typeof data === 'string') return JSON.stringify(data);
  if (data instanceof Uint8Array) {
    return `'${Array.from(data, (b) => `\\x${b.toString(16).padStart(2, '0')}`).join('')}'`;
  }
  if (data instanceof Map) {
    const fields = Array.from(data as StructData, ([name, value]) => `${JSON.stringify(name)}: ${toCue(value)}`);
    return `{${fields.join(', ')}}`;
  }
  if (Array.isArray(data)) return `[${(data as readonly Data[]).map(toCue).join(', ')}]`;
  return typeof data === 'object' ? (data as { toString(): string }).toString() : String(data);
}
