import { setMaxListeners } from 'node:events';
import { applicationResource } from '../../pkg/apis/application.ts';
import { applicationRevisionResource } from '../../pkg/apis/application-revision.ts';
import type { KubeClient, ListOptions } from '../../pkg/apis/kube-client.ts';
import type { KubeList, KubeObject, Resource } from '../../machinery/src/meta.ts';
import { annotations, labels, systemNamespace } from '../../pkg/apis/names.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import { leases } from '../../pkg/lease/record.ts';
import type { Lease } from '../../pkg/lease/record.ts';
import { scheduledShard } from '../../pkg/scheduling/assign.ts';
import { namespace } from './applications.ts';
import { follow } from './follow.ts';

/** One state of an object, as far as it decides the right to write. */
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
  #ended: readonly Promise<void>[] = [];

  constructor(client: () => KubeClient) {
    this.#client = client;
    // every watch listens to it
    setMaxListeners(0, this.#stopping.signal);
  }

  /** Resolves when everything that exists has been read once. */
  async start(): Promise<void> {
    const kinds: readonly (readonly [Resource, ListOptions])[] = [
      [applicationResource, { namespace }],
      [applicationRevisionResource, { namespace, metadataOnly: true }],
      [resourceTrackerResource, { metadataOnly: true }],
      [leases, { namespace: systemNamespace, labelSelector: labels.shardId }],
    ];
    const following = kinds.map(([resource, selection]) => {
      const listed = (list: KubeList): void => {
        this.#listed(resource, list);
      };
      const seen = (object: KubeObject, isDeleted: boolean): void => {
        this.#note(resource, object, isDeleted);
      };
      return follow({ client: this.#client, resource, selection, listed, seen }, this.#stopping.signal);
    });
    this.#ended = (await Promise.all(following)).map(({ ended }) => ended);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#ended);
  }

  #listed(resource: Resource, { items, metadata }: KubeList): void {
    const seen = new Set<string>();
    for (const item of items) seen.add(this.#note(resource, item, false).key);
    const rv = Number(metadata.resourceVersion ?? '0');
    for (const version of this.#known.get(resource.plural)?.values() ?? []) {
      if (version.isDeleted || seen.has(version.key)) continue;
      this.#add({ ...version, rv, at: Date.now(), isDeleted: true });
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
