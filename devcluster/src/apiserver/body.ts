import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CORE_SCHEMA, load } from 'js-yaml';
import { factsFolder } from '../facts.ts';
import { decodeProtobuf } from '../protobuf/decode.ts';
import { loadMessages } from '../protobuf/messages.ts';
import type { Messages } from '../protobuf/messages.ts';
import { ProtobufError } from '../protobuf/wire.ts';
import { StatusError } from '../contract/status-error.ts';
import { badRequest, tooLarge, unsupportedMediaType } from '../contract/errors.ts';

export const maxBodyBytes = 3 * 1024 * 1024;

/** The body of a request, at most 3 MiB. Throws RequestEntityTooLarge. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > maxBodyBytes) throw tooBig();
  if (request.headers['content-encoding'] !== 'gzip') return collect(request);
  const gunzip = createGunzip();
  const giveUp = (): void => {
    if (!request.complete) gunzip.destroy();
  };
  request.once('error', giveUp).once('close', giveUp).pipe(gunzip);
  try {
    return await collect(gunzip);
  } catch (error) {
    if (error instanceof StatusError || !String((error as NodeJS.ErrnoException).code).startsWith('Z_')) throw error;
    throw badRequest(`the body is not the gzip that its header says: ${(error as Error).message}`);
  } finally {
    // What is left is read and dropped: the next request of the connection comes after it.
    request.off('close', giveUp).unpipe(gunzip).resume();
    gunzip.destroy();
  }
}

/** By events, as an iterator over the chunks costs more than all the rest of a small request's body. */
function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBodyBytes) chunks.push(chunk);
      else reject(tooBig());
    });
    stream.once('end', () => {
      resolve(chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks));
    });
    stream.once('error', reject);
    stream.once('close', () => {
      if (!stream.readableEnded) reject(badRequest('the body broke off'));
    });
  });
}

function tooBig(): Error {
  return tooLarge(`the request body is larger than the limit of ${maxBodyBytes} bytes`);
}

/** The media type of a request's body without its parameters, in lower case. */
export function mediaType(request: IncomingMessage): string {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';');
  return type.trim().toLowerCase();
}

const accepted = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

let messages: Messages | undefined;

/** A body in Kubernetes' protobuf, which kubectl and Go's typed clients send. */
function parseProtobuf(body: Buffer): unknown {
  messages ??= loadMessages(factsFolder());
  try {
    return decodeProtobuf(body, messages);
  } catch (error) {
    if (error instanceof ProtobufError) throw badRequest(error.message);
    throw error;
  }
}

/** A JSON, YAML or protobuf body. Throws BadRequest when it is damaged, UnsupportedMediaType for any other type. */
export function decodeBody(body: Buffer, type: string): unknown {
  if (type === 'application/vnd.kubernetes.protobuf') return parseProtobuf(body);
  if (type === 'application/yaml') return parseYaml(body.toString('utf8'));
  if (type !== '' && type !== 'application/json') throw unsupportedMediaType(accepted);
  return parseJson(body.toString('utf8'));
}

const deepest = 256;

/** JSON without nesting that could exhaust the stack of a recursive reader. */
export function parseJson(text: string): unknown {
  checkDepth(text);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : ''}`);
  }
}

/** YAML 1.1 as Kubernetes reads it; one document. */
export function parseYaml(text: string): unknown {
  if (/^\s*[{[]/.test(text)) return parseJson(text);
  try {
    // of a key given twice the last value counts
    const value: unknown = load(text, { schema: CORE_SCHEMA, json: true });
    checkSize(value, text.length);
    return JSON.parse(JSON.stringify(value ?? null)) as unknown;
  } catch (error) {
    throw badRequest(`error parsing YAML: ${error instanceof Error ? error.message : ''}`);
  }
}

const aliasedValues = 100_000;

/** Aliases of aliases make a short text huge, or endless. */
function checkSize(value: unknown, length: number): void {
  let left = length + aliasedValues;
  const visit = (item: unknown, depth: number): void => {
    left -= 1;
    if (left < 0) throw new Error('document contains excessive aliasing');
    if (depth > deepest) throw new Error(`the body is nested deeper than ${deepest} levels`);
    if (typeof item !== 'object' || item === null) return;
    for (const child of Object.values(item)) visit(child, depth + 1);
  };
  visit(value, 0);
}

function checkDepth(text: string): void {
  let depth = 0;
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (isQuoted) {
      if (c === 92) i += 1;
      else if (c === 34) isQuoted = false;
    } else if (c === 34) isQuoted = true;
    else if (c === 123 || c === 91) {
      depth += 1;
      if (depth > deepest) throw badRequest(`the body is nested deeper than ${deepest} levels`);
    } else if (c === 125 || c === 93) depth -= 1;
  }
}
