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

/** The gates that something reads; setting another one is accepted and reported as idle. */
const effective: readonly FeatureGate[] = [
  'AuthenticateApplication',
  'ApplyOnce',
  'GzipResourceTracker',
  'ZstdResourceTracker',
  'GzipApplicationRevision',
  'ZstdApplicationRevision',
  'ValidateComponentWhenSharding',
  'DisableWebhookAutoSchedule',
];

export interface GateReading {
  readonly gates: FeatureGates;
  readonly problems: readonly string[];
  /** Gates that were set away from their default although nothing reads them yet. */
  readonly idle: readonly string[];
}

/** Reads `Name=true` items; unknown names and values other than true and false are problems. Later items win. */
export function readFeatureGates(items: readonly string[]): GateReading {
  const gates: Record<string, boolean> = { ...defaults };
  const problems: string[] = [];
  const idle = new Set<string>();
  for (const item of items) {
    const [name = '', value = ''] = item.split('=', 2).map((part) => part.trim());
    const known = Object.hasOwn(defaults, name);
    if (!known) problems.push(`--feature-gates: unknown gate "${name}"`);
    else if (!/^(true|false|1|0|t|f)$/i.test(value))
      problems.push(`--feature-gates: ${name} must be true or false, not "${value}"`);
    else {
      gates[name] = /^(true|1|t)$/i.test(value);
      const isIdle = !effective.includes(name as FeatureGate) && gates[name] !== defaults[name as FeatureGate];
      if (isIdle) idle.add(name);
      else idle.delete(name);
    }
  }
  return { gates: gates as FeatureGates, problems, idle: [...idle] };
}

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
