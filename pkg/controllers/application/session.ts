import type { ApplicationRevision } from '../../apis/application-revision.ts';
import type { Application } from '../../apis/application.ts';
import { labels } from '../../apis/names.ts';
import type { ParsedApplication } from '../../appfile/parse.ts';
import { ResourceKeeper } from '../../dispatch/keeper.ts';
import type { TrackerOwner } from '../../dispatch/tracker.ts';
import { publishVersionOf } from '../../revision/decide.ts';
import type { ApplicationDeps } from './deps.ts';
import type { Family } from './family/family.ts';
import { fenceFor } from './ownership/fence.ts';
import { userClient } from './ownership/identity.ts';
import type { StatusDraft } from './status/status-draft.ts';

/** Everything that one reconcile of one Application works with, once its revision is known. */
export interface Session {
  readonly deps: ApplicationDeps;
  readonly family: Family;
  readonly draft: StatusDraft;
  readonly parsed: ParsedApplication;
  /** The Application as it is executed: its revision's when that is pinned. */
  readonly app: Application;
  readonly revision: ApplicationRevision;
  readonly owner: TrackerOwner;
  readonly keeper: ResourceKeeper;
  readonly signal: AbortSignal;
}

/** Who the trackers of an Application are for; the shard is that of the live one, whatever its revision says. */
export function trackerOwner(app: Application, live: Application, revision: string): TrackerOwner {
  return {
    app,
    revision,
    publishVersion: publishVersionOf(app),
    shard: live.metadata.labels?.[labels.scheduledShardId],
  };
}

export function newSession(parts: Omit<Session, 'keeper' | 'owner'>): Session {
  const { deps, family, app, draft, parsed, revision } = parts;
  const owner = trackerOwner(app, draft.app, revision.metadata.name ?? '');
  const keeper = new ResourceKeeper({
    system: deps.client,
    user: userClient(deps.client, app, deps.options),
    store: family.trackers,
    owner,
    policies: parsed.resourcePolicies,
    known: family.known,
    restrictions: deps.options.restrictions,
    fence: fenceFor(draft.app, deps.options),
    shard: deps.options.shard,
    maxConcurrent: deps.options.maxDispatchConcurrent,
    watched: deps.delivered,
  });
  return { ...parts, owner, keeper };
}
