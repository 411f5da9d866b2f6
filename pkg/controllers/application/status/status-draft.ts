import { isConflict } from '../../../apis/api-error.ts';
import type { ApplicationPhase, ApplicationStatus } from '../../../apis/application-status.ts';
import type { Application } from '../../../apis/application.ts';
import { applicationResource } from '../../../apis/application.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import { labels } from '../../../apis/names.ts';
import { fieldManager } from '../../../dispatch/field-manager.ts';
import { sameContent } from '../../../revision/hash.ts';
import { isoTime } from '../../../workflow/run.ts';
import type { ConditionChange, ConditionType } from './conditions.ts';
import { withCondition } from './conditions.ts';
import { mergeDiff } from './merge-diff.ts';

/** The status of an Application while one reconcile works on it; written only where it differs from what is stored. */
export class StatusDraft {
  readonly #client: KubeClient;
  readonly #now: () => number;
  readonly #fence: (app: Application) => string | undefined;
  #app: Application;
  #status: ApplicationStatus;
  #isOvertaken = false;

  /** The fence is written with whatever is written, and never for its own sake. */
  constructor(
    client: KubeClient,
    app: Application,
    now: () => number,
    fence: (app: Application) => string | undefined = () => undefined,
  ) {
    this.#client = client;
    this.#app = app;
    this.#status = app.status ?? {};
    this.#now = now;
    this.#fence = fence;
  }

  /** The Application as it was last read or written, with its stored status. */
  get app(): Application {
    return this.#app;
  }

  get value(): ApplicationStatus {
    return this.#status;
  }

  get phase(): ApplicationPhase {
    return (this.#status.status ?? '') as ApplicationPhase;
  }

  /** Whether somebody changed the Application meanwhile, beside what this is about: it must be looked at again at once. */
  get isOvertaken(): boolean {
    return this.#isOvertaken;
  }

  /** Goes on from an Application that was written otherwise. */
  rebase(app: Application): void {
    this.#app = app;
  }

  set(change: { readonly [K in keyof ApplicationStatus]?: ApplicationStatus[K] | undefined }): void {
    const merged = Object.entries({ ...this.#status, ...change }).filter(([, value]) => value !== undefined);
    this.#status = Object.fromEntries(merged);
  }

  setPhase(phase: ApplicationPhase): void {
    this.set({ status: phase });
  }

  condition(change: ConditionChange): void {
    const before = this.#status.conditions ?? [];
    this.set({ conditions: withCondition(before, change, isoTime(this.#now())) });
  }

  /** Whether a condition is stored as true already. */
  wasTrue(type: ConditionType): boolean {
    return this.#app.status?.conditions?.some((c) => c.type === type && c.status === 'True') ?? false;
  }

  /**
   * Writes what changed, against the resourceVersion that was read. True when something was written.
   *
   * What was done must not be forgotten because somebody labelled the Application or asked for its move meanwhile: then
   * it is written against the new version. Everything else that came between is a conflict.
   */
  async write(signal?: AbortSignal): Promise<boolean> {
    const { generation } = this.#app.metadata;
    if (generation !== undefined) this.set({ observedGeneration: generation });
    const stored = this.#app.status ?? {};
    const status = mergeDiff({ ...stored, shardFence: undefined }, { ...this.#status, shardFence: undefined });
    if (!status) return false;
    try {
      await this.#patch(status, signal);
    } catch (error) {
      if (!isConflict(error) || !(await this.#catchUp(signal))) throw error;
      await this.#patch(status, signal);
    }
    return true;
  }

  async #catchUp(signal: AbortSignal | undefined): Promise<boolean> {
    const { name = '', namespace, uid, generation, labels: own } = this.#app.metadata;
    const live = await this.#client.get<Application>(applicationResource, { name, namespace }, { signal });
    const { metadata } = live;
    const shardOf = (found: typeof own): string | undefined => found?.[labels.scheduledShardId];
    const isSame = metadata.uid === uid && metadata.generation === generation;
    if (!isSame || shardOf(metadata.labels) !== shardOf(own)) return false;
    if (!sameContent(live.status ?? {}, this.#app.status ?? {})) return false;
    this.#app = live;
    this.#isOvertaken = true;
    return true;
  }

  async #patch(status: object, signal: AbortSignal | undefined): Promise<void> {
    const { name = '', namespace, resourceVersion = '' } = this.#app.metadata;
    const fence = this.#fence(this.#app);
    const body = { metadata: { resourceVersion }, status: { ...status, ...(fence && { shardFence: fence }) } };
    const options = { subresource: 'status', fieldManager, signal };
    this.#app = await this.#client.patch<Application>(
      applicationResource,
      { name, namespace },
      { type: 'merge', body },
      options,
    );
  }
}
