import { splitKey } from '../../../machinery/src/meta.ts';
import type { JsonObject, KubeObject } from '../../../machinery/src/meta.ts';
import { cronJobs, jobs } from '../contract/builtin.ts';
import { callerOf, controllerRef, ownedBy } from './context.ts';
import type { ControllerContext, StatusCondition } from './context.ts';
import { nextTime } from './cron-times.ts';
import { startOwnerLoop } from './owner-loop.ts';
import { sameStatus } from './replica-set.ts';

const caller = callerOf('cronjob-controller');

interface CronJobSpec {
  readonly schedule: string;
  readonly timeZone?: string;
  readonly suspend?: boolean;
  readonly concurrencyPolicy?: 'Allow' | 'Forbid' | 'Replace';
  readonly startingDeadlineSeconds?: number;
  readonly successfulJobsHistoryLimit?: number;
  readonly failedJobsHistoryLimit?: number;
  readonly jobTemplate: { readonly metadata?: KubeObject['metadata']; readonly spec?: JsonObject };
}

interface CronJobStatus {
  readonly lastScheduleTime?: string;
  readonly lastSuccessfulTime?: string;
}

/** The number of missed times that are checked: only the latest counts. */
const mostMissed = 100;

/** Creates the Jobs of CronJobs when they are due, and deletes the oldest of those that are over. */
export function startCronJobs(context: ControllerContext, signal: AbortSignal): void {
  startOwnerLoop(context, { owners: cronJobs, owned: jobs, reconcile: (key) => reconcile(context, key) }, signal);
}

/** Returns in how many milliseconds it is due next. */
async function reconcile(context: ControllerContext, key: string): Promise<number | undefined> {
  const { api, clock } = context;
  const { namespace, name } = splitKey(key);
  const cronJob = api.get(cronJobs, namespace, name);
  if (!cronJob || cronJob.metadata.deletionTimestamp !== undefined) return undefined;
  const spec = cronJob['spec'] as CronJobSpec;
  await prune(context, cronJob, spec);
  const due = spec.suspend ? undefined : latestMissed(cronJob, spec, clock.now());
  const started = due === undefined ? undefined : await start(context, cronJob, due);
  await writeStatus(context, cronJob, started);
  if (spec.suspend) return undefined;
  const next = nextTime(spec.schedule, Math.max(clock.now(), started ?? 0), spec.timeZone);
  return next === undefined ? undefined : Math.max(10, next - clock.now());
}

/** The latest time at which it was due since the last, unless that is too long ago to start it at all. */
function latestMissed(cronJob: KubeObject, spec: CronJobSpec, now: number): number | undefined {
  const { lastScheduleTime } = (cronJob['status'] ?? {}) as CronJobStatus;
  const since = Date.parse(lastScheduleTime ?? cronJob.metadata.creationTimestamp ?? '');
  const { startingDeadlineSeconds: deadline } = spec;
  const from = deadline === undefined ? since : Math.max(since, now - deadline * 1000);
  let found: number | undefined;
  let at = nextTime(spec.schedule, from, spec.timeZone);
  for (let i = 0; at !== undefined && at <= now && i < mostMissed; i += 1) {
    found = at;
    at = nextTime(spec.schedule, at, spec.timeZone);
  }
  return found;
}

