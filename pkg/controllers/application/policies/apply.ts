import { isInvalid } from '../../../apis/api-error.ts';
import type { ApplicationRevision } from '../../../apis/application-revision.ts';
import type { Application } from '../../../apis/application.ts';
import { applicationResource } from '../../../apis/application.ts';
import { fenceMetadata } from '../../../apis/fence.ts';
import type { JsonObject } from '../../../../machinery/src/meta.ts';
import { annotations } from '../../../apis/names.ts';
import { patchObject } from '../../../apis/patch-object.ts';
import type { PolicyDefinition } from '../../../apis/policy-definition.ts';
import { fieldManager } from '../../../dispatch/field-manager.ts';
import { contentHash, sameContent, sameTyped } from '../../../revision/hash.ts';
import type { ApplicationDeps } from '../deps.ts';
import { fenceFor } from '../ownership/fence.ts';
import { userClient } from '../ownership/identity.ts';
import { messageOf, ReconcileFailure } from '../status/failure.ts';
import type { StatusRecorder } from '../status/status-recorder.ts';
import { policyActor } from './actor.ts';
import type { PolicyReport } from './report.ts';
import { appliedPolicy, policyEvent, readPolicyReport, writePolicyReport } from './report.ts';
import type { PolicyVersion } from './select.ts';
import { selectPolicies } from './select.ts';
import type { RenderedPolicy, Transformed } from './transform.ts';
import { transformApplication } from './transform.ts';
import { givenMetadata, nextWritten, withoutWritten } from './written-metadata.ts';

/** An Application as it is executed, with what its revision keeps of the policies that changed it. */
export interface PolicyEffect {
  readonly app: Application;
  readonly custom?: JsonObject | undefined;
  readonly policyDefinitions?: Readonly<Record<string, PolicyDefinition>>;
  readonly policyVersions?: Readonly<Record<string, PolicyVersion>>;
  /** Hash of the spec that the Application has, where policies changed it. */
  readonly originalSpecHash?: string;
}

interface Work {
  readonly deps: ApplicationDeps;
  /** Reads the latest revision; undefined before the first. */
  readonly latestRevision: () => Promise<ApplicationRevision | undefined>;
  readonly recorder: StatusRecorder;
  readonly signal: AbortSignal;
}

/**
 * Changes an Application by its policies of scope Application. Labels and annotations are written to it; its spec is changed
 * for this reconcile only. While the spec that the user wrote is unchanged, the definitions in the latest revision hold.
 */
export async function applyPolicies(work: Work): Promise<PolicyEffect> {
  const { deps, recorder } = work;
  const { app } = recorder;
  const { options, definitions } = deps;
  const selection = { app, definitions, systemNamespace: options.systemDefinitionNamespace, gates: options.policies };
  const current = selectPolicies({ ...selection, stored: undefined });
  const hadPolicies = (app.status?.appliedApplicationPolicies ?? []).length > 0;
  if (!options.policies.applicationScoped || (current.policies.length === 0 && !hadPolicies)) {
    recorder.record({ kind: 'policiesApplied', policies: undefined, configMap: undefined });
    return { app };
  }
  const latest = await work.latestRevision();
  const isPinned = latest !== undefined && isSameAsWritten(app, latest);
  const selected = isPinned ? selectPolicies({ ...selection, stored: latest.spec }) : current;
  if (selected.problems.length > 0) throw failure(selected.problems);
  const { engines, clusterVersion } = deps;
  const actor = policyActor(userClient(deps.client, app, options), work.signal);
  const stored = await readPolicyReport(deps.client, app, work.signal);
  const original = withoutWritten(app, stored.written);
  const transformed = await transformApplication(original, selected.policies, { engines, clusterVersion, actor });
  if (!transformed.ok) throw failure(transformed.problems);
  const { policies } = transformed.value;
  const executed = isPinned ? restored(transformed.value, latest) : transformed.value.app;
  // before the labels themselves: a crash in between leaves a record of a value that is not there, which counts as none
  const next = nextWritten(app, { original, policies, written: stored.written });
  await report(transformed.value, { executed, stored, written: next }, work);
  const written = await writeMetadata(policies, work);
  return {
    app: { ...written, spec: executed.spec },
    custom: transformed.value.custom,
    policyDefinitions: Object.fromEntries(
      selected.policies.map(({ definition }) => [definition.metadata.name ?? '', definition]),
    ),
    policyVersions: Object.fromEntries(selected.policies.map(({ versionKey, version }) => [versionKey, version])),
    ...(transformed.value.changesSpec && { originalSpecHash: contentHash(app.spec) }),
  };
}

