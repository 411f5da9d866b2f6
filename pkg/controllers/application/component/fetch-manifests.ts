import { sendExternal } from '../../../client/external-request.ts';

const timeoutMs = 10_000;
/** Of an answer; a longer one is refused. */
const maxBytes = 4 * 1024 * 1024;

/** Reads the text at an address; throws with the reason where there is none. */
export async function fetchManifests(url: string, signal: AbortSignal): Promise<string> {
  const { protocol } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') throw new Error(`${protocol} is not supported; use http or https`);
  const { status, body } = await sendExternal(url, { timeoutMs, maxBytes, signal });
  if (status < 200 || status > 299) throw new Error(`the server answers ${status}`);
  return body.toString('utf8');
}