/** Creates the Job of one time; undefined when one that is still running forbids it. */
async function start(context: ControllerContext, cronJob: KubeObject, due: number): Promise<number | undefined> {
  const { api } = context;
  const { concurrencyPolicy = 'Allow', jobTemplate } = cronJob['spec'] as CronJobSpec;
  const running = ownJobs(context, cronJob).filter((job) => !endOf(job));
  if (concurrencyPolicy === 'Forbid' && running.length > 0) return undefined;
  if (concurrencyPolicy === 'Replace') for (const job of running) await remove(context, job);
  const { name = '', namespace } = cronJob.metadata;
  const { labels, annotations } = jobTemplate.metadata ?? {};
  const scheduled = new Date(due).toISOString().replace(/\.\d+Z$/, 'Z');
  const job: KubeObject = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${name}-${Math.floor(due / 60_000)}`,
      ...(namespace !== undefined && { namespace }),
      ...(labels && { labels }),
      annotations: { ...annotations, 'batch.kubernetes.io/cronjob-scheduled-timestamp': scheduled },
      ownerReferences: [controllerRef(cronJob, cronJobs)],
    },
    spec: jobTemplate.spec ?? {},
  };
  // names distinguish minutes, as in Kubernetes: of two times in one minute the second finds its Job there
  if (!api.get(jobs, namespace, job.metadata.name ?? '')) await api.create(caller, jobs, job);
  return due;
}

const ownJobs = ({ api }: ControllerContext, cronJob: KubeObject): readonly KubeObject[] => ownedBy(api, jobs, cronJob);

/** How a Job ended; undefined while it runs. */
function endOf(job: KubeObject): 'Complete' | 'Failed' | undefined {
  const { conditions = [] } = (job['status'] ?? {}) as { readonly conditions?: readonly StatusCondition[] };
  const end = conditions.find(({ type, status }) => ['Complete', 'Failed'].includes(type) && status === 'True');
  return end?.type as 'Complete' | 'Failed' | undefined;
}

/** Deletes the oldest Jobs that are over, beyond what is to be kept. */
async function prune(context: ControllerContext, cronJob: KubeObject, spec: CronJobSpec): Promise<void> {
  const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = spec;
  const createdAt = ({ metadata }: KubeObject): number => Date.parse(metadata.creationTimestamp ?? '');
  const over = [...ownJobs(context, cronJob)].sort((a, b) => createdAt(b) - createdAt(a));
  const beyond = (end: string, limit: number): readonly KubeObject[] =>
    over.filter((job) => endOf(job) === end).slice(limit);
  for (const job of [...beyond('Complete', successfulJobsHistoryLimit), ...beyond('Failed', failedJobsHistoryLimit)])
    await remove(context, job);
}

async function remove({ api }: ControllerContext, { metadata }: KubeObject): Promise<void> {
  if (metadata.deletionTimestamp !== undefined) return;
  await api.delete(
    caller,
    jobs,
    { namespace: metadata.namespace, name: metadata.name ?? '' },
    { uid: metadata.uid ?? '' },
  );
}

async function writeStatus(context: ControllerContext, read: KubeObject, started: number | undefined): Promise<void> {
  const { api } = context;
  const cronJob = api.get(cronJobs, read.metadata.namespace, read.metadata.name ?? '');
  if (cronJob?.metadata.uid !== read.metadata.uid || !cronJob) return;
  const before = (cronJob['status'] ?? {}) as CronJobStatus;
  const own = ownJobs(context, cronJob);
  const active = own
    .filter((job) => !endOf(job) && job.metadata.deletionTimestamp === undefined)
    .map(({ metadata: { name, namespace, uid, resourceVersion } }) => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      name,
      namespace,
      uid,
      resourceVersion,
    }))
    .sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1));
  const done = own
    .filter((job) => endOf(job) === 'Complete')
    .map((job) => ((job['status'] ?? {}) as { readonly completionTime?: string }).completionTime ?? '')
    .concat(before.lastSuccessfulTime ?? '')
    .sort();
  const lastSuccessfulTime = done.at(-1) ?? '';
  const lastScheduleTime =
    started === undefined ? before.lastScheduleTime : new Date(started).toISOString().replace(/\.\d+Z$/, 'Z');
  const status = {
    ...(active.length > 0 && { active }),
    ...(lastScheduleTime !== undefined && { lastScheduleTime }),
    ...(lastSuccessfulTime !== '' && { lastSuccessfulTime }),
  };
  if (!sameStatus(cronJob['status'] ?? {}, status))
    await api.update(caller, cronJobs, { ...cronJob, status }, 'status');
}
