import { setTimeout as sleep } from 'node:timers/promises';
import { applicationResource } from '../../pkg/apis/application.ts';
import { applicationRevisionResource } from '../../pkg/apis/application-revision.ts';
import type { KubeClient, ListOptions, WatchOptions } from '../../pkg/apis/kube-client.ts';
import type { KubeObject, Resource } from '../../pkg/apis/meta.ts';
import { annotations, labels, systemNamespace } from '../../pkg/apis/names.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import { leases } from '../../pkg/lease/record.ts';
import type { Lease } from '../../pkg/lease/record.ts';
import { scheduledShard } from '../../pkg/scheduling/assign.ts';
import { namespace } from './applications.ts';

/** One state of an object, as far as it says who may write. */
export interface Version {
  readonly plural: string;
  /** `namespace/name`, or the name alone. */
  readonly key: string;
  readonly rv: number;
  readonly isDeleted: boolean;
  /** Milliseconds of the wall clock when we saw it. */
  readonly at: number;
  /** The shard of a family's member, or of a Lease. */
  readonly shard: string | undefined;
  /** The Application of a revision or tracker. */
  readonly application: string | undefined;
  /** Pod by which a Lease is held. */
  readonly holder: string | undefined;
  readonly homeShard: string | undefined;
  readonly transitions: number;
  /** Epochs that the last writer left, on the object and on its status. */
  readonly fences: readonly (string | undefined)[];
}

/** Every state of families and Leases that watches show; those that a restart of the API server hides are missing. */
export class History {
  readonly versions: Version[] = [];
  readonly #client: () => KubeClient;
  readonly #stopping = new AbortController();
  readonly #known = new Map<string, Map<string, Version>>();
  #running: readonly Promise<void>[] = [];

  constructor(client: () => KubeClient) {
    this.#client = client;
  }

  /** Resolves when everything that exists has been read once. */
  async start(): Promise<void> {
    const kinds: readonly (readonly [Resource, ListOptions])[] = [
      [applicationResource, { namespace }],
      [applicationRevisionResource, { namespace, metadataOnly: true }],
      [resourceTrackerResource, { metadataOnly: true }],
      [leases, { namespace: systemNamespace, labelSelector: labels.shardId }],
    ];
    const first = await Promise.all(kinds.map(([resource, selection]) => this.#list(resource, selection)));
    this.#running = kinds.map(([resource, selection], i) => this.#follow(resource, selection, first[i] ?? '0'));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running);
  }

  async #list(resource: Resource, selection: ListOptions): Promise<string> {
    const { items, metadata } = await this.#client().list(resource, selection);
    const seen = new Set<string>();
    for (const item of items) seen.add(this.#note(resource, item, false).key);
    const rv = metadata.resourceVersion ?? '0';
    for (const version of this.#known.get(resource.plural)?.values() ?? []) {
      if (version.isDeleted || seen.has(version.key)) continue;
      this.#add({ ...version, rv: Number(rv), at: Date.now(), isDeleted: true });
    }
    return rv;
  }

  async #follow(resource: Resource, selection: ListOptions, from: string): Promise<void> {
    const { signal } = this.#stopping;
    let rv: string | undefined = from;
    while (!signal.aborted) {
      try {
        rv ??= await this.#list(resource, selection);
        const options: WatchOptions = { ...selection, resourceVersion: rv, allowWatchBookmarks: true, signal };
        for await (const event of this.#client().watch(resource, options)) {
          if (event.type === 'ERROR') {
            rv = undefined;
            break;
          }
          rv = event.object.metadata.resourceVersion ?? rv;
          if (event.type !== 'BOOKMARK') this.#note(resource, event.object, event.type === 'DELETED');
        }
      } catch (error) {
        if ((error as { code?: number }).code === 410) rv = undefined;
      }
      await sleep(50, undefined, { signal }).catch(() => undefined);
    }
  }

  #note({ plural }: Resource, object: KubeObject, isDeleted: boolean): Version {
    const { name = '', namespace: of, labels: own = {}, annotations: notes = {}, resourceVersion } = object.metadata;
    const application = own[labels.appName];
    const version: Version = {
      plural,
      key: of === undefined ? name : `${of}/${name}`,
      rv: Number(resourceVersion),
      isDeleted,
      at: Date.now(),
      application: application && `${of ?? own[labels.appNamespace] ?? ''}/${application}`,
      ...(plural === leases.plural ? ofLease(object) : ofMember(object)),
      homeShard: notes[annotations.homeShard],
    };
    this.#add(version);
    return version;
  }

  #add(version: Version): void {
    const kind = this.#known.get(version.plural) ?? new Map<string, Version>();
    this.#known.set(version.plural, kind);
    if (kind.get(version.key)?.rv === version.rv && !version.isDeleted) return;
    kind.set(version.key, version);
    this.versions.push(version);
  }
}

type Parts = Pick<Version, 'shard' | 'holder' | 'transitions' | 'fences'>;

function ofLease({ metadata, spec = {} }: Lease): Parts {
  const { holderIdentity = '', leaseTransitions = 0 } = spec;
  const holder = holderIdentity.split('_')[0];
  const shard = metadata.labels?.[labels.shardId];
  return { shard, holder: holder === '' ? undefined : holder, transitions: leaseTransitions, fences: [] };
}

function ofMember(object: KubeObject): Parts {
  const { shardFence } = (object['status'] ?? {}) as { shardFence?: string };
  const fences = [object.metadata.annotations?.[annotations.shardFence], shardFence];
  return { shard: scheduledShard(object), holder: undefined, transitions: 0, fences };
}
