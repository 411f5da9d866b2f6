import { ignoreNotFound, isAlreadyExists } from '../../apis/api-error.ts';
import type { ComponentDefinition } from '../../apis/component-definition.ts';
import { workloadNameOf } from '../../apis/component-definition.ts';
import type { KubeClient } from '../../apis/kube-client.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { WorkloadDefinition } from '../../apis/workload-definition.ts';
import { workloadDefinitionResource } from '../../apis/workload-definition.ts';

const fieldManager = 'kubevela-definition';

/**
 * Creates the WorkloadDefinition of the kind that a ComponentDefinition names, such as `deployments.apps`, beside it; one that
 * exists is not changed. A kind that the cluster does not serve yet gets one when its ComponentDefinition changes next.
 */
export class WorkloadDefinitionWriter {
  readonly #client: Pick<KubeClient, 'get' | 'create' | 'resourceFor'>;
  /** Namespaces and names of those that this process has seen. */
  readonly #existing = new Set<string>();

  constructor(client: Pick<KubeClient, 'get' | 'create' | 'resourceFor'>) {
    this.#client = client;
  }

  async ensureFor(definition: KubeObject, signal: AbortSignal): Promise<void> {
    if (definition.kind !== 'ComponentDefinition') return;
    const { apiVersion, kind } = (definition as Partial<ComponentDefinition>).spec?.workload.definition ?? {};
    if (!apiVersion || !kind) return;
    const resource = await ignoreNotFound(this.#client.resourceFor(apiVersion, kind));
    if (!resource) return;
    const target = { name: workloadNameOf(resource), namespace: definition.metadata.namespace };
    const key = `${target.namespace ?? ''}/${target.name}`;
    if (this.#existing.has(key)) return;
    const found = await ignoreNotFound(this.#client.get(workloadDefinitionResource, target, { signal }));
    if (!found) await this.#create(target, resource.version, signal);
    this.#existing.add(key);
  }

  async #create(
    { name, namespace }: { readonly name: string; readonly namespace: string | undefined },
    version: string,
    signal: AbortSignal,
  ): Promise<void> {
    const wanted: WorkloadDefinition = {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'WorkloadDefinition',
      metadata: { name, ...(namespace !== undefined && { namespace }) },
      spec: { definitionRef: { name, version } },
    };
    try {
      await this.#client.create(workloadDefinitionResource, wanted, { fieldManager, signal });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
}
