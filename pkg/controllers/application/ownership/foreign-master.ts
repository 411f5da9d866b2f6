import { applicationResource } from '../../../apis/application.ts';
import type { Application } from '../../../apis/application.ts';
import { applicationRevisionResource } from '../../../apis/application-revision.ts';
import { ignoreNotFound } from '../../../apis/api-error.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import { splitKey } from '../../../../machinery/src/meta.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { labels } from '../../../apis/names.ts';
import { resourceTrackerResource } from '../../../apis/resource-tracker.ts';
import type { Source } from '../../../reconcile/source.ts';
import { scheduledShard } from '../../../scheduling/assign.ts';
import { applicationFamilies } from '../../family/application.ts';
import { asOwner } from '../../family/families.ts';
import type { Member } from '../../family/families.ts';
import type { ApplicationDeps } from '../deps.ts';

/*
 * Moves under a master of KubeVela, which has no protocol for them: an Application belongs to the shard that its label names.
 * KubeVela's command line relabels the Application, its trackers and its revisions at the same time; by hand only the
 * Application is relabelled. In the second case a shard of Flotilla relabels the others, on arrival and on departure, because
 * a controller of KubeVela finds all of them by that label alone: it deletes what the tracker of an earlier generation holds,
 * and stops at a revision that it does not find.
 */

/** From the first sight of a move until its members are relabelled: the command line may be about to do that. */
const graceMs = 2_000;

interface Move {
  readonly app: KubeObject;
  readonly members: readonly Member[];
  readonly shard: string;
}

/** The moves of Applications that this process has seen under a master of KubeVela. */
export class ForeignMoves {
  readonly #deps: Pick<ApplicationDeps, 'client' | 'clock' | 'options'>;
  /** When a move was seen first, by Application and shard. Later changes of the Application do not delay it. */
  readonly #seen = new Map<string, { readonly shard: string; readonly at: number }>();

  constructor(deps: Pick<ApplicationDeps, 'client' | 'clock' | 'options'>) {
    this.#deps = deps;
  }

  /** Gives members the label of the shard of their Application; the time to wait where it is too early for that. */
  async relabel({ app, members, shard }: Move, signal: AbortSignal): Promise<number | undefined> {
    const { client, clock } = this.#deps;
    const uid = app.metadata.uid ?? '';
    const seen = this.#seen.get(uid);
    const now = clock.monotonic();
    if (seen?.shard !== shard) this.#seen.set(uid, { shard, at: now });
    const leftMs = graceMs - (now - (seen?.shard === shard ? seen.at : now));
    if (leftMs > 0) return leftMs;
    await applicationFamilies.relabel(asOwner(client), members, shard, signal);
    this.#seen.delete(uid);
    return undefined;
  }

  /**
   * Gives the trackers and revisions of an Application that has left this shard the label of its new shard. Returns the time
   * after which to try again; undefined where nothing is left to do.
   */
  async follow(key: string, signal: AbortSignal): Promise<number | undefined> {
    const { client, options } = this.#deps;
    const { namespace = '', name } = splitKey(key);
    const app = await ignoreNotFound(client.get<Application>(applicationResource, { name, namespace }, { signal }));
    const shard = scheduledShard(app);
    if (!app || shard === undefined || shard === options.shard) return undefined;
    const { members } = await applicationFamilies.read(client, { name, namespace }, signal);
    const left = members.filter(({ object }) => scheduledShard(object) === options.shard);
    if (left.length === 0) {
      this.#seen.delete(app.metadata.uid ?? '');
      return undefined;
    }
    return this.relabel({ app, members: left, shard }, signal);
  }
}

/**
 * The Applications of trackers and revisions that carry a shard's label when its process starts: an earlier process may have
 * ended before it gave those of a departed Application their new label, and no change announces them.
 */
export function familiesAtStart(client: KubeClient, shard: string): Source {
  let add: (key: string) => void = () => undefined;
  const labelSelector = `${labels.scheduledShardId}=${shard}`;
  return {
    attach: (adder) => {
      add = adder;
      return () => {
        add = () => undefined;
      };
    },
    whenSynced: async (signal) => {
      for (const resource of [resourceTrackerResource, applicationRevisionResource]) {
        const { items } = await client.list(resource, { labelSelector, metadataOnly: true, signal });
        for (const { metadata } of items) {
          const name = metadata.labels?.[labels.appName];
          const namespace = metadata.labels?.[labels.appNamespace] ?? metadata.namespace;
          if (name !== undefined && namespace !== undefined) add(`${namespace}/${name}`);
        }
      }
    },
  };
}
