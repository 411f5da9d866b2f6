import type { JsonObject } from '../../../../../machinery/src/meta.ts';
import { sendExternal } from '../../../../client/external-request.ts';
import type { ExternalAnswer } from '../../../../client/external-request.ts';
import type { Engines } from '../../../../render/engine.ts';
import type { StepActor } from '../../../../render/step.ts';
import { objectParam, returned, textParam, wrongTemplate } from './params.ts';

const timeoutMs = 30_000;
/** Of the index of a repository of charts. */
const maxBytes = 64 * 1024 * 1024;

/** Tries properties against the server that they are for; why they are wrong, undefined where they are not. */
type Validation = (params: JsonObject, signal: AbortSignal) => Promise<string | undefined>;

/** The index of a repository of charts can be read. A registry of images is not asked: its charts are not listed. */
const helmRepository: Validation = async (params, signal) => {
  const url = textParam(params, 'url');
  if (!/^https?:\/\//.test(url)) return undefined;
  const ca = textParam(params, 'caFile');
  const answer = await sendExternal(`${url.replace(/\/$/, '')}/index.yaml`, {
    headers: basic(textParam(params, 'username'), textParam(params, 'password')),
    tls: ca === '' ? undefined : { ca },
    timeoutMs,
    maxBytes,
    signal,
  });
  if (answer.status !== 200) return `${url}/index.yaml answered ${answer.status}`;
  return /^apiVersion:/m.test(answer.body.toString('utf8')) ? undefined : `${url}/index.yaml is no index of charts`;
};

/** The user and the password let one in; without any there is nothing to try. */
const imageRegistry: Validation = async (params, signal) => {
  const auth = objectParam(params, 'auth');
  const [user, password] = [textParam(auth, 'username'), textParam(auth, 'password')];
  if (user === '') return undefined;
  const isPlain = params['useHTTP'] === true;
  const registry = (textParam(params, 'registry') || 'index.docker.io').replace(/^https?:\/\//, '').replace(/\/$/, '');
  const tls = params['insecure'] === true ? { rejectUnauthorized: false } : undefined;
  const get = (url: string): Promise<ExternalAnswer> =>
    sendExternal(url, { headers: basic(user, password), tls, timeoutMs, maxBytes, signal });
  const answer = await get(`${isPlain ? 'http' : 'https'}://${registry}/v2/`);
  const challenge = String(answer.headers['www-authenticate'] ?? '');
  const { realm, ...query } = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
  );
  const isBearer = answer.status === 401 && challenge.startsWith('Bearer ') && realm !== undefined;
  const asked = isBearer ? await get(`${realm}?${new URLSearchParams(query).toString()}`) : answer;
  if (asked.status === 200) return undefined;
  return `${registry} answered ${asked.status} to user "${user}"; are user name and password right?`;
};

const validations: Readonly<Record<string, Validation>> = {
  'config.helm-repository': helmRepository,
  'config.image-registry': imageRegistry,
};

/** The result of a validation, as templates see it. */
export async function validateConfig(action: string, params: JsonObject, signal: AbortSignal): Promise<string> {
  try {
    return (await validations[action]?.(params, signal)) ?? '';
  } catch (error) {
    if (signal.aborted) throw error;
    return (error as Error).message;
  }
}

/** Performs the validations that a config template asks for; what is wrong, or undefined. */
export async function validationProblem(
  template: { readonly name: string; readonly text: string },
  input: { readonly parameter: JsonObject; readonly context: JsonObject },
  { engines, signal }: { readonly engines: Engines; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const messages: string[] = [];
  const actor: StepActor = {
    needsFields: false,
    perform: async ({ name, params, label }) => {
      if (!Object.hasOwn(validations, name))
        return wrongTemplate(
          `${label}: a config template cannot do ${name}; it can do ${Object.keys(validations).join(' and ')}`,
        );
      const message = await validateConfig(name, params, signal);
      messages.push(message);
      return returned({ result: message === '', message });
    },
  };
  const schematic = { cue: { template: template.text } };
  const end = await engines.cue.runStep({ name: template.name, schematic }, input, actor);
  const found = messages.find((message) => message !== '');
  if (found !== undefined) return found;
  return end.kind === 'failed' ? end.message : undefined;
}

const basic = (user: string, password: string): Readonly<Record<string, string>> =>
  user === '' ? {} : { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
