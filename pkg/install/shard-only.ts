import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../apis/names.ts';
import { InstallError } from './install-error.ts';
import { fullname } from './render.ts';

export interface ShardOnly {
  readonly id: string;
  /** Arguments of the master that a shard must agree with; see `sharedArguments`. */
  readonly masterArgs: readonly string[];
}

const instance = { 'app.kubernetes.io/name': 'vela-core', 'app.kubernetes.io/instance': 'kubevela-slave' };
/** Labels of all that is installed for single shards; each has that of its id besides. */
export const shardLabels: Readonly<Record<string, string>> = { ...instance, 'app.kubernetes.io/managed-by': 'vela' };
/** Labels of the pods of shards, by which a master of KubeVela finds them. */
const podLabels = (id: string): Record<string, string> => ({ ...instance, [labels.shardId]: id });

/** The name of a shard's Deployment, and the beginning of the names of all that belongs to it. */
export const shardName = (id: string): string => `${fullname}-${id}`;

const idPattern = /^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/;

export function checkShardId(id: string): void {
  if (idPattern.test(id) && id !== 'master') return;
  const rule = 'must be at most 40 small letters, digits and dashes, and not "master"';
  throw new InstallError('BadValues', [`--shard-id: ${rule}, not "${id}"`]);
}

/** Values under which a whole fleet is rendered, of which a single shard takes its part. */
export const shardOnlyValues: JsonObject = {
  sharding: { enabled: true },
  admissionWebhooks: { enabled: false },
};

/**
 * The objects of one shard under a master that another installation brings: its Deployment, its account and the rights of
 * that. They are the shard's part of a rendered fleet under names of their own, so that nothing is shared with others.
 */
export function shardObjects(fleet: readonly KubeObject[], shard: ShardOnly): KubeObject[] {
  const account = `${fullname}-shard`;
  const bindings = fleet.filter((object) => isBindingOf(object, account) && !isOfFences(object));
  const roles = new Set(bindings.map((binding) => (binding['roleRef'] as { readonly name: string }).name));
  const parts = fleet.filter(
    (object) =>
      bindings.includes(object) ||
      (object.kind.endsWith('Role') && roles.has(object.metadata.name ?? '')) ||
      (object.kind === 'ServiceAccount' && object.metadata.name === account) ||
      object.kind === 'Deployment',
  );
  return parts.map((object) =>
    object.kind === 'Deployment' ? shardDeployment(object, shard) : renamed(object, shard),
  );
}

const isBindingOf = ({ kind, ...object }: KubeObject, account: string): boolean =>
  kind.endsWith('RoleBinding') &&
  (object['subjects'] as readonly { readonly name: string }[]).some((s) => s.name === account);

/** Fences are of a whole installation; without them a shard need not record itself as holder. */
const isOfFences = ({ metadata }: KubeObject): boolean => metadata.name?.endsWith(':holder') ?? false;

function renamed(object: KubeObject, { id }: ShardOnly): KubeObject {
  const { metadata } = object;
  const own = { ...metadata.labels, ...podLabels(id) };
  const name = nameFor(metadata.name ?? '', id);
  const named = { ...object, metadata: { ...metadata, name, labels: own } };
  if (!object.kind.endsWith('RoleBinding')) return named;
  const { name: role, ...reference } = object['roleRef'] as { readonly name: string };
  const namespace =
    metadata.namespace ?? (object['subjects'] as readonly { readonly namespace?: string }[])[0]?.namespace;
  return {
    ...named,
    subjects: [{ kind: 'ServiceAccount', name: shardName(id), namespace: namespace ?? systemNamespace }],
    roleRef: { ...reference, name: role.startsWith(fullname) ? nameFor(role, id) : role },
  };
}

/** `kubevela-vela-core:application` becomes `kubevela-vela-core-ID:application`. */
function nameFor(name: string, id: string): string {
  const rest = name.slice(name.startsWith(`${fullname}-shard`) ? fullname.length + '-shard'.length : fullname.length);
  return `${shardName(id)}${rest}`;
}

