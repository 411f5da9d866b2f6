import { ignoreNotFound } from '../../pkg/apis/api-error.ts';
import type { Application } from '../../pkg/apis/application.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels } from '../../pkg/apis/names.ts';
import { mapBounded } from '../../pkg/dispatch/bounded.ts';
import { podResource } from './fleet.ts';

/** A pod of an Application, and the component that it belongs to. */
export interface ApplicationPod {
  readonly component: string;
  readonly pod: KubeObject;
}

const componentLabel = 'app.oam.dev/component';
const workloads = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CloneSet']);

/**
 * The pods of an Application in every namespace that it delivers to: those that carry its labels, and those that the
 * selectors of its workloads choose. `component` limits them to one. A workload that is gone has none.
 */
export async function podsOf(
  client: KubeClient,
  app: Application,
  component?: string,
): Promise<readonly ApplicationPod[]> {
  const selections = await Promise.all([labelled(client, app), selected(client, app)]);
  const found = new Map(selections.flat().map((one) => [one.pod.metadata.uid ?? '', one]));
  const wanted = [...found.values()].filter((one) => component === undefined || one.component === component);
  return wanted.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

const keyOf = ({ component, pod: { metadata } }: ApplicationPod): string =>
  [component, metadata.namespace, metadata.name].join(' ');

async function labelled(client: KubeClient, app: Application): Promise<readonly ApplicationPod[]> {
  const namespaces = new Set([app.metadata.namespace, ...applied(app).map(({ namespace }) => namespace)]);
  const labelSelector = `${labels.appName}=${app.metadata.name ?? ''}`;
  const lists = await mapBounded([...namespaces], 5, async (namespace) => {
    const { items } = await client.list(podResource, { namespace, labelSelector });
    return items.map((pod) => ({ component: pod.metadata.labels?.[componentLabel] ?? '', pod }));
  });
  return lists.flat();
}

async function selected(client: KubeClient, app: Application): Promise<readonly ApplicationPod[]> {
  const lists = await mapBounded(applied(app), 5, (reference) => ignoreNotFound(podsOfResource(client, reference)));
  return lists.flatMap((list) => list ?? []);
}

async function podsOfResource(
  client: KubeClient,
  { apiVersion, kind, namespace, name }: Reference,
): Promise<readonly ApplicationPod[]> {
  if (kind !== 'Pod' && !workloads.has(kind)) return [];
  const object = await client.get(await client.resourceFor(apiVersion, kind), { namespace, name });
  const component = object.metadata.labels?.[componentLabel] ?? '';
  if (kind === 'Pod') return [{ component, pod: object }];
  const { selector } = (object['spec'] ?? {}) as { selector?: { matchLabels?: Readonly<Record<string, string>> } };
  const pairs = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  if (pairs.length === 0) return [];
  const { items } = await client.list(podResource, { namespace, labelSelector: pairs.join(',') });
  return items.map((pod) => ({ component, pod }));
}

interface Reference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

const applied = ({ metadata, status }: Application): readonly Reference[] =>
  (status?.appliedResources ?? []).map(({ apiVersion = '', kind = '', namespace = metadata.namespace, name = '' }) => ({
    apiVersion,
    kind,
    namespace,
    name,
  }));
