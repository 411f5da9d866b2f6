import { isNotFound } from '../../../../apis/api-error.ts';
import { apiVersionOf } from '../../../../../machinery/src/meta.ts';
import type { JsonObject, KubeObject, Resource } from '../../../../../machinery/src/meta.ts';
import { annotations, labels } from '../../../../apis/names.ts';
import type { ManagedResource, ResourceTracker } from '../../../../apis/resource-tracker.ts';
import { resourceTrackerResource } from '../../../../apis/resource-tracker.ts';
import { entriesOf, isDeleting } from '../../../../dispatch/tracker.ts';
import type { ApplicationDeps } from '../../deps.ts';
import type { Capabilities } from '../../stages.ts';
import type { ActionResult } from '../../../../render/step.ts';
import { endpointsOf } from './endpoints.ts';
import { orError } from './kube.ts';
import { objectParam, returned, textList, textParam, wrongTemplate, writtenObject } from './params.ts';

/** What queries read with. */
export interface QueryContext {
  readonly capabilities: Pick<Capabilities, 'author' | 'signal'> & { readonly deps: Pick<ApplicationDeps, 'client'> };
}

type Query = (
  params: JsonObject,
  context: QueryContext,
  action: { readonly label: string },
) => ActionResult | Promise<ActionResult>;

/** One delivered object, as trackers remember it. */
interface Applied {
  readonly entry: ManagedResource;
  readonly tracker: ResourceTracker;
  readonly isLatest: boolean;
}

/** What the trackers of an Application remember, as its filter selects it; newest trackers first. */
async function applied(
  params: JsonObject,
  { capabilities: { deps, signal } }: QueryContext,
): Promise<readonly Applied[]> {
  const app = objectParam(params, 'app');
  const selector = { [labels.appName]: textParam(app, 'name'), [labels.appNamespace]: textParam(app, 'namespace') };
  const labelSelector = Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const { items } = await deps.client.list<ResourceTracker>(resourceTrackerResource, {
    labelSelector,
    signal,
  });
  const newest = Math.max(...items.map((t) => t.spec.applicationGeneration));
  const isWanted = filterOf(objectParam(app, 'filter'));
  return [...items]
    .sort((a, b) => b.spec.applicationGeneration - a.spec.applicationGeneration)
    .filter((tracker) => !isDeleting(tracker))
    .flatMap((tracker) => {
      const isLatest = tracker.spec.type === 'root' || tracker.spec.applicationGeneration === newest;
      return entriesOf(tracker).flatMap((entry) =>
        entry.deleted || !isWanted(entry) ? [] : [{ entry, tracker, isLatest }],
      );
    });
}

function filterOf(filter: JsonObject): (entry: ManagedResource) => boolean {
  const [cluster, namespace, kind, apiVersion] = ['cluster', 'clusterNamespace', 'kind', 'apiVersion'].map((name) =>
    textParam(filter, name),
  );
  const components = textList(filter['components']);
  return (entry) =>
    (!cluster || cluster === 'local') &&
    (!namespace || entry.namespace === namespace) &&
    (!kind || entry.kind === kind) &&
    (!apiVersion || entry.apiVersion === apiVersion) &&
    (components.length === 0 || components.includes(entry.component ?? ''));
}

function describeApplied({ entry, tracker, isLatest }: Applied): JsonObject {
  const { name = '', namespace = '', component = '', trait = '', kind = '', apiVersion = '' } = entry;
  return {
    name,
    namespace,
    cluster: entry.cluster ?? '',
    component,
    trait,
    kind,
    apiVersion,
    publishVersion: tracker.metadata.annotations?.[annotations.publishVersion] ?? '',
    revision: tracker.metadata.labels?.[labels.appRevision] ?? '',
    latest: isLatest,
  };
}

interface Live {
  readonly applied: Applied;
  readonly object: KubeObject;
}

async function liveObjects(
  list: readonly Applied[],
  { capabilities: { author: client, signal } }: QueryContext,
): Promise<readonly Live[]> {
  const found = await Promise.all(
    list.map(async (one): Promise<Live[]> => {
      const { apiVersion = '', kind = '', name = '', namespace } = one.entry;
      try {
        const resource = await client.resourceFor(apiVersion, kind);
        const target = resource.namespaced ? { name, namespace } : { name };
        return [{ applied: one, object: await client.get<KubeObject>(resource, target, { signal }) }];
      } catch (error) {
        if (isNotFound(error)) return [];
        throw error;
      }
    }),
  );
  return found.flat();
}

const describeLive = ({ applied: { entry, tracker }, object }: Live): JsonObject => ({
  cluster: entry.cluster ?? '',
  component: entry.component ?? '',
  revision: tracker.metadata.labels?.[labels.appRevision] ?? '',
  object: object as unknown as JsonObject,
});

