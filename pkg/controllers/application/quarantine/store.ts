import { ignoreNotFound } from '../../../apis/api-error.ts';
import type { Application } from '../../../apis/application.ts';
import { applicationResource } from '../../../apis/application.ts';
import { splitKey } from '../../../../machinery/src/meta.ts';
import { annotations, labels } from '../../../apis/names.ts';
import { patchObject } from '../../../apis/patch-object.ts';
import type { Clock } from '../../../../machinery/src/clock/clock.ts';
import { isoTime } from '../../../workflow/run.ts';
import { asOwner, fleetFieldManager } from '../../family/families.ts';
import type { ApplicationDeps } from '../deps.ts';
import { LatestApplications } from '../family/latest-applications.ts';
import { messageOfCondition, withCondition, withoutConditions } from '../status/conditions.ts';
import { writeStatus } from '../status/write-status.ts';
import type { Suspicion } from './suspicion.ts';
import { quarantineMessage, suspicionOf } from './suspicion.ts';

export interface SuspicionStoreOptions extends Pick<ApplicationDeps, 'client' | 'events' | 'applications'> {
  readonly shard: string | undefined;
  readonly clock: Clock;
}

/** Reads and writes crash records in the annotations of Applications, and the condition Quarantined in their status. */
export class SuspicionStore {
  readonly #options: SuspicionStoreOptions;
  readonly #latest: LatestApplications;

  constructor(options: SuspicionStoreOptions) {
    this.#options = options;
    this.#latest = new LatestApplications(options.applications);
  }

  /** An Application from the cache, or as it was last written here. */
  cached(key: string): Application | undefined {
    return this.#latest.get(key);
  }

  /** The Application as the API server has it; undefined when it belongs to another shard. */
  async read(key: string, signal: AbortSignal): Promise<Application | undefined> {
    const { client, shard } = this.#options;
    const { namespace, name } = splitKey(key);
    const app = await client.get<Application>(applicationResource, { namespace, name }, { signal });
    const isOurs = shard === undefined || app.metadata.labels?.[labels.scheduledShardId] === shard;
    return isOurs ? app : undefined;
  }

  /** The same; undefined also when it is gone. */
  readIfPresent(key: string, signal: AbortSignal): Promise<Application | undefined> {
    return ignoreNotFound(this.read(key, signal));
  }

  /** Stores a crash record, or removes it. */
  async write(app: Application, suspicion: Suspicion | undefined, signal: AbortSignal): Promise<Application> {
    const value = suspicion ? JSON.stringify(suspicion) : null;
    const change = { metadata: { annotations: { [annotations.crashes]: value } } };
    const options = { change, fieldManager: fleetFieldManager, signal };
    const written = await patchObject<Application>(asOwner(this.#options.client), applicationResource, app, options);
    this.#latest.record(written);
    return written;
  }

  /** Removes the crash record and the condition. */
  async clear(app: Application, signal: AbortSignal): Promise<void> {
    const { client } = this.#options;
    const written = await this.write(app, undefined, signal);
    const conditions = withoutConditions(written.status?.conditions ?? [], ['Quarantined']);
    await writeStatus({ client }, written, { ...written.status, conditions }, signal);
  }

  /** Reports by a condition and an Event that an Application is in quarantine, once for each crash. */
  async report(app: Application, signal: AbortSignal): Promise<void> {
    const { client, clock, events } = this.#options;
    const suspicion = suspicionOf(app);
    const message = suspicion && quarantineMessage(suspicion);
    if (message === undefined || messageOfCondition(app.status ?? {}, 'Quarantined') === message) return;
    const change = { type: 'Quarantined', status: 'True', reason: 'ControllerCrashed', message } as const;
    const conditions = withCondition(app.status?.conditions ?? [], change, isoTime(clock.now()));
    const { app: written } = await writeStatus({ client }, app, { ...app.status, conditions }, signal);
    this.#latest.record(written);
    events.event(app, 'Warning', 'Quarantined', message);
  }
}
