/** The text of a body that is no protobuf. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

/** One field as it stands in the bytes: a number for varints and fixed ones, a slice for the rest. */
export interface WireField {
  readonly number: number;
  readonly value: bigint | Buffer;
}

/** The fields of a message in their order. Throws ProtobufError when the bytes end too early or make no sense. */
export function* wireFields(bytes: Buffer): Generator<WireField> {
  const reader = new Reader(bytes);
  while (!reader.isAtEnd) {
    const tag = Number(reader.varint());
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { number, value: reader.varint() };
        break;
      case 1:
        yield { number, value: reader.take(8) };
        break;
      case 2:
        yield { number, value: reader.take(Number(reader.varint())) };
        break;
      case 5:
        yield { number, value: reader.take(4) };
        break;
      default:
        throw new ProtobufError(`proto: illegal wireType ${tag % 8}`);
    }
  }
}

const longestVarint = 10;

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let i = 0; i < longestVarint; i++) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new ProtobufError('unexpected EOF');
      this.#at++;
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return value;
    }
    throw new ProtobufError('proto: integer overflow');
  }

  take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new ProtobufError('unexpected EOF');
    const slice = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return slice;
  }
}