const failure = (problems: readonly string[]): ReconcileFailure =>
  new ReconcileFailure({ condition: 'Synced', phase: 'starting', event: 'PolicyFailed' }, problems.join('; '));

const hasAutoRevision = ({ metadata }: Application): boolean =>
  metadata.annotations?.[annotations.autoRevision] === 'true';

/** Whether the spec that the user wrote is the one that a revision was made from, so that its definitions hold. */
function isSameAsWritten(app: Application, { spec }: ApplicationRevision): boolean {
  const hash = spec.application.metadata.annotations?.[annotations.originalSpecHash];
  if (hash === undefined) return sameTyped(spec.application.spec, app.spec);
  return hash === contentHash(app.spec) && !hasAutoRevision(app);
}

/** The spec of the revision: what a policy yields otherwise by now makes no new one, unless the Application asks for that. */
function restored({ app, changesSpec }: Transformed, { spec }: ApplicationRevision): Application {
  return changesSpec && !hasAutoRevision(app) ? { ...app, spec: spec.application.spec } : app;
}

async function report(
  transformed: Transformed,
  facts: Pick<PolicyReport, 'executed' | 'stored' | 'written'>,
  { deps, recorder, signal }: Work,
): Promise<void> {
  const { app } = recorder;
  const { policies, custom } = transformed;
  const applied = policies.map(appliedPolicy);
  const before = app.status?.appliedApplicationPolicies ?? [];
  for (const one of applied) {
    if (before.some((old) => sameContent(old, one))) continue;
    const { type, reason, message } = policyEvent(one);
    deps.events.event(app, type, reason, message);
  }
  const configMap = await writePolicyReport(
    deps.client,
    { ...facts, app, policies, custom, now: deps.clock.now() },
    signal,
  );
  recorder.record({ kind: 'policiesApplied', policies: applied, configMap });
}

/** Writes labels and annotations that the Application does not have yet; those that the API server refuses are reported. */
async function writeMetadata(
  policies: readonly RenderedPolicy[],
  { deps, recorder, signal }: Work,
): Promise<Application> {
  const { app } = recorder;
  const change = {
    labels: missing(givenMetadata(policies, 'labels'), app.metadata.labels),
    annotations: missing(givenMetadata(policies, 'annotations'), app.metadata.annotations),
  };
  if (!change.labels && !change.annotations) return app;
  const { annotations: fence } = fenceMetadata(fenceFor(app, deps.options));
  const metadata = {
    ...change,
    ...((fence ?? change.annotations) && { annotations: { ...change.annotations, ...fence } }),
  };
  try {
    const options = { change: { metadata }, fieldManager, signal };
    recorder.rebase(await patchObject(deps.client, applicationResource, app, options));
  } catch (error) {
    if (!isInvalid(error)) throw error;
    deps.events.event(app, 'Warning', 'PolicyMetadataRefused', messageOf(error));
  }
  return recorder.app;
}

type Texts = Readonly<Record<string, string>>;

function missing(wanted: Texts, present: Texts = {}): Texts | undefined {
  const changed = Object.entries(wanted).filter(([key, value]) => present[key] !== value);
  return changed.length > 0 ? Object.fromEntries(changed) : undefined;
}
