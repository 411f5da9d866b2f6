import type { Json, JsonObject } from '../../apis/meta.ts';
import { isMap } from '../../patch/json.ts';
import type { ActionResult } from '../../render/step.ts';
import { parseDuration } from '../../workflow/duration.ts';
import { textParam } from './action-params.ts';

const defaultTimeoutMs = 3000;
/** Of an answer; more is not read. */
const maxBytes = 1024 * 1024;

/**
 * Sends the request that a workflow step asks for. An answer of any status is returned; without one the step is tried
 * again.
 */
export async function httpRequest(params: JsonObject, signal: AbortSignal): Promise<ActionResult> {
  const { method, url, init, timeoutMs } = requestOf(params);
  if (params['tls_config'] !== undefined) return { kind: 'failed', message: `${url}: tls_config is not supported` };
  try {
    const answer = await fetch(url, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
    const text = await textOfAnswer(answer);
    if (text === undefined) return { kind: 'failed', message: `${url}: the answer is larger than ${maxBytes} bytes` };
    const told = { body: text, statusCode: answer.status, header: headersOf(answer.headers) };
    return { kind: 'returned', returns: { ...told, response: told } };
  } catch (error) {
    if (signal.aborted) throw error;
    const { message, cause } = error as Error & { readonly cause?: { readonly message?: string } };
    return { kind: 'failed', message: `${method} ${url}: ${cause?.message ?? message}` };
  }
}

/** Undefined when it is too large. */
async function textOfAnswer({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function requestOf(params: JsonObject) {
  const method = textParam(params, 'method') || 'GET';
  const request = isMap(params['request']) ? params['request'] : {};
  const { body, header } = request;
  const given = isMap(header)
    ? Object.entries(header).map(([key, value]) => [key, textOf(value as Json)] as const)
    : [];
  const headers: Record<string, string> =
    given.length > 0 ? Object.fromEntries(given) : { 'Content-Type': 'application/json' };
  const init = { method, headers, ...(body !== undefined && method !== 'GET' && { body: textOf(body) }) };
  const timeoutMs = parseDuration(textParam(request, 'timeout')) ?? defaultTimeoutMs;
  return { method, url: textParam(params, 'url'), init, timeoutMs };
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** As Go has them: a list of values for each name. */
const headersOf = (headers: Headers): JsonObject =>
  Object.fromEntries(
    [...headers].map(([name, value]) => [name.replace(/(^|-)[a-z]/g, (text) => text.toUpperCase()), [value]]),
  );
