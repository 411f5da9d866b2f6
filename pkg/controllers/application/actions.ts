import { ApiError } from '../../apis/api-error.ts';
import type { KubeClient } from '../../apis/kube-client.ts';
import type { Json, JsonObject, KubeObject, Resource } from '../../apis/meta.ts';
import { labels } from '../../apis/names.ts';
import { fieldManager } from '../../dispatch/field-manager.ts';
import { ownedManifest } from '../../dispatch/manifest.ts';
import { isMap } from '../../patch/json.ts';
import type { Action, ActionResult } from '../../render/step.ts';
import { textParam } from './action-params.ts';
import { configActions } from './config-actions.ts';
import { httpRequest } from './http-action.ts';
import { userClient } from './identity.ts';
import { topologyNamespaces } from './place.ts';
import type { Session } from './session.ts';

/** Performs an action of a workflow step with the rights of the Application's author. */
export function performer(session: Session): (action: Action) => Promise<ActionResult> {
  const { deps, app, signal } = session;
  const kube = new KubeActions(session, userClient(deps.client, app, deps.options));
  const actions: Readonly<Record<string, (params: JsonObject) => Promise<ActionResult>>> = {
    'kube.apply': (params) => kube.apply(params),
    'kube.apply-in-parallel': (params) => kube.applyAll(params),
    'kube.patch': (params) => kube.patch(params),
    'kube.read': (params) => kube.read(params),
    'kube.list': (params) => kube.list(params),
    'kube.delete': (params) => kube.delete(params),
    'http.do': (params) => httpRequest(params, signal),
    'op.placements': (params) => Promise.resolve(placements(params, session)),
    ...configActions(kube.client, signal),
  };
  return async ({ name, params }) => {
    const cluster = textParam(params, 'cluster');
    if (cluster !== '' && cluster !== 'local')
      return { kind: 'failed', message: `cluster "${cluster}" is not there; only "local" is` };
    return actions[name]?.(params) ?? { kind: 'unknown' };
  };
}

const returned = (returns: object): ActionResult => ({ kind: 'returned', returns: returns as JsonObject });

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: KubeObject['metadata'];
}

class KubeActions {
  readonly client: KubeClient;
  readonly #session: Session;

  constructor(session: Session, client: KubeClient) {
    this.#session = session;
    this.client = client;
  }

  /** What is applied belongs to the Application: it is tracked, kept and collected like what components deliver. */
  async apply({ value, patch }: JsonObject): Promise<ActionResult> {
    const object = manifestOf(value);
    if (!object) return incomplete;
    if (patch !== undefined) return { kind: 'failed', message: 'a patch of what is applied is not supported' };
    const [live] = await this.#dispatch([object]);
    return returned({ value: live ?? null });
  }

  async applyAll({ value }: JsonObject): Promise<ActionResult> {
    const objects = Array.isArray(value) ? (value as readonly Json[]).map(manifestOf) : [];
    const known = objects.filter((object) => object !== undefined);
    if (known.length < objects.length || objects.length === 0) return incomplete;
    return returned({ value: await this.#dispatch(known) });
  }

  async patch({ value, patch }: JsonObject): Promise<ActionResult> {
    const object = manifestOf(value);
    if (!object || patch === undefined) return incomplete;
    const resource = await this.#resource(object);
    const target = targetOf(object, resource, 'default');
    const body = { type: 'merge', body: patch } as const;
    const { signal } = this.#session;
    return returned({ result: await this.client.patch(resource, target, body, { fieldManager, signal }) });
  }

  /** A failure is returned to the template: it may ask whether something is there. */
  async read({ value }: JsonObject): Promise<ActionResult> {
    const object = manifestOf(value);
    if (!object) return incomplete;
    return orError(async () => {
      const resource = await this.#resource(object);
      const { signal } = this.#session;
      return { value: await this.client.get(resource, targetOf(object, resource, 'default'), { signal }) };
    });
  }

  async list({ resource: kind, filter }: JsonObject): Promise<ActionResult> {
    const { apiVersion, kind: name } = (kind ?? {}) as JsonObject;
    if (typeof apiVersion !== 'string' || typeof name !== 'string') return incomplete;
    return orError(async () => {
      const resource = await this.client.resourceFor(apiVersion, name);
      const { signal } = this.#session;
      const { items } = await this.client.list(resource, { ...selectionOf(filter, resource), signal });
      return { values: { items }, list: { items } };
    });
  }

  async delete({ value, filter }: JsonObject): Promise<ActionResult> {
    const object = manifestOf({ metadata: {}, ...(value as JsonObject | undefined) });
    if (!object) return incomplete;
    return orError(async () => {
      const resource = await this.#resource(object);
      const { signal } = this.#session;
      const options = { propagationPolicy: 'Background', signal } as const;
      if (filter !== undefined)
        await this.client.deleteCollection(resource, { ...selectionOf(filter, resource), ...options });
      else await this.client.delete(resource, targetOf(object, resource, 'default'), options);
      return {};
    });
  }

  #resource({ apiVersion, kind }: Manifest): Promise<Resource> {
    return this.client.resourceFor(apiVersion, kind);
  }

  async #dispatch(objects: readonly Manifest[]): Promise<readonly (KubeObject | undefined)[]> {
    const { app, revision, keeper, signal } = this.#session;
    const origin = {
      app,
      revision: revision.metadata.name ?? '',
      revisionHash: revision.metadata.labels?.[labels.appRevisionHash] ?? '',
      component: '',
      componentType: '',
    };
    const manifests = objects.map((object) => {
      const metadata = { namespace: app.metadata.namespace ?? 'default', ...object.metadata };
      return ownedManifest({ ...object, metadata }, origin);
    });
    return (await keeper.dispatch(manifests, signal)).map(({ live }) => live);
  }
}

const incomplete: ActionResult = { kind: 'failed', message: 'value needs apiVersion, kind and metadata' };

function manifestOf(value: Json | undefined): Manifest | undefined {
  if (!isMap(value)) return undefined;
  const { apiVersion, kind, metadata } = value;
  return typeof apiVersion === 'string' && typeof kind === 'string' && isMap(metadata)
    ? (value as unknown as Manifest)
    : undefined;
}

function targetOf({ metadata }: Manifest, { namespaced }: Resource, otherwise: string) {
  const { name = '', namespace = otherwise } = metadata;
  return namespaced ? { name, namespace } : { name };
}

function selectionOf(filter: Json | undefined, { namespaced }: Resource) {
  const { namespace, matchingLabels } = (filter ?? {}) as JsonObject;
  const pairs = isMap(matchingLabels) ? Object.entries(matchingLabels) : [];
  return {
    ...(namespaced && typeof namespace === 'string' && namespace !== '' && { namespace }),
    ...(pairs.length > 0 && {
      labelSelector: pairs
        .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
        .join(','),
    }),
  };
}

/** What the API server refuses is an answer; what never reached it is thrown. */
async function orError(ask: () => Promise<object>): Promise<ActionResult> {
  try {
    return returned(await ask());
  } catch (error) {
    if (!(error instanceof ApiError) || error.code >= 500 || error.code === 429) throw error;
    return returned({ err: error.message });
  }
}

/** Where topology policies have components go, in the one cluster that there is. */
function placements({ policies }: JsonObject, { parsed, app }: Session): ActionResult {
  const names = Array.isArray(policies) ? (policies as readonly string[]) : [];
  const own = app.metadata.namespace ?? 'default';
  const namespaces = topologyNamespaces(names, parsed);
  return returned({
    placements: (namespaces.length > 0 ? namespaces : [own]).map((namespace) => ({ cluster: 'local', namespace })),
  });
}
