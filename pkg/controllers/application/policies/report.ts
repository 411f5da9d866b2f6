import type { ApplicationStatus } from '../../../apis/application-status.ts';
import { ignoreNotFound } from '../../../apis/api-error.ts';
import type { Application, ApplicationSpec } from '../../../apis/application.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { JsonObject, KubeObject, Resource } from '../../../../machinery/src/meta.ts';
import { annotations, labels } from '../../../apis/names.ts';
import { fieldManager } from '../../../dispatch/field-manager.ts';
import { contentHash, sameContent } from '../../../revision/hash.ts';
import { isoTime } from '../../../workflow/run.ts';
import type { RenderedPolicy } from './transform.ts';
import { outputChangesSpec } from './transform.ts';
import type { WrittenMetadata } from './written-metadata.ts';
import { readWritten } from './written-metadata.ts';

export type AppliedPolicy = NonNullable<ApplicationStatus['appliedApplicationPolicies']>[number];

const configMaps: Resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const marker = 'app.oam.dev/application-policies';
const infoKey = 'info';
const writtenKey = 'written_metadata';

/** A policy as the status of its Application shows it. */
export function appliedPolicy({ policy, definition, source, version, output, ...rest }: RenderedPolicy): AppliedPolicy {
  const count = (map: object | undefined, key: string): object => {
    const size = Object.keys(map ?? {}).length;
    return size > 0 ? { [key]: size } : {};
  };
  return {
    name: policy.name,
    type: policy.type,
    namespace: definition.metadata.namespace ?? '',
    applied: output !== undefined,
    ...(rest.isError && { error: true }),
    ...(rest.message !== undefined && { message: rest.message }),
    source,
    ...(output && outputChangesSpec(output) && { specModified: true }),
    ...count(output?.labels, 'labelsCount'),
    ...count(output?.annotations, 'annotationsCount'),
    ...(Object.keys(output?.ctx ?? {}).length > 0 && { hasContext: true }),
    ...(version.definitionRevisionName !== '' && { ...version }),
  };
}

/** Reason and message of the Event about a policy that was rendered. */
export function policyEvent({ name, namespace, applied, error, message = '', source }: AppliedPolicy): {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
} {
  const global = source === 'global' ? 'Global' : '';
  const what = `${global === '' ? '' : 'global '}policy ${name}`;
  if (applied) {
    const from = global === '' ? '' : ` from namespace ${namespace}`;
    return { type: 'Normal', reason: `${global}PolicyApplied`, message: `Applied ${what}${from}` };
  }
  if (error)
    return { type: 'Warning', reason: `${global}PolicyFailed`, message: `failed to render ${what}: ${message}` };
  return { type: 'Normal', reason: `${global}PolicySkipped`, message: `Skipped ${what}: ${message}` };
}

/** What the ConfigMap shows. */
export interface PolicyReport {
  readonly app: Application;
  /** The Application as the policies leave it. */
  readonly executed: Application;
  readonly policies: readonly RenderedPolicy[];
  readonly custom: JsonObject | undefined;
  /** The ConfigMap as it was read. */
  readonly stored: StoredReport;
  readonly written: WrittenMetadata;
  readonly now: number;
}

/** The ConfigMap of an Application, and what it keeps of labels and annotations that policies wrote. */
export interface StoredReport {
  readonly configMap: KubeObject | undefined;
  readonly written: WrittenMetadata;
}

/** Reads what the policies of an Application did; throws where its ConfigMap is of something else. */
export async function readPolicyReport(
  client: KubeClient,
  { metadata: { name: appName = '', namespace = 'default' } }: Application,
  signal: AbortSignal,
): Promise<StoredReport> {
  const name = configMapName(namespace, appName);
  const configMap = await ignoreNotFound(client.get<KubeObject>(configMaps, { name, namespace }, { signal }));
  if (configMap && configMap.metadata.labels?.[marker] === undefined)
    throw new Error(`ConfigMap ${namespace}/${name} exists and is not of the Application; rename it`);
  const written = readWritten(infoOf((configMap?.['data'] ?? {}) as Data)[writtenKey]);
  return { configMap, written };
}

