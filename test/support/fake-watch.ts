import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import type { Named } from '../../pkg/apis/kube-client.ts';
import type { DeliveredWatch, SeenState } from '../../pkg/dispatch/known.ts';
import type { FakeCluster } from './fake-kube-client.ts';

/** Watches that show the objects of a cluster in memory without delay, or nothing while they are switched off. */
export class FakeWatch implements DeliveredWatch {
  readonly #cluster: FakeCluster;
  readonly #isOn: () => boolean;
  /** The Applications for which states of objects are held, by object. */
  readonly #held = new Map<string, string>();

  constructor(cluster: FakeCluster, isOn: () => boolean) {
    this.#cluster = cluster;
    this.#isOn = isOn;
  }

  follow(): void {
    // every kind is followed
  }

  expect(): number {
    return 1;
  }

  isCurrent(resource: Resource, target: Named, { resourceVersion }: SeenState): boolean {
    return this.#isOn() && this.#cluster.find(resource, target)?.metadata.resourceVersion === resourceVersion;
  }

  latest(resource: Resource, target: Named): KubeObject | undefined {
    return this.#isOn() && this.#held.has(keyOf(resource, target)) ? this.#cluster.find(resource, target) : undefined;
  }

  saw(resource: Resource, { metadata: { name = '', namespace } }: KubeObject, app: string): void {
    this.#held.set(keyOf(resource, { name, namespace }), app);
  }

  rest(app: string): void {
    for (const [object, owner] of [...this.#held]) if (owner === app) this.#held.delete(object);
  }

  drop(app: string): void {
    this.rest(app);
  }
}

const keyOf = ({ kind }: Resource, { namespace = '', name }: Named): string => `${kind} ${namespace}/${name}`;
