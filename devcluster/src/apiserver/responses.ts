import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzip } from 'node:zlib';
import { dump } from 'js-yaml';
import type { Status } from '../../../machinery/src/meta.ts';
import { negotiate } from './negotiation.ts';

const compressFrom = 128 * 1024;

export interface Answer {
  readonly code: number;
  /** JSON text, without the final line feed. */
  readonly json: string;
  readonly isYaml?: boolean;
  readonly contentType?: string;
  readonly isPretty?: boolean;
}

/** Writes an answer; a large one compressed where the client accepts that. */
export function respond(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  if (response.headersSent || response.destroyed) return;
  const { code, contentType = 'application/json' } = answer;
  const text = textOf(answer);
  const headers: Record<string, string> = { 'content-type': contentType, 'cache-control': 'no-cache, private' };
  const isLarge = text.length >= compressFrom;
  if (isLarge && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) {
    gzip(Buffer.from(text), { level: 1 }, (error, compressed) => {
      if (error !== null || response.destroyed) return;
      const length = String(compressed.length);
      response.writeHead(code, {
        ...headers,
        'content-encoding': 'gzip',
        vary: 'Accept-Encoding',
        'content-length': length,
      });
      response.end(compressed);
    });
    return;
  }
  response.writeHead(code, { ...headers, 'content-length': String(Buffer.byteLength(text)) });
  // As text, head and body leave in one write.
  response.end(text);
}

function textOf({ json, isYaml, isPretty }: Answer): string {
  if (isYaml === true)
    return dump(JSON.parse(json), { noRefs: true, sortKeys: true, seqNoIndent: true, quoteStyle: 'double' });
  if (isPretty === true) return `${JSON.stringify(JSON.parse(json), undefined, 2)}\n`;
  return `${json}\n`;
}

export function respondText(response: ServerResponse, code: number, text: string): void {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
  response.writeHead(code, headers);
  response.end(text);
}

/** Writes a Status, with Retry-After where it says so. */
export function respondStatus(request: IncomingMessage, response: ServerResponse, status: Status): void {
  const format = errorFormat(request.headers.accept);
  const seconds = status.details?.retryAfterSeconds;
  if (seconds !== undefined && !response.headersSent) response.setHeader('retry-after', String(seconds));
  respond(request, response, { code: status.code, json: JSON.stringify(status), ...format });
}

/** Errors are written in the format that was asked for; as indented JSON where there is none such. */
function errorFormat(accept: string | undefined): Pick<Answer, 'isYaml' | 'isPretty' | 'contentType'> {
  try {
    const { isYaml, contentType } = negotiate(accept, { isList: false, hasViews: false });
    return { isYaml, contentType };
  } catch {
    return { isPretty: true };
  }
}

/** A text as it stands in a Warning header, quoted. */
export function warningHeader(text: string): string {
  const cleaned = text.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/[\\"]/g, (c) => `\\${c}`);
  return `299 - "${Buffer.from(cleaned, 'utf8').toString('latin1')}"`;
}
