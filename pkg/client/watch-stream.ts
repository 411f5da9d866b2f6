import { TextDecoder } from 'node:util';
import { TransportError } from '../apis/api-error.ts';

/** An event with a larger object than this is not believed. */
const maxLineChars = 32 * 1024 * 1024;

/**
 * Yields the lines of a stream as soon as each is whole; the stream is read no faster than lines are taken.
 *
 * A stream that ends within a line throws: the connection was lost.
 */
export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let pending: string[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const parts = decoder.decode(chunk, { stream: true }).split('\n');
    const last = parts.pop() ?? '';
    for (const part of parts) {
      const line = pending.length > 0 ? pending.join('') + part : part;
      pending = [];
      size = 0;
      if (line.trim() !== '') yield line;
    }
    if (last !== '') pending.push(last);
    size += last.length;
    if (size > maxLineChars)
      throw new TransportError('BadAnswer', `a watch event is larger than ${maxLineChars} characters`);
  }
  if (pending.join('').trim() !== '') throw new TransportError('Unreachable', 'the watch broke off within an event');
}

/**
 * An event with metadata alone, without its managed fields, which are most of its text and are not read here.
 *
 * The API server writes them last. Where it does not, the text is left as it is.
 */
export function cutManagedFields(line: string): string {
  const at = line.indexOf(',"managedFields":[');
  return at >= 0 && line.endsWith(']}}}') ? `${line.slice(0, at)}}}}` : line;
}

/** Parses what the API server sent; a BadAnswer when that is not JSON. */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TransportError('BadAnswer', `${what}: the answer is not JSON: ${text.slice(0, 100)}`, error);
  }
}
