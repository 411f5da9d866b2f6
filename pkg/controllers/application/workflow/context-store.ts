import { ignoreNotFound, isConflict } from '../../../apis/api-error.ts';
import type { Application } from '../../../apis/application.ts';
import type { WorkflowStatus } from '../../../apis/application-status.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { Json, KubeObject, Resource } from '../../../../machinery/src/meta.ts';
import { fieldManager } from '../../../dispatch/field-manager.ts';
import { contentHash } from '../../../revision/hash.ts';
import { encodedLogConfig, logConfigMark } from '../../../workflow/logs.ts';
import type { Run, StoredRun } from '../../../workflow/run.ts';
import type { StoredContext } from '../family/family.ts';

type Backend = NonNullable<WorkflowStatus['contextBackend']>;

const configMaps: Resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const applicationType = { apiVersion: 'core.oam.dev/v1beta1', kind: 'Application' };
const runType = { apiVersion: 'core.oam.dev/v1alpha1', kind: 'WorkflowRun' };
const failureSuffix = '.failed_times';

/** Reads what a workflow run stored beside its status. */
export async function loadContext(
  client: KubeClient,
  app: Application,
  backend: Backend | undefined,
  signal: AbortSignal,
): Promise<StoredContext> {
  if (!backend?.name) return { failures: {}, variables: {}, marks: {} };
  const target = { name: backend.name, namespace: app.metadata.namespace };
  const stored = await ignoreNotFound(client.get<KubeObject>(configMaps, target, { signal }));
  if (!stored) return { failures: {}, variables: {}, marks: {} };
  const context = decode((stored['data'] ?? {}) as Readonly<Record<string, string>>);
  return { ...context, version: stored.metadata.resourceVersion };
}

/**
 * Stores the variables and failure counts of a run over the given version of them; returns where, for the status, and
 * the new version.
 */
export async function saveContext(
  client: KubeClient,
  { app, run, version }: Omit<ContextWrite, 'name' | 'uid'>,
  signal: AbortSignal,
): Promise<{ readonly backend: Backend; readonly version: string | undefined }> {
  const { name: appName = '', uid = '' } = app.metadata;
  const usual = `workflow-${appName}-context`;
  const name = run.contextBackend?.name ?? usual;
  try {
    return await write(client, { app, run, name, version }, signal);
  } catch (error) {
    if (!isConflict(error) || run.contextBackend) throw error;
  }
  const existing = await client.get<KubeObject>(configMaps, { name, namespace: app.metadata.namespace }, { signal });
  const ours = existing.metadata.ownerReferences?.some((o) => o.uid === uid);
  const { resourceVersion } = existing.metadata;
  const known = ours
    ? { name, uid: existing.metadata.uid, version: resourceVersion }
    : { name: `${usual}-${contentHash(uid).slice(0, 5)}` };
  return write(client, { app, run, ...known }, signal);
}

interface ContextWrite {
  readonly app: Application;
  readonly run: Run;
  readonly name: string;
  readonly uid?: string | undefined;
  readonly version?: string | undefined;
}

async function write(
  client: KubeClient,
  { app, run, name, uid, version }: ContextWrite,
  signal: AbortSignal,
): ReturnType<typeof saveContext> {
  const { metadata } = app;
  const known = uid ?? run.contextBackend?.uid;
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace: metadata.namespace ?? 'default',
      // With a version that no object has, an apply creates or conflicts; it never takes a stranger's object.
      ...(known === undefined
        ? { resourceVersion: '1' }
        : { uid: known, ...(version && { resourceVersion: version }) }),
      annotations: { 'vela.io/startTime': run.startTime },
      ownerReferences: [
        {
          ...(app.kind === 'WorkflowRun' ? runType : applicationType),
          name: metadata.name ?? '',
          uid: metadata.uid ?? '',
          controller: true,
        },
      ],
    },
    data: encode(run),
  };
  const stored = await client.apply(configMaps, object, { fieldManager, force: true, signal });
  const backend = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name,
    namespace: metadata.namespace ?? 'default',
    ...(stored.metadata.uid !== undefined && { uid: stored.metadata.uid }),
  };
  return { backend, version: stored.metadata.resourceVersion };
}

function encode(run: Run): Record<string, string> {
  const { variables, failures, marks } = run;
  const counts = Object.entries(failures).map(([id, count]) => [`${id}${failureSuffix}`, String(count)]);
  return {
    ...marks,
    ...encodedLogConfig(run),
    vars: JSON.stringify(variables),
    ...(Object.fromEntries(counts) as Record<string, string>),
  };
}

function decode(data: Readonly<Record<string, string>>): StoredRun {
  const counts = Object.entries(data).filter(([key]) => key.endsWith(failureSuffix));
  const marks = Object.entries(data).filter(
    ([key]) => key !== 'vars' && key !== logConfigMark && !key.endsWith(failureSuffix),
  );
  return {
    marks: Object.fromEntries(marks),
    variables: parseVariables(data['vars']),
    failures: Object.fromEntries(counts.map(([key, count]) => [key.slice(0, -failureSuffix.length), Number(count)])),
  };
}

/** Variables that another controller wrote in its own language are not ours to understand; the steps give them again. */
function parseVariables(text: string | undefined): Readonly<Record<string, Json>> {
  try {
    return JSON.parse(text ?? '{}') as Readonly<Record<string, Json>>;
  } catch {
    return {};
  }
}
