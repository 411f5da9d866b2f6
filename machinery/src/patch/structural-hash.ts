import type { Json, KubeObject } from '../meta.ts';

/**
 * The hash of an object that KubeVela's controller writes in the label oam.dev/render-hash: version 2 of the Go module
 * hashstructure over an unstructured object, as lower-case hexadecimal. Equal content has equal hashes, whatever the order of
 * keys, and the same hash from either controller.
 */
export function structuralHash(object: KubeObject): string {
  const field = ordered(textHash('Object'), valueHash(object as unknown as Json));
  return hex(finished(xor(textHash('Unstructured'), field)));
}

/** 64 bits as two unsigned halves. */
type Word = readonly [high: number, low: number];

const trueByte = Uint8Array.of(1);
const falseByte = Uint8Array.of(0);
const offset: Word = [0xcbf29ce4, 0x84222325];

function valueHash(value: Json | undefined): Word {
  if (typeof value === 'string') return textHash(value);
  if (typeof value === 'number') return numberHash(value);
  if (typeof value === 'boolean') return bytesHash(value ? trueByte : falseByte);
  if (value === null || value === undefined) return numberHash(0);
  if (Array.isArray(value)) {
    return (value as readonly Json[]).reduce<Word>((hash, item) => ordered(hash, valueHash(item)), [0, 0]);
  }
  let hash: Word = [0, 0];
  for (const [key, field] of Object.entries(value)) {
    if (field !== undefined) hash = xor(hash, ordered(keyHash(key), valueHash(field)));
  }
  return finished(hash);
}

const encoder = new TextEncoder();

function textHash(text: string): Word {
  let [high, low] = offset;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return bytesHash(encoder.encode(text));
    const product = low * 0x1b3;
    high = (Math.imul(high, 0x1b3) + Math.floor(product / 0x1_0000_0000) + (low << 8)) >>> 0;
    low = ((product >>> 0) ^ code) >>> 0;
  }
  return [high, low];
}

/** The hashes of field names, which come again in every object. */
const keyHashes = new Map<string, Word>();
const maxKeys = 4096;

function keyHash(key: string): Word {
  const known = keyHashes.get(key);
  if (known) return known;
  const hash = textHash(key);
  if (keyHashes.size < maxKeys) keyHashes.set(key, hash);
  return hash;
}

const number = new DataView(new ArrayBuffer(8));
const numberBytes = new Uint8Array(number.buffer);

/** Whole numbers are 64-bit integers in Go, all others doubles. */
function numberHash(value: number): Word {
  if (Number.isSafeInteger(value)) number.setBigInt64(0, BigInt(value), true);
  else number.setFloat64(0, value, true);
  return bytesHash(numberBytes);
}

const pair = new DataView(new ArrayBuffer(16));
const pairBytes = new Uint8Array(pair.buffer);
const firstBytes = new Uint8Array(pair.buffer, 0, 8);

function ordered(a: Word, b: Word): Word {
  put(0, a);
  put(8, b);
  return bytesHash(pairBytes);
}

function finished(hash: Word): Word {
  put(0, hash);
  return bytesHash(firstBytes);
}

function put(at: number, [high, low]: Word): void {
  pair.setUint32(at, low, true);
  pair.setUint32(at + 4, high, true);
}

const xor = (a: Word, b: Word): Word => [(a[0] ^ b[0]) >>> 0, (a[1] ^ b[1]) >>> 0];

/** FNV-1; its prime is 2^40 + 0x1b3. */
function bytesHash(bytes: Uint8Array): Word {
  let [high, low] = offset;
  for (const byte of bytes) {
    const product = low * 0x1b3;
    high = (Math.imul(high, 0x1b3) + Math.floor(product / 0x1_0000_0000) + (low << 8)) >>> 0;
    low = ((product >>> 0) ^ byte) >>> 0;
  }
  return [high, low];
}

const hex = ([high, low]: Word): string => ((BigInt(high) << 32n) | BigInt(low)).toString(16);