/** Kinds that controllers of Kubernetes create for others, by the kind that they are created for. */
const children: Readonly<Record<string, readonly (readonly [apiVersion: string, kind: string])[]>> = {
  Deployment: [['apps/v1', 'ReplicaSet']],
  ReplicaSet: [['v1', 'Pod']],
  StatefulSet: [['v1', 'Pod']],
  DaemonSet: [['v1', 'Pod']],
  CronJob: [['batch/v1', 'Job']],
  Job: [['v1', 'Pod']],
};

/** The objects of one kind among those that were delivered, and those that their controllers created. */
async function collect(kind: string, params: JsonObject, context: QueryContext): Promise<readonly JsonObject[]> {
  const app = objectParam(params, 'app');
  const { kind: _kind, apiVersion: _version, ...filter } = objectParam(app, 'filter');
  const all = await liveObjects(await applied({ app: { ...app, filter } }, context), context);
  const found = await Promise.all(
    all.map(async (live) => (await descendants(live.object, context)).map((object) => ({ ...live, object }))),
  );
  return found
    .flat()
    .filter(({ object }) => object.kind === kind)
    .map(describeLive);
}

async function descendants(object: KubeObject, context: QueryContext): Promise<readonly KubeObject[]> {
  const { author: client, signal } = context.capabilities;
  const below = await Promise.all(
    (children[object.kind] ?? []).map(async ([apiVersion, kind]) => {
      const resource = await client.resourceFor(apiVersion, kind);
      const { items } = await client.list<KubeObject>(resource, {
        namespace: object.metadata.namespace,
        signal,
      });
      const own = items.filter((item) => item.metadata.ownerReferences?.some((o) => o.uid === object.metadata.uid));
      return Promise.all(own.map((item) => descendants(typed(item, resource), context)));
    }),
  );
  return [object, ...below.flat(2)];
}

const typed = (item: KubeObject, resource: Resource): KubeObject => ({
  ...item,
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
});

const endpoints: Query = (params, context) =>
  orError(async () => {
    const all = await liveObjects(await applied(params, context), context);
    return { list: all.flatMap((live) => endpointsOf(live.object).map((one) => ({ ...one, ...origin(live) }))) };
  });

const origin = ({ applied: { entry }, object }: Live): JsonObject => ({
  cluster: entry.cluster ?? '',
  component: entry.component ?? '',
  ref: {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name: object.metadata.name ?? '',
    namespace: object.metadata.namespace ?? '',
    uid: object.metadata.uid ?? '',
  },
});

const events: Query = ({ value }, { capabilities: { author: client, signal } }, { label }) => {
  const object = writtenObject(value);
  if (!object) return wrongTemplate(`${label}: value needs apiVersion, kind and metadata`);
  return orError(async () => {
    const { name = '', namespace, uid } = object.metadata;
    const fields = {
      'involvedObject.kind': object.kind,
      'involvedObject.name': name,
      ...(uid && { 'involvedObject.uid': uid }),
    };
    const fieldSelector = Object.entries(fields)
      .map(([key, text]) => `${key}=${text}`)
      .join(',');
    const resource = await client.resourceFor('v1', 'Event');
    return { list: (await client.list(resource, { namespace, fieldSelector, signal })).items };
  });
};

const logs: Query = async (params, { capabilities: { author: client, signal } }) => {
  const options = objectParam(params, 'options');
  const names = ['container', 'previous', 'sinceSeconds', 'sinceTime', 'timestamps', 'tailLines', 'limitBytes'];
  const given = names.flatMap((name) => {
    const option = options[name];
    return option === undefined || option === null || option === false
      ? []
      : [[name, typeof option === 'string' ? option : JSON.stringify(option)] as [string, string]];
  });
  const path = `/api/v1/namespaces/${encodeURIComponent(textParam(params, 'namespace'))}/pods/${encodeURIComponent(textParam(params, 'pod'))}/log`;
  try {
    const text = await client.raw<unknown>('GET', `${path}?${new URLSearchParams(given).toString()}`, undefined, {
      signal,
    });
    return returned({
      outputs: { logs: Buffer.from(typeof text === 'string' ? text : JSON.stringify(text)).toString('base64') },
    });
  } catch (error) {
    if (signal.aborted) throw error;
    return returned({ outputs: { err: (error as Error).message } });
  }
};

/** Queries about what Applications delivered; nothing is written. */
export const queryActions: Readonly<Record<string, Query>> = {
  'query.applied': (params, context) =>
    orError(async () => ({ list: (await applied(params, context)).map(describeApplied) })),
  'query.resources': (params, context) =>
    orError(async () => ({ list: (await liveObjects(await applied(params, context), context)).map(describeLive) })),
  'query.pods': (params, context) => orError(async () => ({ list: await collect('Pod', params, context) })),
  'query.services': (params, context) => orError(async () => ({ list: await collect('Service', params, context) })),
  'query.endpoints': endpoints,
  'query.events': events,
  'query.logs': logs,
};