/** Writes what the policies of an Application did into its ConfigMap, where that differs from what it shows; returns its name. */
export async function writePolicyReport(
  client: KubeClient,
  report: PolicyReport,
  signal: AbortSignal,
): Promise<string> {
  const { name: appName = '', namespace = 'default', uid = '' } = report.app.metadata;
  const name = configMapName(namespace, appName);
  const data = dataOf(report);
  if (sameContent(withoutTime((report.stored.configMap?.['data'] ?? {}) as Data), withoutTime(data))) return name;
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace,
      labels: {
        [labels.appName]: appName,
        [labels.appNamespace]: namespace,
        [labels.appUid]: uid,
        [marker]: 'true',
      },
      annotations: { [annotations.lastAppliedTime]: isoTime(report.now) },
      ownerReferences: [
        {
          apiVersion: 'core.oam.dev/v1beta1',
          kind: 'Application',
          name: appName,
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    data,
  };
  await client.apply(configMaps, object, { fieldManager, force: true, signal });
  return name;
}

type Data = Readonly<Record<string, string>>;

function withoutTime(data: Data): object {
  const { rendered_at: _, ...facts } = infoOf(data);
  return { ...data, [infoKey]: facts };
}

/** Empty where it is no JSON, as after an edit: then it is written again. */
function infoOf({ [infoKey]: info = '{}' }: Data): JsonObject {
  try {
    return JSON.parse(info) as JsonObject;
  } catch {
    return {};
  }
}

const shown = (value: unknown): string => JSON.stringify(value, null, 2);

function dataOf({ app, executed, policies, custom, written, now }: PolicyReport): Data {
  const applied = policies.filter(({ output }) => output !== undefined);
  const merged = (field: 'labels' | 'annotations'): object =>
    Object.assign({}, ...applied.map(({ output }) => output?.[field] ?? {})) as object;
  return {
    rendered_spec: shown(renderedSpec(applied)),
    applied_spec: shown(executed.spec),
    metadata: shown({ annotations: merged('annotations'), context: custom ?? {}, labels: merged('labels') }),
    ...Object.fromEntries(
      applied.map((one, i) => [`${String(i + 1).padStart(3, '0')}-${one.policy.name}`, shown(entryOf(one))]),
    ),
    [infoKey]: shown({
      rendered_at: isoTime(now),
      auto_revision: app.metadata.annotations?.[annotations.autoRevision] === 'true',
      total_policies: policies.length,
      enabled_policies: applied.length,
      cache_hit: false,
      application_hash: contentHash(app.spec),
      ...(Object.keys(written).length > 0 && { [writtenKey]: written }),
    }),
  };
}

/** Of several policies that give a field, the last counts. */
function renderedSpec(applied: readonly RenderedPolicy[]): Partial<ApplicationSpec> {
  const fields = applied.flatMap(({ output }) => {
    const { components, workflow, policies } = output ?? {};
    return [
      { ...(components?.length && { components }), ...(workflow && { workflow }), ...(policies && { policies }) },
    ];
  });
  return Object.assign({}, ...fields) as Partial<ApplicationSpec>;
}

function entryOf({ policy, definition, priority, version, output, spec }: RenderedPolicy): object {
  return {
    name: policy.name,
    namespace: definition.metadata.namespace ?? '',
    enabled: true,
    priority,
    ...(version.definitionRevisionName !== '' && version),
    output: { ...output, ...(spec && { spec }) },
  };
}

const maxName = 253;
const prefix = 'application-policies-';

function configMapName(namespace: string, app: string): string {
  const name = `${prefix}${namespace}-${app}`;
  if (name.length <= maxName) return name;
  const hash = contentHash(`${namespace}/${app}`).slice(0, 8);
  return `${name.slice(0, maxName - 1 - hash.length)}-${hash}`;
}
