import { ignoreNotFound, isAlreadyExists, isConflict, isNotFound } from '../apis/api-error.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import type { CertificateSet } from './certificate.ts';
import { certificateNeed, newCertificateSet, renewServing } from './certificate.ts';

const secretResource: Resource = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
};

interface Secret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly type?: string;
}

export interface SecretTarget {
  readonly namespace: string;
  readonly name: string;
  /** The names by which the API server reaches the webhooks. */
  readonly hosts: readonly string[];
}

const attempts = 10;

/**
 * Returns the certificates that all replicas share through a Secret, making or renewing them when needed. Of replicas
 * that do so at once one wins, and the others take what it wrote.
 */
export async function ensureCertificates(
  client: KubeClient,
  target: SecretTarget,
  now: number,
  signal?: AbortSignal,
): Promise<CertificateSet> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ensureOnce(client, target, now, signal);
    } catch (error) {
      const lostRace = isConflict(error) || isAlreadyExists(error) || isNotFound(error);
      if (!lostRace || attempt === attempts) throw error;
    }
  }
}

async function ensureOnce(
  client: KubeClient,
  { namespace, name, hosts }: SecretTarget,
  now: number,
  signal: AbortSignal | undefined,
): Promise<CertificateSet> {
  const stored = await find(client, { namespace, name }, signal);
  if (!stored) {
    const set = await newCertificateSet(hosts, now);
    await client.create<Secret>(secretResource, secretOf({ namespace, name }, set), { signal, fieldManager });
    return set;
  }
  const set = readSet(stored);
  const need = certificateNeed(set, hosts, now);
  if (need === 'none') return set;
  const next = need === 'serving' ? await renewServing(set, hosts, now) : await newCertificateSet(hosts, now, set.ca);
  await client.update<Secret>(secretResource, { ...stored, data: dataOf(next) }, { signal, fieldManager });
  return next;
}

const fieldManager = 'vela-core-webhook';

async function find(
  client: KubeClient,
  target: { readonly namespace: string; readonly name: string },
  signal: AbortSignal | undefined,
): Promise<Secret | undefined> {
  return ignoreNotFound(client.get<Secret>(secretResource, target, { signal }));
}

function secretOf(metadata: { readonly namespace: string; readonly name: string }, set: CertificateSet): Secret {
  return { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: dataOf(set) };
}

function dataOf({ ca, caKey, cert, key }: CertificateSet): Record<string, string> {
  const texts = { ca, ...(caKey !== undefined && { 'ca.key': caKey }), 'tls.crt': cert, 'tls.key': key };
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text).toString('base64')]));
}

/** `ca.crt` is what cert-manager calls the authority. */
function readSet({ data = {} }: Secret): CertificateSet {
  const text = (name: string): string | undefined =>
    data[name] === undefined ? undefined : Buffer.from(data[name], 'base64').toString('utf8');
  return {
    ca: text('ca') ?? text('ca.crt') ?? '',
    caKey: text('ca.key'),
    cert: text('tls.crt') ?? '',
    key: text('tls.key') ?? '',
  };
}
