import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { parseApiVersion } from '../../machinery/src/meta.ts';
import { openStorage } from '../../devcluster/src/persistence.ts';
import { newClusterKeys } from '../../devcluster/src/auth/pki.ts';
import { Store } from '../../devcluster/src/storage/store.ts';

const kinds: readonly (readonly [string, string])[] = [
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
  ['v1', 'Namespace'],
  ['v1', 'ServiceAccount'],
  ['v1', 'Service'],
  ['v1', 'ConfigMap'],
  ['v1', 'Secret'],
  ['v1', 'Pod'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'],
  ['admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration'],
  ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'],
  ['apps/v1', 'Deployment'],
  ['apps/v1', 'ReplicaSet'],
  ['networking.k8s.io/v1', 'Ingress'],
  ['core.oam.dev/v1beta1', 'ComponentDefinition'],
  ['core.oam.dev/v1beta1', 'TraitDefinition'],
  ['core.oam.dev/v1beta1', 'WorkflowStepDefinition'],
  ['core.oam.dev/v1beta1', 'PolicyDefinition'],
  ['core.oam.dev/v1beta1', 'DefinitionRevision'],
  ['core.oam.dev/v1beta1', 'Application'],
  ['core.oam.dev/v1beta1', 'ApplicationRevision'],
  ['core.oam.dev/v1beta1', 'ResourceTracker'],
];

const systemNames = /^(kube-.*|default|system:.*|cluster-admin)$/;
const file = join(import.meta.dirname, 'recorded.json.gz');

/** What an installation consists of, in the order in which it was written; without what every cluster has. */
export async function recordedObjects(client: KubeClient): Promise<readonly KubeObject[]> {
  const objects: KubeObject[] = [];
  for (const [apiVersion, kind] of kinds) {
    const resource = await client.resourceFor(apiVersion, kind);
    const { items } = await client.list(resource, {});
    objects.push(
      ...items
        .filter(
          ({ metadata: { name = '', namespace = '' } }) => !systemNames.test(name) && !systemNames.test(namespace),
        )
        .map((item) => ({ ...item, apiVersion, kind })),
    );
  }
  const version = ({ metadata }: KubeObject): number => Number(metadata.resourceVersion);
  return objects.sort((a, b) => version(a) - version(b));
}

export async function readRecorded(): Promise<readonly KubeObject[]> {
  const text = gunzipSync(await readFile(file)).toString();
  return text.split('\n').map((line) => JSON.parse(line) as KubeObject);
}

/** The plural name of a kind that is recorded. */
function pluralOf({ kind }: KubeObject): string {
  if (kind === 'Ingress') return 'ingresses';
  return `${kind.toLowerCase()}s`;
}

/** Writes objects, with their uids and managed fields, into a new data folder of `vela dev up`. */
export async function seedFolder(folder: string, objects: readonly KubeObject[]): Promise<void> {
  const storage = await openStorage(folder, () => newClusterKeys(Date.now()));
  const store = new Store({ disk: storage.disk });
  for (const object of objects) {
    const { name = '', namespace } = object.metadata;
    const collection = store.collection(`${parseApiVersion(object.apiVersion).group}/${pluralOf(object)}`);
    const key = namespace === undefined ? name : `${namespace}/${name}`;
    const { kind, apiVersion, ...rest } = object;
    // the order in which the server stores them
    await store.put(collection, key, undefined, (resourceVersion) => ({
      kind,
      apiVersion,
      ...rest,
      metadata: { ...object.metadata, resourceVersion },
    }));
  }
  await storage.close();
}
