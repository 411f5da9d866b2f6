import { isNotFound } from '../apis/api-error.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';

/** Policies in the API server make the system safer and faster; it works without them. */
const optionalGroup = 'admissionregistration.k8s.io/';
const optionalKinds = /^(Validating|Mutating)AdmissionPolicy(Binding)?$/;

const isOptional = ({ apiVersion, kind }: KubeObject): boolean =>
  apiVersion.startsWith(optionalGroup) && optionalKinds.test(kind);

/**
 * Parts objects into those that an API server takes, and policies of kinds that it does not know yet. A server without
 * policies knows no conditions of webhooks either: there they are asked more often than they need to be.
 */
export async function partByServed(
  client: KubeClient,
  objects: readonly KubeObject[],
): Promise<{ readonly served: readonly KubeObject[]; readonly unserved: readonly KubeObject[] }> {
  const answers = new Map<string, boolean>();
  for (const { apiVersion, kind } of objects.filter(isOptional)) {
    const key = `${apiVersion}/${kind}`;
    if (!answers.has(key)) answers.set(key, await isServed(client, apiVersion, kind));
  }
  const isTaken = (object: KubeObject): boolean => answers.get(`${object.apiVersion}/${object.kind}`) ?? true;
  const hasConditions = await isServed(client, `${optionalGroup}v1`, 'ValidatingAdmissionPolicy');
  const served = objects.filter(isTaken).map((object) => (hasConditions ? object : withoutConditions(object)));
  return { served, unserved: objects.filter((object) => !isTaken(object)) };
}

function withoutConditions(object: KubeObject): KubeObject {
  const webhooks = object['webhooks'];
  if (!object.kind.endsWith('WebhookConfiguration') || !Array.isArray(webhooks)) return object;
  const plain = (webhook: object): object =>
    Object.fromEntries(Object.entries(webhook).filter(([field]) => field !== 'matchConditions'));
  return { ...object, webhooks: webhooks.map(plain) };
}

async function isServed(client: KubeClient, apiVersion: string, kind: string): Promise<boolean> {
  try {
    await client.resourceFor(apiVersion, kind);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
