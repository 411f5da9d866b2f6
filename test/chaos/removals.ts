import { setMaxListeners } from 'node:events';
import { applicationResource } from '../../pkg/apis/application.ts';
import { applicationRevisionResource } from '../../pkg/apis/application-revision.ts';
import type { KubeClient, ListOptions } from '../../pkg/apis/kube-client.ts';
import type { KubeList, KubeObject, Resource } from '../../pkg/apis/meta.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import { leases } from '../../pkg/lease/record.ts';
import { namespace } from './applications.ts';
import { follow } from './follow.ts';
import { resources } from './settled.ts';

/** When objects went, by uid, in resourceVersions: the answer to a deletion does not tell. */
export class Removals {
  readonly versions = new Map<string, number>();
  readonly #client: () => KubeClient;
  readonly #stopping = new AbortController();
  readonly #known = new Map<string, Set<string>>();
  #ended: readonly Promise<void>[] = [];

  constructor(client: () => KubeClient) {
    this.#client = client;
    // every watch listens to it
    setMaxListeners(0, this.#stopping.signal);
  }

  /** Resolves when everything that exists is known. */
  async start(): Promise<void> {
    const within = { namespace, metadataOnly: true };
    const kinds: readonly (readonly [Resource, ListOptions])[] = [
      [applicationResource, within],
      [applicationRevisionResource, within],
      [resourceTrackerResource, { metadataOnly: true }],
      [leases, { namespace: systemNamespace, metadataOnly: true }],
      ...Object.values(resources).map((resource) => [resource, within] as const),
    ];
    const { signal } = this.#stopping;
    const following = kinds.map(([resource, selection]) =>
      follow(
        {
          client: this.#client,
          resource,
          selection,
          listed: (list) => {
            this.#listed(resource, list);
          },
          seen: (object, isDeleted) => {
            this.#seen(resource, object, isDeleted);
          },
        },
        signal,
      ),
    );
    this.#ended = (await Promise.all(following)).map(({ ended }) => ended);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#ended);
  }

  /** What is missing went at some time before. */
  #listed({ plural }: Resource, { items, metadata }: KubeList): void {
    const present = new Set(items.map((item) => item.metadata.uid ?? ''));
    for (const uid of this.#known.get(plural) ?? [])
      if (!present.has(uid)) this.versions.set(uid, Number(metadata.resourceVersion));
    this.#known.set(plural, present);
  }

  #seen({ plural }: Resource, { metadata }: KubeObject, isDeleted: boolean): void {
    const { uid = '', resourceVersion } = metadata;
    if (isDeleted) {
      this.versions.set(uid, Number(resourceVersion));
      this.#known.get(plural)?.delete(uid);
    } else this.#known.get(plural)?.add(uid);
  }
}
