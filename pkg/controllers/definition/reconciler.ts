import { isAlreadyExists, isConflict } from '../../apis/api-error.ts';
import type { DefinitionStatus } from '../../apis/definition.ts';
import { schematicOf } from '../../apis/definition.ts';
import type { DefinitionRevision } from '../../apis/definition-revision.ts';
import { definitionRevisionResource } from '../../apis/definition-revision.ts';
import type { KubeClient } from '../../apis/kube-client.ts';
import type { Condition, JsonObject, KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { annotations } from '../../apis/names.ts';
import type { Clock } from '../../../machinery/src/clock/clock.ts';
import type { Reconciler } from '../../reconcile/result.ts';
import { done } from '../../reconcile/result.ts';
import type { Engines, Rendered } from '../../render/engine.ts';
import { engineFor } from '../../render/engine.ts';
import { sameContent } from '../../revision/hash.ts';
import { decideRevision, surplusRevisions } from './revision.ts';
import type { DefinitionKind } from './revision.ts';
import { schemaConfigMap } from './schema-config-map.ts';
import type { WorkloadDefinitionWriter } from './workload-definition.ts';

const fieldManager = 'kubevela-definition';
const configMaps: Resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };

export interface DefinitionDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly resource: Resource;
  readonly kind: DefinitionKind;
  /** For the schema of the parameters. */
  readonly engines: Engines;
  /** The definition as the cache has it. */
  readonly get: (key: string) => KubeObject | undefined;
  /** Undefined where no WorkloadDefinitions are created. */
  readonly workloads?: WorkloadDefinitionWriter | undefined;
  readonly revisionLimit: number;
  readonly controllerVersion: string;
  /** Leave definitions alone that do not ask for a version of the controller. */
  readonly ignoreWithoutVersion: boolean;
}

/**
 * Keeps a DefinitionRevision for each state of a definition, publishes the schema of its parameters in ConfigMaps, and
 * says so in its status. What is as it should be is not written.
 */
export function newDefinitionReconciler(deps: DefinitionDeps): Reconciler {
  return async (key, { signal }) => {
    const definition = deps.get(key);
    if (!definition || definition.metadata.deletionTimestamp !== undefined || !isForUs(definition, deps)) return done;
    try {
      await reconcile(deps, definition, signal);
    } catch (error) {
      // After a conflict, or with a lagging cache, the key is requeued.
      if (!isConflict(error) && !isAlreadyExists(error)) throw error;
      return { requeueAfterMs: 500 };
    }
    return done;
  };
}

function isForUs({ metadata }: KubeObject, { controllerVersion, ignoreWithoutVersion }: DefinitionDeps): boolean {
  const wanted = metadata.annotations?.[annotations.controllerVersionRequire];
  return wanted === undefined ? !ignoreWithoutVersion : wanted === controllerVersion;
}

async function reconcile(deps: DefinitionDeps, definition: KubeObject, signal: AbortSignal): Promise<void> {
  const { client, kind } = deps;
  const { namespace, name = '' } = definition.metadata;
  const labelSelector = `${kind.nameLabel}=${name}`;
  const { items } = await client.list<DefinitionRevision>(definitionRevisionResource, {
    namespace,
    labelSelector,
    signal,
  });
  const decided = decideRevision(definition, kind, items);
  const revision =
    decided.is === 'kept'
      ? decided.revision
      : await client.create(definitionRevisionResource, decided.revision, { fieldManager, signal });
  const current = revision.metadata.name ?? '';
  for (const old of surplusRevisions(items, current, deps.revisionLimit)) {
    await client.delete(definitionRevisionResource, { name: old.metadata.name ?? '', namespace }, { signal });
  }
  await deps.workloads?.ensureFor(definition, signal);
  if (decided.is === 'kept' && isPublishedByOther(definition, revision)) return;
  const published = await publishSchemas(deps, { definition, revision }, signal);
  await writeStatus(deps, definition, { revision, published }, signal);
}

/** Whether another controller, such as KubeVela's, has done everything for a definition as it is now: then nothing is written. */
function isPublishedByOther(definition: KubeObject, { metadata }: DefinitionRevision): boolean {
  const { configMapRef, latestRevision } = (definition['status'] ?? {}) as DefinitionStatus;
  const isOurs = metadata.managedFields?.some(({ manager }) => manager === fieldManager) ?? false;
  return !isOurs && Boolean(configMapRef) && latestRevision?.name === metadata.name;
}

/** Returns the name of the definition's ConfigMap, or why its parameters cannot be read. */
async function publishSchemas(
  { client, kind, engines }: DefinitionDeps,
  { definition, revision }: { readonly definition: KubeObject; readonly revision: DefinitionRevision },
  signal: AbortSignal,
): Promise<Rendered<string>> {
  const schema = await schemaOf(definition, engines);
  if (!schema.ok) return schema;
  const [own, ofRevision] = [definition, revision].map((owner) =>
    schemaConfigMap(definition, kind, { owner, schema: schema.value }),
  );
  for (const configMap of [own, ofRevision]) {
    if (configMap) await client.apply(configMaps, configMap, { fieldManager, force: true, signal });
  }
  return { ok: true, value: own?.metadata.name ?? '' };
}

async function schemaOf({ metadata, spec }: KubeObject, engines: Engines): Promise<Rendered<JsonObject>> {
  const schematic = schematicOf(spec ?? {});
  if (!schematic) return { ok: true, value: { type: 'object' } };
  const template = { name: metadata.name ?? '', schematic };
  const engine = engineFor(template, engines);
  return engine.ok ? engine.value.parameterSchema(template) : engine;
}

interface Outcome {
  readonly revision: DefinitionRevision;
  readonly published: Rendered<string>;
}

async function writeStatus(
  { client, clock, resource }: DefinitionDeps,
  definition: KubeObject,
  { revision, published }: Outcome,
  signal: AbortSignal,
): Promise<void> {
  const before = (definition['status'] ?? {}) as DefinitionStatus;
  const { revision: number, revisionHash } = revision.spec;
  const synced: Omit<Condition, 'lastTransitionTime'> = published.ok
    ? { type: 'Synced', status: 'True', reason: 'ReconcileSuccess' }
    : { type: 'Synced', status: 'False', reason: 'ReconcileError', message: published.problems.join('; ') };
  const old = before.conditions?.find((condition) => condition.type === 'Synced');
  const isSame = old?.status === synced.status && old.message === synced.message;
  const lastTransitionTime = isSame
    ? old.lastTransitionTime
    : new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  const status: DefinitionStatus = {
    conditions: [{ ...synced, lastTransitionTime }],
    ...(published.ok && { configMapRef: published.value }),
    latestRevision: { name: revision.metadata.name ?? '', revision: number, revisionHash },
  };
  if (sameContent(before, status)) return;
  const { name = '', namespace } = definition.metadata;
  const body = JSON.parse(JSON.stringify({ status })) as Record<string, never>;
  await client.patch(
    resource,
    { name, namespace },
    { type: 'merge', body },
    { subresource: 'status', fieldManager, signal },
  );
}
