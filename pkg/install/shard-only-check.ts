import { ignoreNotFound, isNotFound } from '../apis/api-error.ts';
import { applicationResource } from '../apis/application.ts';
import { fleetName, fleetResource } from '../apis/fleet.ts';
import type { Fleet } from '../apis/fleet.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels } from '../apis/names.ts';
import { isOurs } from './definitions.ts';
import { InstallError } from './install-error.ts';
import { sharedArguments, shardName } from './shard-only.ts';

/** What a shard is to be put under. */
export interface FoundMaster {
  /** Arguments that the shard takes over from the master. */
  readonly args: readonly string[];
  /** What a person should know; the shard works nevertheless. */
  readonly warnings: readonly string[];
}

const needed = ['Application', 'ApplicationRevision', 'ResourceTracker', 'ComponentDefinition', 'TraitDefinition'];

/** Checks that a living installation can have a shard beside it. Throws InstallError with everything that it lacks. */
export async function findMaster(
  client: KubeClient,
  { id, namespace, signal }: { readonly id: string; readonly namespace: string; readonly signal: AbortSignal },
): Promise<FoundMaster> {
  const missing = await missingKinds(client);
  if (missing.length > 0) {
    const remedy = 'install KubeVela first, or Flotilla without --shard-only';
    throw new InstallError(
      'NotReady',
      missing.map((kind) => `the cluster does not serve ${kind}; ${remedy}`),
    );
  }
  const deployments = await controllers(client, namespace, signal);
  const masters = deployments.filter((one) => podLabelsOf(one)[labels.shardId] === 'master' || !isShard(one));
  const fleet = await ignoreNotFound(client.get<Fleet>(fleetResource, { name: fleetName }, { signal }));
  const isFlotilla = fleet !== undefined || masters.some(isOurs);
  const problems = [
    ...(isFlotilla ? [ownMaster(namespace, id)] : []),
    ...masters.filter((one) => !isSharded(one)).map(notSharded),
    ...deployments
      .filter((one) => isShard(one, id) && one.metadata.name !== shardName(id))
      .map((one) => taken(one, id)),
  ];
  if (problems.length > 0) throw new InstallError('NotReady', problems);
  const [master] = masters;
  return { args: sharedArguments(master ? argsOf(master) : []), warnings: warningsFor(master, id, namespace) };
}

async function missingKinds(client: KubeClient): Promise<readonly string[]> {
  const answers = await Promise.all(
    needed.map(async (kind) => {
      try {
        await client.resourceFor('core.oam.dev/v1beta1', kind);
        return undefined;
      } catch (error) {
        if (isNotFound(error)) return kind;
        throw error;
      }
    }),
  );
  return answers.filter((kind) => kind !== undefined);
}

async function controllers(client: KubeClient, namespace: string, signal: AbortSignal): Promise<readonly KubeObject[]> {
  const resource = await client.resourceFor('apps/v1', 'Deployment');
  const { items } = await client.list(resource, { namespace, signal });
  return items.filter((one) => podLabelsOf(one)['app.kubernetes.io/name'] === 'vela-core');
}

interface DeploymentSpec {
  readonly template?: {
    readonly metadata?: KubeObject['metadata'];
    readonly spec?: { readonly containers?: readonly { readonly args?: readonly string[] }[] };
  };
}

const templateOf = ({ spec }: KubeObject): DeploymentSpec['template'] => ((spec ?? {}) as DeploymentSpec).template;
const podLabelsOf = (one: KubeObject): Readonly<Record<string, string>> => templateOf(one)?.metadata?.labels ?? {};
const argsOf = (one: KubeObject): readonly string[] =>
  templateOf(one)?.spec?.containers?.flatMap((c) => c.args ?? []) ?? [];
const isShard = (one: KubeObject, id?: string): boolean => {
  const own = podLabelsOf(one)[labels.shardId];
  return id === undefined ? own !== undefined && own !== 'master' : own === id;
};
const isSharded = (one: KubeObject): boolean =>
  argsOf(one).some((arg) => arg === '--enable-sharding' || arg === '--enable-sharding=true');

const ownMaster = (namespace: string, id: string): string =>
  `the master in namespace ${namespace} is Flotilla's, and refuses shards that are not part of its fleet; ` +
  `add one with "vela addon enable vela-core-shard-manager", such as with shardNames={${id}}`;

const notSharded = ({ metadata }: KubeObject): string =>
  `Deployment ${metadata.name ?? ''} runs without --enable-sharding, so that it works on every Application; ` +
  'switch sharding on first, such as with "helm upgrade kubevela kubevela/vela-core --reuse-values --set sharding.enabled=true"';

const taken = ({ metadata }: KubeObject, id: string): string =>
  `shard ${id} has a controller already, Deployment ${metadata.name ?? ''}; choose another --shard-id`;

function warningsFor(master: KubeObject | undefined, id: string, namespace: string): readonly string[] {
  if (!master) {
    return [
      `no Deployment of a master was found in namespace ${namespace}; one that runs elsewhere needs --enable-sharding`,
    ];
  }
  const list =
    argsOf(master)
      .find((arg) => arg.startsWith('--schedulable-shards='))
      ?.split('=')[1] ?? '';
  if (list === '' || list.split(',').includes(id)) return [];
  return [
    `the master schedules to ${list} only, so that shard ${id} gets no new Applications; move them by their label`,
  ];
}

/** Refuses to remove a shard that has Applications: they would have no controller. */
export async function checkShardEmpty(client: KubeClient, id: string, signal: AbortSignal): Promise<void> {
  const labelSelector = `${labels.scheduledShardId}=${id}`;
  const { items } = await client.list(applicationResource, { labelSelector, metadataOnly: true, signal });
  if (items.length === 0) return;
  const names = items.slice(0, 3).map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name ?? ''}`);
  const more = items.length > names.length ? ` and ${items.length - names.length} more` : '';
  const hint =
    'move them first, such as with "vela up NAME -n NAMESPACE --shard-id master" of KubeVela\'s command line';
  throw new InstallError('ApplicationsExist', [`shard ${id} has Applications (${names.join(', ')}${more}); ${hint}`]);
}
