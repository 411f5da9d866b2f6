import type { Application, Component } from '../../../apis/application.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { JsonObject, KubeObject, Resource } from '../../../../machinery/src/meta.ts';
import { annotations as names } from '../../../apis/names.ts';
import { isMap } from '../../../../machinery/src/patch/json.ts';
import { loadYamlDocuments } from '../../../render/yaml.ts';
import { RenderProblem } from './placement.ts';

/** One entry of `objects` of a ref-objects component. */
interface ObjectReference {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly resource?: string;
  readonly group?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly cluster?: string;
  readonly labelSelector?: Readonly<Record<string, string>>;
}

/** How the objects that components refer to are read. */
export interface ReferenceReader {
  /** Knows the kinds of the cluster. */
  readonly client: KubeClient;
  /** Reads the objects. */
  readonly author: KubeClient;
  /** `namespace`: only objects of the namespace of the Application. */
  readonly scope: string;
  /** Reads the text at an address; undefined where objects may not come from addresses. */
  readonly fetchText: ((url: string, signal: AbortSignal) => Promise<string>) | undefined;
  readonly signal: AbortSignal;
}

/** Reads what a ref-objects component refers to, without what belongs to the live objects alone. */
export async function referredObjects(
  component: Component,
  app: Application,
  reader: ReferenceReader,
): Promise<readonly KubeObject[]> {
  const properties = component.properties ?? {};
  const references = (properties['objects'] ?? []) as unknown as readonly ObjectReference[];
  const lists = await Promise.all(references.map((r) => readReference(r, component, app, reader)));
  const sorted = (objects: readonly KubeObject[]) => [...objects].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  const urls = (properties['urls'] ?? []) as readonly string[];
  const remote = await Promise.all(urls.map((url) => readAddress(url, component, reader)));
  const all = [...sorted(lists.flat().map(withoutLiveFields)), ...sorted(remote.flat())];
  // an object that several references name is delivered once, as the last one has it
  return [...new Map(all.map((object) => [sortKey(object), object])).values()];
}

/** The objects of the manifests at an address; each is annotated with it. */
async function readAddress(
  url: string,
  { name }: Component,
  { fetchText, signal }: ReferenceReader,
): Promise<readonly KubeObject[]> {
  const problem = (reason: string): RenderProblem =>
    new RenderProblem(`component "${name}": failed to load Kubernetes objects from url ${url}: ${reason}`);
  if (!fetchText)
    throw problem('referring objects from url is disabled by the feature gate DisableReferObjectsFromURL');
  try {
    const documents = loadYamlDocuments(await fetchText(url, signal)).filter((document) => document !== null);
    return documents.map((document, i) => annotated(document, i, url));
  } catch (error) {
    if (signal.aborted) throw error;
    const { message, cause } = error as Error & { readonly cause?: { readonly message?: string } };
    throw problem(cause?.message ?? message);
  }
}

function annotated(document: unknown, index: number, url: string): KubeObject {
  const { apiVersion, kind, metadata } = (isMap(document) ? document : {}) as Partial<KubeObject>;
  if (!apiVersion || !kind || !metadata?.name)
    throw new Error(`document ${index + 1} has no apiVersion, kind and metadata.name`);
  const annotations = { ...metadata.annotations, [names.resourceUrl]: url };
  return { ...(document as KubeObject), metadata: { ...metadata, annotations } };
}

async function readReference(
  reference: ObjectReference,
  component: Component,
  app: Application,
  { client, author, scope: allowed, signal }: ReferenceReader,
): Promise<readonly KubeObject[]> {
  const own = app.metadata.namespace ?? '';
  const namespace = reference.namespace ?? own;
  const where = `component "${component.name}"`;
  if (allowed === 'namespace' && namespace !== own) {
    throw new RenderProblem(`${where}: objects of namespace ${namespace} may not be referred to from ${own}`);
  }
  if (reference.cluster && reference.cluster !== 'local') {
    throw new RenderProblem(`${where}: cluster "${reference.cluster}" is unknown; only "local" is available`);
  }
  const resource = await resourceOf(reference, where, client);
  const scope = resource.namespaced ? { namespace } : {};
  if (reference.name) return [await author.get<KubeObject>(resource, { name: reference.name, ...scope }, { signal })];
  const labelSelector = Object.entries(reference.labelSelector ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  // as in KubeVela, a reference without both names the object of the name of the component
  if (labelSelector === '')
    return [await author.get<KubeObject>(resource, { name: component.name, ...scope }, { signal })];
  const { items } = await author.list<KubeObject>(resource, { ...scope, labelSelector, signal });
  const { group, version, kind } = resource;
  return items.map((item) => ({ ...item, apiVersion: group ? `${group}/${version}` : version, kind }));
}

async function resourceOf(reference: ObjectReference, where: string, client: KubeClient): Promise<Resource> {
  if (reference.kind) return client.resourceFor(reference.apiVersion ?? 'v1', reference.kind);
  const word = (reference.resource ?? '').toLowerCase();
  const kind = wellKnown[word] ?? wellKnown[word.replace(/(?<=ss)es$|s$/, '')];
  if (kind) return client.resourceFor(kind[0], kind[1]);
  throw new RenderProblem(
    `${where}: a reference needs apiVersion and kind (resource "${reference.resource ?? ''}" is not known)`,
  );
}

const wellKnown: Readonly<Record<string, readonly [string, string]>> = {
  configmap: ['v1', 'ConfigMap'],
  secret: ['v1', 'Secret'],
  service: ['v1', 'Service'],
  serviceaccount: ['v1', 'ServiceAccount'],
  persistentvolumeclaim: ['v1', 'PersistentVolumeClaim'],
  pod: ['v1', 'Pod'],
  namespace: ['v1', 'Namespace'],
  deployment: ['apps/v1', 'Deployment'],
  statefulset: ['apps/v1', 'StatefulSet'],
  daemonset: ['apps/v1', 'DaemonSet'],
  job: ['batch/v1', 'Job'],
  cronjob: ['batch/v1', 'CronJob'],
  ingress: ['networking.k8s.io/v1', 'Ingress'],
};

function withoutLiveFields(object: KubeObject): KubeObject {
  const { name, namespace, labels, annotations } = object.metadata;
  const rest = Object.entries(object).filter(([key]) => key !== 'status' && key !== 'metadata');
  const metadata = {
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
    ...(labels && { labels }),
    ...(annotations && { annotations: withoutBookkeeping(annotations) }),
  };
  return { ...(Object.fromEntries(rest) as JsonObject), metadata } as unknown as KubeObject;
}

/** What the controller of a Deployment and kubectl write for themselves: a copy would fight with them over it. */
const bookkeeping: readonly string[] = ['deployment.kubernetes.io/revision', names.kubectlLastApplied];

function withoutBookkeeping(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => !bookkeeping.includes(key)));
}

const sortKey = (o: KubeObject): string =>
  `${o.apiVersion}/${o.kind}|${o.metadata.namespace ?? ''}/${o.metadata.name ?? ''}`;
