import { setMaxListeners } from 'node:events';
import { applicationResource } from '../../pkg/apis/application.ts';
import { applicationRevisionResource } from '../../pkg/apis/application-revision.ts';
import type { KubeClient, ListOptions } from '../../pkg/apis/kube-client.ts';
import { keyOf } from '../../machinery/src/meta.ts';
import type { KubeList, KubeObject, Resource } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import { leases } from '../../pkg/lease/record.ts';
import { namespace } from './applications.ts';
import { follow } from './follow.ts';
import { resources } from './settled.ts';

/** A state of an object that a watch showed, or its end. */
export interface Sighting {
  readonly plural: string;
  /** `namespace/name`, or the name alone. */
  readonly key: string;
  readonly uid: string;
  readonly rv: number;
  readonly isDeleted: boolean;
  /** Milliseconds of the wall clock when we saw it. */
  readonly at: number;
}

/** Every state of the judged kinds: the answer to a write does not always show its outcome. */
export class Sightings {
  readonly all: Sighting[] = [];
  readonly #client: () => KubeClient;
  readonly #stopping = new AbortController();
  readonly #known = new Map<string, Map<string, Sighting>>();
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
  #listed(resource: Resource, { items, metadata }: KubeList): void {
    const present = new Set(items.map((item) => item.metadata.uid ?? ''));
    for (const known of [...(this.#known.get(resource.plural)?.values() ?? [])])
      if (!present.has(known.uid)) this.#add({ ...known, rv: Number(metadata.resourceVersion), isDeleted: true });
    for (const item of items) this.#seen(resource, item, false);
  }

  #seen({ plural }: Resource, object: KubeObject, isDeleted: boolean): void {
    const { uid = '', resourceVersion } = object.metadata;
    const rv = Number(resourceVersion);
    this.#add({ plural, key: keyOf(object), uid, rv, isDeleted, at: Date.now() });
  }

  #add(sighting: Sighting): void {
    const { plural, uid, rv, isDeleted } = sighting;
    const known = this.#known.get(plural) ?? new Map<string, Sighting>();
    this.#known.set(plural, known);
    if (known.get(uid)?.rv === rv && !isDeleted) return;
    if (isDeleted) known.delete(uid);
    else known.set(uid, sighting);
    this.all.push(sighting);
  }
}
