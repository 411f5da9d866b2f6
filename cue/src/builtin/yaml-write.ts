// YAML as CUE writes it: block style, two spaces, and quotes where a reader of YAML 1.1 or 1.2 would need them.
import type { Data, StructData } from './api.ts';
import { base64Of } from './base64.ts';
import { toJson } from './json-write.ts';
import { analyze, doubleQuoted, singleQuoted } from './yaml-scalar.ts';
import { isLegacy, tagOf } from './yaml-resolve.ts';

const MAX_SIMPLE_KEY = 128;

export function toYaml(data: Data): string {
  return `${block(data, 0)}\n`;
}

/** The text of a value at an indentation, without the last line end. */
function block(data: Data, indent: number): string {
  if (data instanceof Map && data.size > 0) return mapping(data as StructData, indent);
  if (Array.isArray(data) && data.length > 0) return sequence(data as readonly Data[], indent);
  return scalar(data, indent);
}

function isCollection(data: Data): boolean {
  return (data instanceof Map && data.size > 0) || (Array.isArray(data) && data.length > 0);
}

function mapping(fields: StructData, indent: number): string {
  const margin = ' '.repeat(indent);
  const lines = Array.from(fields, ([name, value]) => {
    const key = keyOf(name, indent);
    const body = isCollection(value)
      ? `\n${' '.repeat(indent + 2)}${block(value, indent + 2)}`
      : ` ${scalar(value, indent + 2)}`;
    return key.isSimple ? `${key.text}:${body}` : `? ${key.text}\n${margin}:${explicitValue(value, indent)}`;
  });
  return lines.join(`\n${margin}`);
}

function explicitValue(value: Data, indent: number): string {
  return ` ${block(value, indent + 2)}`;
}

function sequence(elements: readonly Data[], indent: number): string {
  const lines = elements.map((element) => `- ${block(element, indent + 2)}`);
  return lines.join(`\n${' '.repeat(indent)}`);
}

interface Key {
  readonly text: string;
  readonly isSimple: boolean;
}

function keyOf(name: string, indent: number): Key {
  const isMultiline = name.includes('\n');
  const isSimple = !isMultiline && new TextEncoder().encode(name).length <= MAX_SIMPLE_KEY;
  return {
    text: isSimple ? text(name, { indent, isKey: true }) : text(name, { indent: indent + 2, isKey: false }),
    isSimple,
  };
}

function scalar(data: Data, indent: number): string {
  if (typeof data === 'string') return text(data, { indent, isKey: false });
  if (data === null) return 'null';
  if (data instanceof Uint8Array) return binary(data, indent);
  if (data instanceof Map) return '{}';
  return Array.isArray(data) ? '[]' : toJson(data);
}

/** Bytes with a line end are written as a block. */
function binary(bytes: Uint8Array, indent: number): string {
  if (bytes.length === 0) return '!!binary';
  const encoded = base64Of(bytes);
  return bytes.includes(0x0a) ? `!!binary |-\n${' '.repeat(Math.max(indent, 2))}${encoded}` : `!!binary ${encoded}`;
}

interface Place {
  readonly indent: number;
  readonly isKey: boolean;
}

function text(s: string, { indent, isKey }: Place): string {
  const allowed = analyze(s);
  if (s.includes('\n')) {
    return allowed.isBlock && !isKey ? literal(s, Math.max(indent, 2)) : doubleQuoted(s);
  }
  if (isLegacy(s) || tagOf(s) !== 'str') return doubleQuoted(s);
  if (allowed.isPlain && !(s === '' && isKey)) return s;
  return allowed.isSingleQuoted ? singleQuoted(s) : doubleQuoted(s);
}

function literal(s: string, indent: number): string {
  const hint = s.startsWith(' ') || s.startsWith('\n') ? '2' : '';
  const body = s.endsWith('\n') ? s.slice(0, -1) : s;
  const chomping = s.endsWith('\n') ? (body.endsWith('\n') || body === '' ? '+' : '') : '-';
  const margin = ' '.repeat(indent);
  const lines = body.split('\n').map((line) => (line === '' ? '' : margin + line));
  return `|${hint}${chomping}\n${lines.join('\n')}`;
}
