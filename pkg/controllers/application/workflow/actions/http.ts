import type { Json, JsonObject, KubeObject, Resource } from '../../../../../machinery/src/meta.ts';
import { isMap } from '../../../../../machinery/src/patch/json.ts';
import type { ExternalAnswer } from '../../../../client/external-request.ts';
import { sendExternal } from '../../../../client/external-request.ts';
import type { ActionResult } from '../../../../render/step.ts';
import { parseDuration } from '../../../../workflow/duration.ts';
import type { ActionContext, Perform, Performers } from './context.ts';
import { markOf } from './context.ts';
import { objectParam, textParam, wrongTemplate } from './params.ts';

const secrets: Resource = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };
const defaultTimeoutMs = 3000;
/** Also of a request without a limit, which is written as 0. */
const maxTimeoutMs = 10 * 60_000;
/** Of an answer; more is not read. */
const maxBytes = 1024 * 1024;
/** Of an answer that is kept while a step is suspended. */
const maxKeptBytes = 64 * 1024;

/** What a request needs beside its parameters, read from Secrets. */
export interface HttpSecrets {
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

/**
 * Sends the request that a workflow step asks for. An answer of any status is returned; without one the step is tried
 * again.
 */
export async function httpRequest(
  params: JsonObject,
  signal: AbortSignal,
  { headers = {}, tls }: HttpSecrets = {},
): Promise<ActionResult> {
  const { method, url, init, timeoutMs } = requestOf(params, headers);
  if (timeoutMs === undefined)
    return wrongTemplate(
      `request.timeout "${textParam(objectParam(params, 'request'), 'timeout')}" is not a duration such as "3s"`,
    );
  try {
    const answer = await sendExternal(url, { ...init, tls, timeoutMs, maxBytes, signal });
    const text = answer.body.toString('utf8');
    const returns = { body: text, statusCode: answer.status, header: headersOf(answer.headers), trailer: {} };
    return { kind: 'returned', returns: { ...returns, response: returns } };
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: 'failed', message: `${method} ${url}: ${(error as Error).message}` };
  }
}

/** A call before a suspension is not repeated after it. */
const call: Perform = async (params, context, { label }) => {
  const kept = markOf(context, `${label}.returned`);
  if (kept !== undefined) return JSON.parse(kept) as ActionResult;
  const limited = limitRate(params, context);
  if (limited !== undefined) return { kind: 'failed', message: `${label}: ${limited}` };
  const read = await readSecrets(params, context);
  if (typeof read === 'string') return wrongTemplate(`${label}: ${read}`);
  const result = await httpRequest(params, context.capabilities.signal, read);
  const text = JSON.stringify(result);
  if (result.kind === 'returned' && text.length <= maxKeptBytes) context.calls[`${label}.returned`] = text;
  return result;
};

export const httpActions: Performers = { 'http.do': call };

/** The headers and certificates that a request takes from Secrets, or what is wrong with these. */
async function readSecrets(
  params: JsonObject,
  { prepared: { app }, capabilities: { author, signal } }: ActionContext,
): Promise<HttpSecrets | string> {
  const own = app.metadata.namespace ?? '';
  const dataOf = async (name: string, namespace: string): Promise<Readonly<Record<string, string>>> => {
    const secret = await author.get<KubeObject>(secrets, { name, namespace }, { signal });
    const data = (secret['data'] ?? {}) as Readonly<Record<string, string>>;
    return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]));
  };
  const wanted = objectParam(params, 'request')['headersFromSecret'];
  const headers: Record<string, string> = {};
  for (const item of Array.isArray(wanted) ? (wanted as readonly JsonObject[]) : []) {
    const { header = '', secret = '', key = '' } = item as Readonly<Record<string, string>>;
    const value = (await dataOf(secret, own))[key];
    if (value === undefined) return `Secret ${own}/${secret} has no key "${key}"`;
    headers[header] = value.trim();
  }
  const config = params['tls_config'];
  if (!isMap(config)) return { headers };
  const [first = '', second] = textParam(config, 'secret').split('/');
  const namespace = second === undefined ? textParam(config, 'namespace') || own : first;
  const { 'ca.crt': ca, 'client.crt': cert, 'client.key': key } = await dataOf(second ?? first, namespace);
  if (ca === undefined && cert === undefined)
    return `Secret ${namespace}/${second ?? first} has neither ca.crt nor client.crt`;
  return { headers, tls: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) } };
}

/** The times of recent requests, by step type and address. */
const recent = new Map<string, number[]>();

/** Why a request may not be sent now, as its ratelimiter says; undefined when it may. */
function limitRate(params: JsonObject, { step, capabilities: { deps } }: ActionContext): string | undefined {
  const request = objectParam(params, 'request');
  const { limit, period } = { ...objectParam(request, 'rateLimiter'), ...objectParam(request, 'ratelimiter') };
  if (typeof limit !== 'number' || typeof period !== 'string') return undefined;
  const periodMs = parseDuration(period);
  if (periodMs === undefined) return `ratelimiter.period "${period}" is not a duration such as "1m"`;
  const key = `${step.type} ${textParam(params, 'method')} ${textParam(params, 'url').split('?')[0] ?? ''}`;
  const now = deps.clock.monotonic();
  const times = (recent.get(key) ?? []).filter((time) => time > now - periodMs);
  if (times.length >= limit) return `more than ${limit} requests in ${period}, as its ratelimiter allows`;
  recent.delete(key);
  recent.set(key, [...times, now]);
  const [oldest] = recent.keys();
  if (recent.size > maxAddresses && oldest !== undefined) recent.delete(oldest);
  return undefined;
}

const maxAddresses = 1000;

function requestOf(params: JsonObject, more: Readonly<Record<string, string>>) {
  const method = textParam(params, 'method') || 'GET';
  const request = objectParam(params, 'request');
  const own = Object.entries(objectParam(request, 'header')).map(([key, value]) => [key, textOf(value)] as const);
  const headers: Record<string, string> = {
    ...(own.length > 0 ? Object.fromEntries(own) : { 'Content-Type': 'application/json' }),
    ...more,
  };
  const { body } = request;
  const init = { method, headers, body: body === undefined ? undefined : Buffer.from(textOf(body)) };
  const timeout = textParam(request, 'timeout');
  const given = timeout === '' ? defaultTimeoutMs : parseDuration(timeout);
  const timeoutMs = given === undefined ? undefined : Math.min(given || maxTimeoutMs, maxTimeoutMs);
  return { method, url: textParam(params, 'url'), init, timeoutMs };
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** As Go has them: a list of values for each name. */
const headersOf = (headers: ExternalAnswer['headers']): JsonObject =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value = []]) => [
      name.replace(/(^|-)[a-z]/g, (text) => text.toUpperCase()),
      [value].flat(),
    ]),
  );
