import type { Application } from '../../../apis/application.ts';
import { labels } from '../../../apis/names.ts';
import type { TrackerOwner } from '../../../dispatch/tracker.ts';
import { publishVersionOf } from '../../../revision/decide.ts';

/** Identifies the trackers of an Application as it is executed; the shard is that of the live Application. */
export function trackerOwner(executed: Application, live: Application, revision: string): TrackerOwner {
  return {
    app: executed,
    revision,
    publishVersion: publishVersionOf(executed),
    shard: live.metadata.labels?.[labels.scheduledShardId],
  };
}
