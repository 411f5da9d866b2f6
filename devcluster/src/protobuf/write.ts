/** One part of a message: a text, bytes of a message below, or a flag. */
export type Part = readonly [field: number, value: string | Buffer | boolean];

/** The bytes of a message with these fields, in this order. */
export function writeMessage(parts: readonly Part[]): Buffer {
  return Buffer.concat(parts.map(([field, value]) => writePart(field, value)));
}

function writePart(field: number, value: string | Buffer | boolean): Buffer {
  if (typeof value === 'boolean') return Buffer.concat([varint(field * 8), varint(value ? 1 : 0)]);
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
