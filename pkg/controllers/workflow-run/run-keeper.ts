import { ignoreNotFound } from '../../apis/api-error.ts';
import type { KubeClient } from '../../apis/kube-client.ts';
import { labels } from '../../apis/names.ts';
import type { WorkflowRun } from '../../apis/workflow-run.ts';
import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { mapBounded } from '../../dispatch/bounded.ts';
import type { Doomed } from '../../dispatch/delete.ts';
import { DispatchError } from '../../dispatch/dispatch-error.ts';
import { withEncodedData } from '../../dispatch/encoded-data.ts';
import { fieldManager } from '../../dispatch/field-manager.ts';
import type { Delivered } from '../../dispatch/keeper.ts';
import type { Manifest } from '../../dispatch/manifest.ts';
import { applyOrder, describe, inScope, namesOf } from '../../dispatch/manifest.ts';
import { ownerOf } from '../../dispatch/ownership.ts';
import type { StepKeeper } from '../application/stages.ts';

export interface RunKeeperOptions {
  readonly run: WorkflowRun;
  /** Writes with the rights of the run. */
  readonly client: KubeClient;
  readonly maxConcurrent: number;
}

/**
 * Applies and deletes what the steps of a WorkflowRun ask for. Nothing is recorded, kept or collected: what a run applied stays
 * when the run is deleted, and a later run may change it. What an Application owns is refused.
 */
export class RunKeeper implements StepKeeper {
  readonly #options: RunKeeperOptions;

  constructor(options: RunKeeperOptions) {
    this.#options = options;
  }

  async dispatch(manifests: readonly Manifest[], signal?: AbortSignal): Promise<readonly Delivered[]> {
    const { maxConcurrent } = this.#options;
    const delivered: Delivered[] = [];
    for (const wave of applyOrder(manifests))
      delivered.push(...(await mapBounded(wave, maxConcurrent, (manifest) => this.#apply(manifest, signal))));
    return delivered;
  }

  async delete(objects: readonly Doomed[], signal?: AbortSignal): Promise<void> {
    const { client, maxConcurrent } = this.#options;
    for (const { live } of objects) refuseOwned(live);
    await mapBounded(objects, maxConcurrent, async ({ live, resource }) => {
      const { uid = '' } = live.metadata;
      const options = { propagationPolicy: 'Background', preconditions: { uid }, signal } as const;
      await ignoreNotFound(client.delete(resource, namesOf(live), options));
    });
  }

  recorded(): undefined {
    return undefined;
  }

  recordAhead(): Promise<void> {
    return Promise.resolve();
  }

  markDeleted(): Promise<void> {
    return Promise.resolve();
  }

  async #apply(manifest: Manifest, signal: AbortSignal | undefined): Promise<Delivered> {
    const { client } = this.#options;
    const { apiVersion, kind } = manifest.object;
    const resource = await client.resourceFor(apiVersion, kind);
    const object = this.#marked(manifest.object, resource);
    const before = await ignoreNotFound(client.get<KubeObject>(resource, namesOf(object), { signal }));
    if (before) refuseOwned(before);
    const live = await client.apply(resource, withEncodedData(object), { fieldManager, force: true, signal });
    return { manifest: { ...manifest, object }, live };
  }

  /** The object with the labels of the run in place of those that mark what an Application delivers. */
  #marked(object: KubeObject, resource: Resource): KubeObject {
    const { name = '', namespace = '' } = this.#options.run.metadata;
    const given = Object.entries(object.metadata.labels ?? {}).filter(([key]) => !ownership.includes(key));
    const marks = { [labels.workflowRunName]: name, [labels.workflowRunNamespace]: namespace };
    return inScope(
      { ...object, metadata: { ...object.metadata, labels: { ...Object.fromEntries(given), ...marks } } },
      resource,
    );
  }
}

const ownership: readonly string[] = [
  labels.appName,
  labels.appNamespace,
  labels.appRevision,
  labels.appRevisionHash,
  labels.appComponent,
  labels.appCluster,
  labels.resourceType,
  labels.workloadType,
];

function refuseOwned(live: KubeObject): void {
  const owner = ownerOf(live);
  if (owner === undefined) return;
  throw new DispatchError(
    'ManagedByOther',
    `${describe(live)} is managed by application ${owner}; change it there, or give the object of the run another name`,
  );
}
