import { constants, createDeflate, createInflate } from 'node:zlib';
import type { Deflate, Inflate } from 'node:zlib';
import { headerDictionary } from './dictionary.ts';
import { numbers } from './frames.ts';

/** Reads and writes the header blocks of one connection: each is compressed with what came before it as context. */
export class HeaderCodec {
  readonly #inflate = createInflate({ dictionary: headerDictionary(), finishFlush: constants.Z_SYNC_FLUSH });
  readonly #deflate = createDeflate({ dictionary: headerDictionary() });

  /** Throws when the block is damaged. One at a time. */
  async read(block: Buffer): Promise<ReadonlyMap<string, string>> {
    return parse(await through(this.#inflate, block));
  }

  /** One at a time. */
  write(headers: ReadonlyMap<string, string>): Promise<Buffer> {
    const texts = [...headers].flat().flatMap((text) => [numbers(Buffer.byteLength(text)), Buffer.from(text)]);
    return through(this.#deflate, Buffer.concat([numbers(headers.size), ...texts]));
  }

  close(): void {
    this.#inflate.close();
    this.#deflate.close();
  }
}

/** What comes out of a compressor for what goes in. */
function through(stream: Deflate | Inflate, input: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const onData = (chunk: Buffer): void => void chunks.push(chunk);
    const end = (error?: Error): void => {
      stream.off('data', onData).off('error', end);
      if (error === undefined) resolve(Buffer.concat(chunks));
      else reject(error);
    };
    stream.on('data', onData).once('error', end);
    stream.write(input);
    stream.flush(constants.Z_SYNC_FLUSH, () => {
      end();
    });
  });
}

function parse(block: Buffer): ReadonlyMap<string, string> {
  let at = 0;
  const number = (): number => {
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = number();
    at += length;
    return block.toString('utf8', at - length, at);
  };
  const count = number();
  const headers = new Map<string, string>();
  for (let i = 0; i < count; i += 1) headers.set(text(), text());
  return headers;
}
