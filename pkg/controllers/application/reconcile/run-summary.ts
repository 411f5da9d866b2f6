import type { AppliedResource, ServiceStatus } from '../../../apis/application-status.ts';
import type { ManagedResource } from '../../../apis/resource-tracker.ts';
import { recordedObjects } from '../../../dispatch/keeper.ts';
import { resourceKey } from '../../../dispatch/manifest.ts';
import { entriesOf, entryKey } from '../../../dispatch/tracker.ts';
import { allSteps } from '../../../workflow/plan.ts';
import type { Run } from '../../../workflow/run.ts';
import { deliveredPlacements, placementKey } from '../component/place.ts';
import type { Family } from '../family/family.ts';
import { policiesWithObjects } from '../policies/resources.ts';
import type { Planned } from '../stages.ts';

/** The message of a run that has ended without success. */
export function failureMessage({ plan }: Planned, run: Run): string {
  const failed = allSteps(plan).flatMap((step) => {
    const r = run.steps.get(step.name);
    return r?.phase === 'failed'
      ? [`step "${step.name}" failed (${r.reason ?? ''})${r.message ? `: ${r.message}` : ''}`]
      : [];
  });
  return failed.length > 0 ? failed.join('; ') : 'workflow was terminated';
}

/** The message of the steps that failed and are retried; undefined where none did. */
export function retryMessage({ steps }: Run): string | undefined {
  const failing = [...steps.values()].filter(({ phase }) => phase === 'failed');
  if (failing.length === 0) return undefined;
  return failing.map(({ name = '', message, reason = '' }) => `step "${name}": ${message ?? reason}`).join('; ');
}

/** The services as they were assessed last, in the order of the plan; those of removed components are left out. */
export function mergedServices(
  { plan, parsed }: Planned,
  before: readonly ServiceStatus[],
  assessed: readonly ServiceStatus[],
): readonly ServiceStatus[] {
  const byKey = new Map([...before, ...assessed].map((s) => [placementKey(s.name, s.namespace), s]));
  const keys = deliveredPlacements(plan, parsed, [...byKey.values()]).map(({ component, namespace }) =>
    placementKey(component.name, namespace),
  );
  return [...new Set(keys)].flatMap((key) => byKey.get(key) ?? []);
}

/** A config of a step is tracked and collected, and as in KubeVela not listed. */
const isConfig = ({ kind, raw }: ManagedResource): boolean =>
  kind === 'Secret' && raw?.metadata.labels?.['config.oam.dev/catalog'] === 'velacore-config';

/** The delivered resources, as the trackers record them. */
export function appliedResources(planned: Planned, { trackers }: Family): readonly AppliedResource[] {
  const { owner } = planned;
  const ofPolicies = new Set(policiesWithObjects(planned).map(({ policy }) => policy.name));
  const entries = recordedObjects(trackers, owner).filter((entry) => !isConfig(entry));
  return entries.map(({ apiVersion, kind, name, namespace, cluster, component }) => ({
    creator: ofPolicies.has(component ?? '') ? 'policy' : 'workflow',
    ...(cluster !== undefined && { cluster }),
    ...(apiVersion !== undefined && { apiVersion }),
    ...(kind !== undefined && { kind }),
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
  }));
}

/** The same during a workflow: with what was shown before, and without what is recorded but not delivered yet. */
export function appliedSoFar(
  planned: Planned,
  before: readonly AppliedResource[],
  family: Family,
): readonly AppliedResource[] {
  const tracked = new Set(family.trackers.list().flatMap((tracker) => entriesOf(tracker).map(entryKey)));
  const kept = before.filter((one) => tracked.has(resourceKey(one)));
  const delivered = appliedResources(planned, family).filter((one) => family.known.has(resourceKey(one)));
  return [...new Map([...kept, ...delivered].map((one) => [resourceKey(one), one])).values()];
}
