import { Agent, interceptors, request } from 'undici';
import type { Dispatcher } from 'undici';

export interface ExternalTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized?: boolean;
}

/** A request to a server that is not the API server. */
export interface ExternalRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | undefined;
  readonly tls?: ExternalTls | undefined;
  /** Of the whole exchange, redirections included. */
  readonly timeoutMs: number;
  /** Of an answer; a longer one is an error. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface ExternalAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

/** As many as Go's client follows. */
const maxRedirections = 10;

/** Headers that the connection sets itself. */
const ofConnection = ['connection', 'content-length', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

/**
 * Sends a request to any port, follows redirections and reads the answer. A body is sent with every method. Throws with the
 * reason where there is no answer, where it is longer than it may be and where it does not come in time.
 */
export async function sendExternal(url: string, call: ExternalRequest): Promise<ExternalAnswer> {
  const agent = new Agent(call.tls && { connect: call.tls });
  const signal = AbortSignal.any([call.signal, AbortSignal.timeout(call.timeoutMs)]);
  try {
    return await exchange(url, call, { signal, dispatcher: agent.compose(interceptors.redirect({ maxRedirections })) });
  } catch (error) {
    if (call.signal.aborted) throw error;
    if (signal.aborted) throw new Error(`timeout: no complete answer within ${call.timeoutMs} ms`, { cause: error });
    throw reasonOf(error);
  } finally {
    await agent.destroy();
  }
}

async function exchange(
  url: string,
  { method = 'GET', headers = {}, body, maxBytes }: ExternalRequest,
  { signal, dispatcher }: { readonly signal: AbortSignal; readonly dispatcher: Dispatcher },
): Promise<ExternalAnswer> {
  const target = new URL(url);
  const answer = await request(target, {
    method: method,
    headers: headersOf(target, headers),
    body: body ?? null,
    signal,
    dispatcher,
  });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) };
}

/** A user and a password in an address become a header, as clients do. */
function headersOf({ username, password }: URL, given: Readonly<Record<string, string>>): Record<string, string> {
  const headers = Object.fromEntries(
    Object.entries(given).filter(([name]) => !ofConnection.includes(name.toLowerCase())),
  );
  const isGiven = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
  if (username === '' || isGiven) return headers;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { ...headers, authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** Of several addresses of a host that all refuse, the first reason. */
function reasonOf(error: unknown): Error {
  const { errors } = error as { readonly errors?: readonly Error[] };
  const [first] = errors ?? [];
  return first ?? (error as Error);
}
