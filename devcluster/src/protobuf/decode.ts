import type { FieldShape, Messages } from './messages.ts';
import { ProtobufError, wireFields } from './wire.ts';

const magic = Buffer.from('k8s\0');
const deepest = 64;

type Record_ = Record<string, unknown>;

/**
 * The object in a body of the type `application/vnd.kubernetes.protobuf`, as its JSON would be: fields without a value
 * are left out. Throws ProtobufError when the bytes are damaged or the kind is unknown.
 */
export function decodeProtobuf(body: Buffer, messages: Messages): unknown {
  if (!body.subarray(0, magic.length).equals(magic)) {
    throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  }
  let raw: Buffer = Buffer.alloc(0);
  let apiVersion = '';
  let kind = '';
  for (const { number, value } of wireFields(body.subarray(magic.length))) {
    if (!Buffer.isBuffer(value)) continue;
    if (number === 1) {
      for (const part of wireFields(value)) {
        if (part.number === 1) apiVersion = String(part.value);
        if (part.number === 2) kind = String(part.value);
      }
    }
    if (number === 2) raw = value;
  }
  const message = messages.messageOf(apiVersion, kind);
  if (message === undefined) throw new ProtobufError(`no kind "${kind}" is registered for version "${apiVersion}"`);
  return { apiVersion, kind, ...new Decoder(messages).message(raw, message, 0) };
}

class Decoder {
  readonly #messages: Messages;

  constructor(messages: Messages) {
    this.#messages = messages;
  }

  message(bytes: Buffer, name: string, depth: number): Record_ {
    if (depth > deepest) throw new ProtobufError('the message is nested too deeply');
    const fields = this.#messages.fields(name);
    const out: Record_ = {};
    for (const { number, value } of wireFields(bytes)) {
      const field = fields.get(number);
      if (field === undefined) continue;
      if (field.name === '') Object.assign(out, this.message(bytesOf(value), field.type, depth + 1));
      else this.#set(out, field, value, depth);
    }
    return out;
  }

  #set(out: Record_, field: FieldShape, value: bigint | Buffer, depth: number): void {
    if (field.isMap) {
      const [key, inner] = this.#entry(bytesOf(value), field.type, depth);
      const map = (out[field.name] ??= {}) as Record_;
      Object.defineProperty(map, key, { value: inner, enumerable: true, configurable: true, writable: true });
      return;
    }
    const decoded = this.#value(value, field.type, depth);
    if (field.isList) ((out[field.name] ??= []) as unknown[]).push(decoded);
    else if (field.isOptional || !isZero(decoded)) out[field.name] = decoded;
  }

  #entry(bytes: Buffer, type: string, depth: number): [string, unknown] {
    let key = '';
    let inner: unknown = scalarZero(type);
    for (const { number, value } of wireFields(bytes)) {
      if (number === 1) key = String(value);
      if (number === 2) inner = this.#value(value, type, depth);
    }
    return [key, inner];
  }

  #value(value: bigint | Buffer, type: string, depth: number): unknown {
    switch (type) {
      case 'string':
        return bytesOf(value).toString('utf8');
      case 'bytes':
        return bytesOf(value).toString('base64');
      case 'bool':
        return value !== 0n;
      case 'int32':
      case 'int64':
      case 'uint32':
        return Number(BigInt.asIntN(64, numberOf(value)));
      case 'double':
        return bytesOf(value).readDoubleLE();
      case 'float':
        return bytesOf(value).readFloatLE();
      default:
        return this.#special(bytesOf(value), type, depth);
    }
  }

  #special(bytes: Buffer, type: string, depth: number): unknown {
    switch (type) {
      case 'quantity':
        return String(part(bytes, 1) ?? '0');
      case 'int-or-string':
        return part(bytes, 1) === 1n ? String(part(bytes, 3) ?? '') : signed(part(bytes, 2));
      case 'time':
      case 'micro-time':
        return time(bytes, type === 'micro-time');
      case 'duration':
        return `${signed(part(bytes, 1)) / 1e9}s`;
      case 'raw':
        return json(part(bytes, 1));
      case 'items':
        return [...wireFields(bytes)].filter(({ number }) => number === 1).map(({ value }) => String(value));
      default:
        return this.message(bytes, type, depth + 1);
    }
  }
}

function bytesOf(value: bigint | Buffer): Buffer {
  if (Buffer.isBuffer(value)) return value;
  throw new ProtobufError('proto: wrong wireType = 0');
}

function numberOf(value: bigint | Buffer): bigint {
  if (typeof value === 'bigint') return value;
  throw new ProtobufError('proto: wrong wireType = 2');
}

/** The last value of one field of a small message. */
function part(bytes: Buffer, wanted: number): bigint | Buffer | undefined {
  let found: bigint | Buffer | undefined;
  for (const { number, value } of wireFields(bytes)) if (number === wanted) found = value;
  return found;
}

function signed(value: bigint | Buffer | undefined): number {
  return typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : 0;
}

/** Null for the zero time, which is an empty message. */
function time(bytes: Buffer, isPrecise: boolean): string | null {
  if (bytes.length === 0) return null;
  const seconds = signed(part(bytes, 1));
  const nanos = signed(part(bytes, 2));
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) throw new ProtobufError('a time is out of range');
  const text = date.toISOString().slice(0, 19);
  const micros = String(Math.floor(nanos / 1000)).padStart(6, '0');
  return isPrecise ? `${text}.${micros}Z` : `${text}Z`;
}

function json(value: bigint | Buffer | undefined): unknown {
  if (!Buffer.isBuffer(value) || value.length === 0) return null;
  try {
    return JSON.parse(value.toString('utf8')) as unknown;
  } catch {
    throw new ProtobufError('an embedded object is no JSON');
  }
}

function scalarZero(type: string): unknown {
  if (type === 'string' || type === 'bytes') return '';
  return type.startsWith('int') && type !== 'int-or-string' ? 0 : {};
}

/** Go writes fields without a value, and leaves them out of JSON. */
function isZero(value: unknown): boolean {
  if (value === null || value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