interface DeploymentSpec {
  readonly template: { readonly metadata: KubeObject['metadata']; readonly spec: PodSpec };
}
interface PodSpec {
  readonly serviceAccountName: string;
  readonly containers: readonly [Container];
}
interface Container {
  readonly args?: readonly string[];
}

function shardDeployment(object: KubeObject, { id, masterArgs }: ShardOnly): KubeObject {
  const own = argsOf(object).filter((arg) => !isOf(arg, ['schedulable-shards', ...masterArgs.map(nameOf)]));
  const args = [...own, ...masterArgs, `--shard-id=${id}`, foreignMaster];
  return deploymentOf(object, { id, args, serviceAccount: shardName(id) });
}

/** A shard that `shardObjects` made, as part of a fleet: under a master of Flotilla its writes are fenced like all others. */
export function fleetShard(
  master: KubeObject,
  { id, serviceAccount }: { readonly id: string; readonly serviceAccount: string | undefined },
): KubeObject {
  const args = [...argsOf(master), `--shard-id=${id}`];
  const { spec, ...deployment } = deploymentOf(master, { id, args, serviceAccount });
  // as many as it has
  const { replicas: _, ...rest } = spec as { readonly replicas?: number };
  return { ...deployment, spec: rest };
}

/** Whether a Deployment is one of `shardObjects`. */
export const isForeignMaster = (deployment: KubeObject): boolean => argsOf(deployment).includes(foreignMaster);

const foreignMaster = '--foreign-master';
const argsOf = (object: KubeObject): readonly string[] =>
  (object['spec'] as Partial<DeploymentSpec> | undefined)?.template?.spec.containers.flatMap(({ args = [] }) => args) ??
  [];

function deploymentOf(
  object: KubeObject,
  {
    id,
    args,
    serviceAccount,
  }: { readonly id: string; readonly args: readonly string[]; readonly serviceAccount: string | undefined },
): KubeObject {
  const { metadata } = object;
  const spec = object['spec'] as DeploymentSpec;
  const { template } = spec;
  const [container] = template.spec.containers;
  const account = serviceAccount ?? template.spec.serviceAccountName;
  return {
    ...object,
    metadata: { ...metadata, name: shardName(id), labels: { ...metadata.labels, ...podLabels(id) } },
    spec: {
      ...spec,
      selector: { matchLabels: podLabels(id) },
      template: {
        ...template,
        metadata: { ...template.metadata, labels: podLabels(id) },
        spec: { ...template.spec, serviceAccountName: account, containers: [{ ...container, args }] },
      },
    },
  };
}

const nameOf = (arg: string): string => arg.replace(/^--/, '').split('=')[0] ?? '';
const isOf = (arg: string, names: readonly string[]): boolean =>
  names.includes(nameOf(arg)) && nameOf(arg) !== 'feature-gates';

/** Flags with values that all controllers of a fleet must share. */
const shared = [
  'system-definition-namespace',
  'application-revision-limit',
  'authentication-with-user',
  'authentication-default-user',
  'authentication-group-pattern',
  'allow-cross-namespace-resource',
  'allow-resource-types',
  'ref-objects-available-scope',
  'ignore-app-without-controller-version',
  'leader-election-namespace',
];
const sharedGates =
  /(AuthenticateApplication|ApplyOnce|EnableGlobalPolicies|EnableApplicationScopedPolicies|(Gzip|Zstd)(ResourceTracker|ApplicationRevision))=/;

/** The arguments of a master that its shards must agree with: what they store, and with which rights they act. */
export function sharedArguments(args: readonly string[]): string[] {
  return args
    .map((arg) => arg.replaceAll(' ', ''))
    .filter((arg) => shared.includes(nameOf(arg)) || (nameOf(arg) === 'feature-gates' && sharedGates.test(arg)));
}
