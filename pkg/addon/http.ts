import { Agent, request } from 'undici';
import { AddonError } from './addon-error.ts';

export interface HttpAccess {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly insecureSkipTLS?: boolean | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface HttpCall {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly signal: AbortSignal;
}

const maxRedirects = 5;

/** Sends a request to a registry of addons; follows redirections. Throws AddonError Registry when there is no answer. */
export async function send(url: string, access: HttpAccess, call: HttpCall, redirects = 0): Promise<HttpAnswer> {
  const { method = 'GET', headers = {}, body, signal } = call;
  const dispatcher = access.insecureSkipTLS ? new Agent({ connect: { rejectUnauthorized: false } }) : undefined;
  try {
    const answer = await request(url, {
      method,
      headers: { ...basic(access), ...headers },
      body: body ?? null,
      signal,
      ...(dispatcher && { dispatcher }),
    });
    const content = Buffer.from(await answer.body.arrayBuffer());
    const { location } = answer.headers;
    const isMoved = [301, 302, 303, 307, 308].includes(answer.statusCode) && typeof location === 'string';
    if (!isMoved) return { status: answer.statusCode, headers: answer.headers, body: content };
    if (redirects === maxRedirects) throw new Error('too many redirections');
    const next = new URL(location, url);
    // a password is for the registry alone, not for the storage behind it
    const own = next.host === new URL(url).host ? access : { insecureSkipTLS: access.insecureSkipTLS };
    return await send(next.href, own, { signal }, redirects + 1);
  } catch (error) {
    if (signal.aborted || error instanceof AddonError) throw error;
    throw new AddonError('Registry', [`${url} cannot be read: ${(error as Error).message}`], error);
  } finally {
    await dispatcher?.close();
  }
}

/** The body of a successful answer. Throws AddonError Registry for others. */
export async function download(url: string, access: HttpAccess, call: HttpCall): Promise<Buffer> {
  const { status, body } = await send(url, access, call);
  if (status < 300) return body;
  const hint = status === 401 || status === 403 ? '; are user name and password right?' : '';
  throw new AddonError('Registry', [`${url} answered ${status}${hint}`]);
}

function basic({ username, password = '' }: HttpAccess): Readonly<Record<string, string>> {
  if (username === undefined || username === '') return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}
