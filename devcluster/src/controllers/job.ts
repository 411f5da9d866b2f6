import { splitKey } from '../../../machinery/src/meta.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { selectorText } from '../text/selector-text.ts';
import { jobs, pods } from '../contract/builtin.ts';
import {
  callerOf,
  controllerOf,
  isActive,
  isPodReady,
  podStatus,
  suffix,
  timestamp,
  withCondition,
} from './context.ts';
import type { ControllerContext, StatusCondition } from './context.ts';
import { startOwnerLoop } from './owner-loop.ts';
import { podFrom, sameStatus } from './replica-set.ts';
import type { ReplicaSetSpec } from './replica-set.ts';

const caller = callerOf('job-controller');

interface JobSpec {
  readonly parallelism?: number;
  readonly completions?: number;
  readonly backoffLimit?: number;
  readonly activeDeadlineSeconds?: number;
  readonly ttlSecondsAfterFinished?: number;
  readonly suspend?: boolean;
  readonly selector: unknown;
  readonly template: ReplicaSetSpec['template'];
}

interface JobStatus {
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly conditions?: readonly StatusCondition[];
}

/** Runs pods until enough of them have succeeded, or too many have failed. */
export function startJobs(context: ControllerContext, signal: AbortSignal): void {
  startOwnerLoop(context, { owners: jobs, owned: pods, reconcile: (key) => reconcile(context, key) }, signal);
}

const isDone = (status: JobStatus): boolean =>
  status.conditions?.some((c) => ['Complete', 'Failed'].includes(c.type) && c.status === 'True') ?? false;

async function reconcile(context: ControllerContext, key: string): Promise<number | undefined> {
  const { api, clock } = context;
  const { namespace, name } = splitKey(key);
  const job = api.get(jobs, namespace, name);
  if (!job || job.metadata.deletionTimestamp) {
    await releasePods(api, { namespace, name }, undefined);
    return undefined;
  }
  const spec = job['spec'] as JobSpec;
  const status = (job['status'] ?? {}) as JobStatus;
  if (isDone(status)) {
    await releasePods(api, { namespace, name }, job);
    return expire(context, job, spec, status);
  }
  const labelSelector = selectorText(spec.selector);
  const ownPods = (): readonly KubeObject[] =>
    api.list(pods, { namespace, labelSelector, controller: job.metadata.uid ?? '' });
  const own = ownPods();
  const verdict = judge(spec, status, own, clock.now());
  await adjustPods(context, job, own, verdict);
  await writeStatus(context, job, ownPods(), verdict);
  await releasePods(api, { namespace, name }, job);
  const deadline = spec.activeDeadlineSeconds;
  return deadline !== undefined && status.startTime
    ? Math.max(10, Date.parse(status.startTime) + deadline * 1000 - clock.now())
    : undefined;
}

type Verdict =
  | { readonly is: 'running' | 'complete' | 'suspended' }
  | { readonly is: 'failed'; readonly reason: string; readonly message: string };

const phaseIs =
  (phase: string) =>
  (pod: KubeObject): boolean =>
    podStatus(pod).phase === phase;

