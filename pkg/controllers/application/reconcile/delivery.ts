import type { Application } from '../../../apis/application.ts';
import type { ResourcePolicies } from '../../../appfile/resource-policy.ts';
import type { CollectOptions } from '../../../dispatch/collect.ts';
import { ResourceKeeper } from '../../../dispatch/keeper.ts';
import type { TrackerOwner } from '../../../dispatch/tracker.ts';
import type { ApplicationDeps } from '../deps.ts';
import type { Family } from '../family/family.ts';
import { fenceFor } from '../ownership/fence.ts';
import { userClient } from '../ownership/identity.ts';
import type { ApplicationCapabilities, Prepared } from '../stages.ts';

/** How the resources of an Application are deleted. */
export function collectOptions(
  { client, options }: ApplicationDeps,
  { trackers, known }: Family,
  { owner, policies }: { readonly owner: TrackerOwner; readonly policies: ResourcePolicies },
): CollectOptions {
  return {
    system: client,
    user: userClient(client, owner.app, options),
    store: trackers,
    owner,
    policies,
    known,
    maxConcurrent: options.maxDispatchConcurrent,
  };
}

/** What the stages act with; the fence is that of the live Application, whatever its revision says. */
export function capabilitiesFor(
  { owner, parsed }: Prepared,
  live: Application,
  family: Family,
  { deps, signal }: { readonly deps: ApplicationDeps; readonly signal: AbortSignal },
): ApplicationCapabilities {
  const { options, delivered } = deps;
  const common = collectOptions(deps, family, { owner, policies: parsed.resourcePolicies });
  const keeper = new ResourceKeeper({
    ...common,
    restrictions: options.restrictions,
    fence: fenceFor(live, options),
    shard: options.shard,
    watched: delivered,
    warn: (message) => {
      deps.events.event(live, 'Warning', 'UnfitObject', message);
    },
  });
  return { deps, keeper, rendered: family.rendered, author: common.user, signal };
}
