import { suggestion } from '../../pkg/apis/suggest.ts';
import type { CompressionType } from '../../pkg/revision/compression.ts';

const defaults = {
  DeprecatedPolicySpec: false,
  LegacyObjectTypeIdentifier: false,
  DeprecatedObjectLabelSelector: false,
  LegacyResourceTrackerGC: false,
  LegacyResourceOwnerValidation: false,
  DisableReferObjectsFromURL: false,
  ApplyResourceByReplace: false,
  AuthenticateApplication: false,
  ValidateDefinitionPermissions: false,
  GzipResourceTracker: false,
  ZstdResourceTracker: false,
  ApplyOnce: false,
  MultiStageComponentApply: true,
  GzipApplicationRevision: false,
  ZstdApplicationRevision: false,
  PreDispatchDryRun: true,
  ValidateComponentWhenSharding: false,
  DisableWebhookAutoSchedule: false,
  DisableBootstrapClusterInfo: false,
  InformerCacheFilterUnnecessaryFields: true,
  SharedDefinitionStorageForApplicationRevision: true,
  DisableWorkflowContextConfigMapCache: true,
  EnableCueValidation: false,
  EnableApplicationStatusMetrics: false,
  ValidateResourcesExist: false,
  EnableGlobalPolicies: false,
  EnableApplicationScopedPolicies: false,
  ValidateUndeclaredParameters: false,
  EnableSuspendOnFailure: false,
  EnableBackupWorkflowRecord: false,
  EnablePatchStatusAtOnce: false,
  EnableWatchEventListener: false,
} as const;

export type FeatureGate = keyof typeof defaults;
export type FeatureGates = Readonly<Record<FeatureGate, boolean>>;

/** The gates with an effect. */
const effective: readonly FeatureGate[] = [
  'AuthenticateApplication',
  'ApplyOnce',
  'GzipResourceTracker',
  'ZstdResourceTracker',
  'GzipApplicationRevision',
  'ZstdApplicationRevision',
  'ValidateComponentWhenSharding',
  'DisableWebhookAutoSchedule',
  'EnableSuspendOnFailure',
  'EnablePatchStatusAtOnce',
  'ValidateResourcesExist',
  'EnableCueValidation',
  'EnableGlobalPolicies',
  'EnableApplicationScopedPolicies',
  'DisableReferObjectsFromURL',
  // objects are never dry-run before they are applied
  'PreDispatchDryRun',
];

const oldForm = 'objects of KubeVela before 1.3 are not read; write them in the present form first';
const always = 'this cannot be switched off; leave the gate out';

/** Why a gate cannot have the other value than its default, and the replacement. */
const refusals: Readonly<Partial<Record<FeatureGate, string>>> = {
  DeprecatedPolicySpec: oldForm,
  LegacyObjectTypeIdentifier: oldForm,
  DeprecatedObjectLabelSelector: oldForm,
  LegacyResourceTrackerGC: oldForm,
  LegacyResourceOwnerValidation: 'ownership is judged by the labels app.oam.dev/name and app.oam.dev/namespace alone',
  ApplyResourceByReplace: 'use a resource-update policy with op: replace where objects are to be replaced',
  ValidateDefinitionPermissions: 'use RBAC on the definition kinds to restrict their authors',
  MultiStageComponentApply: `traits are applied in their stages; ${always}`,
  DisableBootstrapClusterInfo: `the version of the cluster is read once, which needs no rights; ${always}`,
  InformerCacheFilterUnnecessaryFields: `caches keep only what is needed; ${always}`,
  SharedDefinitionStorageForApplicationRevision: `definitions are stored once; ${always}`,
  DisableWorkflowContextConfigMapCache: `the context of a workflow is read live; ${always}`,
  EnableApplicationStatusMetrics:
    'use the metrics in docs/reference/metrics.md, such as the number of Applications by phase',
  ValidateUndeclaredParameters: 'undeclared parameters are warnings at admission',
  EnableBackupWorkflowRecord:
    'WorkflowRun objects stay until they are deleted; the record of the run of an Application is in its ApplicationRevision',
  EnableWatchEventListener: 'delivered objects are watched always; leave the gate out',
};

export interface GateReading {
  readonly gates: FeatureGates;
  /** Unknown gates and values, and gates that cannot have the value that is asked for. */
  readonly problems: readonly string[];
}

/** Reads `Name=true` items; an unknown or unsupported gate is a problem. Later items win. */
export function readFeatureGates(items: readonly string[]): GateReading {
  const gates: Record<string, boolean> = { ...defaults };
  const problems: string[] = [];
  for (const item of items) {
    const [name = '', value = ''] = item.split('=', 2).map((part) => part.trim());
    if (!Object.hasOwn(defaults, name)) {
      problems.push(`--feature-gates: unknown gate "${name}"${suggestion(name, Object.keys(defaults))}`);
    } else if (!/^(true|false|1|0|t|f)$/i.test(value)) {
      problems.push(`--feature-gates: ${name} must be true or false, not "${value}"`);
    } else gates[name] = /^(true|1|t)$/i.test(value);
  }
  return { gates: gates as FeatureGates, problems: [...problems, ...refusedGates(gates as FeatureGates)] };
}

function refusedGates(gates: FeatureGates): readonly string[] {
  return (Object.keys(defaults) as FeatureGate[]).flatMap((name) => {
    const reason = refusals[name];
    if (gates[name] === defaults[name] || effective.includes(name) || reason === undefined) return [];
    return [`--feature-gates: ${name}=${String(gates[name])} is not supported: ${reason}`];
  });
}

/**
 * The gates with their default values, and why the other value is refused; for the documentation.
 *
 * @testonly
 */
export const gateReference: readonly {
  readonly name: FeatureGate;
  readonly fallback: boolean;
  readonly refusal: string | undefined;
}[] = (Object.keys(defaults) as FeatureGate[]).map((name) => ({
  name,
  fallback: defaults[name],
  refusal: effective.includes(name) ? undefined : (refusals[name] ?? ''),
}));

/** How the gates have trackers and revisions stored; zstd goes before gzip. */
export function compressionOf(gates: FeatureGates): {
  readonly trackers: CompressionType;
  readonly revisions: CompressionType;
} {
  const typeOf = (zstd: boolean, gzip: boolean): CompressionType => (zstd ? 'zstd' : gzip ? 'gzip' : '');
  return {
    trackers: typeOf(gates.ZstdResourceTracker, gates.GzipResourceTracker),
    revisions: typeOf(gates.ZstdApplicationRevision, gates.GzipApplicationRevision),
  };
}