function judge(spec: JobSpec, status: JobStatus, own: readonly KubeObject[], now: number): Verdict {
  const succeeded = own.filter(phaseIs('Succeeded')).length;
  const failed = own.filter(phaseIs('Failed')).length;
  const restarts = own
    .filter(isActive)
    .reduce((sum, pod) => sum + (podStatus(pod).containerStatuses ?? []).reduce((n, c) => n + c.restartCount, 0), 0);
  if (succeeded >= wantedOf(spec, own)) return { is: 'complete' };
  if (failed + restarts > (spec.backoffLimit ?? 6)) {
    return { is: 'failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  }
  const since = status.startTime === undefined ? now : Date.parse(status.startTime);
  if (spec.activeDeadlineSeconds !== undefined && now - since >= spec.activeDeadlineSeconds * 1000) {
    return { is: 'failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
  }
  return { is: spec.suspend ? 'suspended' : 'running' };
}

/** Without `completions`, one success lets the others finish and is enough. */
function wantedOf(spec: JobSpec, own: readonly KubeObject[]): number {
  if (spec.completions !== undefined) return spec.completions;
  const done = own.some(phaseIs('Succeeded')) && !own.some(isActive);
  return done ? 1 : Number.POSITIVE_INFINITY;
}

async function adjustPods(
  { api, random }: ControllerContext,
  job: KubeObject,
  own: readonly KubeObject[],
  verdict: Verdict,
): Promise<void> {
  const spec = job['spec'] as JobSpec;
  const active = own.filter(isActive);
  if (verdict.is !== 'running') {
    for (const pod of verdict.is === 'complete' ? [] : active) {
      await api.delete(caller, pods, { namespace: pod.metadata.namespace, name: pod.metadata.name ?? '' });
    }
    return;
  }
  const succeeded = own.filter(phaseIs('Succeeded')).length;
  const left =
    spec.completions === undefined ? (succeeded > 0 ? 0 : (spec.parallelism ?? 1)) : spec.completions - succeeded;
  const wanted = Math.min(spec.parallelism ?? 1, left);
  for (let i = active.length; i < wanted; i += 1)
    await api.create(caller, pods, trackedPod(podFrom(job, spec.template, suffix(random))));
}

/** Keeps a job's pod until the job has counted it. */
const trackingFinalizer = 'batch.kubernetes.io/job-tracking';

function trackedPod(pod: KubeObject): KubeObject {
  return { ...pod, metadata: { ...pod.metadata, finalizers: [trackingFinalizer] } };
}

/** Releases the pods that are counted, or that no job counts any more. */
async function releasePods(
  api: ControllerContext['api'],
  { namespace, name }: { readonly namespace: string | undefined; readonly name: string },
  job: KubeObject | undefined,
): Promise<void> {
  for (const pod of api.list(pods, { namespace })) {
    const { metadata } = pod;
    const owner = controllerOf(metadata);
    if (owner?.kind !== 'Job' || owner.name !== name || !metadata.finalizers?.includes(trackingFinalizer)) continue;
    const isCounted = owner.uid !== job?.metadata.uid || metadata.deletionTimestamp !== undefined || !isActive(pod);
    if (!isCounted) continue;
    const finalizers = metadata.finalizers.filter((finalizer) => finalizer !== trackingFinalizer);
    const body = { metadata: { uid: metadata.uid, finalizers: finalizers.length === 0 ? null : finalizers } };
    await api.mergePatch(caller, pods, { namespace, name: metadata.name ?? '' }, body);
  }
}

async function writeStatus(
  { api, clock }: ControllerContext,
  read: KubeObject,
  own: readonly KubeObject[],
  verdict: Verdict,
): Promise<void> {
  const job = api.get(jobs, read.metadata.namespace, read.metadata.name ?? '');
  if (job?.metadata.uid !== read.metadata.uid || !job) return;
  const now = timestamp(clock);
  const before = (job['status'] ?? {}) as JobStatus;
  const count = (list: readonly KubeObject[]): number | undefined => (list.length > 0 ? list.length : undefined);
  const active = verdict.is === 'running' ? own.filter(isActive) : [];
  const status = defined({
    startTime: before.startTime ?? (verdict.is === 'suspended' ? undefined : now),
    completionTime: verdict.is === 'complete' ? now : undefined,
    active: count(active),
    ready: active.filter(isPodReady).length,
    terminating: own.filter((pod) => pod.metadata.deletionTimestamp !== undefined).length,
    succeeded: count(own.filter(phaseIs('Succeeded'))),
    failed: count(own.filter(phaseIs('Failed'))),
    uncountedTerminatedPods: {},
    conditions: conditionsFor(before.conditions, verdict, now),
  });
  if (!sameStatus(job['status'] ?? {}, status)) await api.update(caller, jobs, { ...job, status }, 'status');
}

function conditionsFor(
  before: readonly StatusCondition[] | undefined,
  verdict: Verdict,
  now: string,
): readonly StatusCondition[] | undefined {
  const set = (all: readonly StatusCondition[] | undefined, condition: StatusCondition): readonly StatusCondition[] =>
    withCondition(all, { ...condition, lastProbeTime: now }, now);
  switch (verdict.is) {
    case 'complete': {
      const text = {
        status: 'True',
        reason: 'CompletionsReached',
        message: 'Reached expected number of succeeded pods',
      };
      return set(set(before, { type: 'SuccessCriteriaMet', ...text }), { type: 'Complete', ...text });
    }
    case 'failed': {
      const text = { status: 'True', reason: verdict.reason, message: verdict.message };
      return set(set(before, { type: 'FailureTarget', ...text }), { type: 'Failed', ...text });
    }
    case 'suspended':
      return set(before, { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' });
    case 'running': {
      const suspended = before?.some((c) => c.type === 'Suspended' && c.status === 'True');
      return suspended
        ? set(before, { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' })
        : before;
    }
  }
}

async function expire(
  { api, clock }: ControllerContext,
  job: KubeObject,
  spec: JobSpec,
  status: JobStatus,
): Promise<number | undefined> {
  if (spec.ttlSecondsAfterFinished === undefined) return undefined;
  const finished = status.completionTime ?? status.conditions?.find((c) => c.type === 'Failed')?.lastTransitionTime;
  const leftMs =
    (finished === undefined ? clock.now() : Date.parse(finished)) + spec.ttlSecondsAfterFinished * 1000 - clock.now();
  if (leftMs > 0) return leftMs;
  await api.delete(
    caller,
    jobs,
    { namespace: job.metadata.namespace, name: job.metadata.name ?? '' },
    { propagationPolicy: 'Background' },
  );
  return undefined;
}

function defined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
