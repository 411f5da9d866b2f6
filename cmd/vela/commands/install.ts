import { dump } from 'js-yaml';
import type { Argv, CommandModule } from 'yargs';
import { TransportError } from '../../../pkg/apis/api-error.ts';
import { compatibleKubeVela } from '../../../pkg/apis/compatibility.ts';
import type { KubeClient } from '../../../pkg/apis/kube-client.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { ConnectionError } from '../../../pkg/client/connection-error.ts';
import { applyObject } from '../../../pkg/install/apply.ts';
import { diffObjects } from '../../../pkg/install/diff.ts';
import { InstallError } from '../../../pkg/install/install-error.ts';
import { installSystem } from '../../../pkg/install/install.ts';
import type { InstallOptions, InstallProgress } from '../../../pkg/install/install.ts';
import { assertNoOtherFleet } from '../../../pkg/install/inventory.ts';
import { checkMode } from '../../../pkg/install/mode.ts';
import { requireForeignKinds } from '../../../pkg/install/foreign-kinds.ts';
import { beginRelease, removeReleases } from '../../../pkg/install/record.ts';
import { fullname } from '../../../pkg/install/render.ts';
import { partByServed } from '../../../pkg/install/served.ts';
import { uninstallSystem } from '../../../pkg/install/uninstall.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags, Session } from '../connect.ts';
import { declared } from '../declared.ts';
import { messageOf } from '../failure.ts';
import { namespaceOf, resolveInstallation } from '../installation.ts';
import type { Installation, ValueFlags } from '../installation.ts';
import { printLine } from '../io.ts';
import type { Io } from '../io.ts';
import { parsePairs } from '../set-values.ts';
import { installShard, uninstallShard } from './install-shard.ts';
import type { ShardTarget } from './install-shard.ts';
import { ownVersion } from './version.ts';

interface SystemFlags extends ClusterFlags, Pick<ValueFlags, 'set' | 'values' | 'rights'> {
  readonly wait: boolean;
  readonly timeout: number;
  readonly shardOnly: boolean;
  readonly shardId: string | undefined;
}

interface InstallFlags extends SystemFlags, Pick<ValueFlags, 'resetValues' | 'webhookUrl'> {
  readonly dryRun: boolean;
  readonly diff: boolean;
  readonly force: boolean;
  readonly overwriteDefinitions: boolean;
}

interface UninstallFlags extends SystemFlags {
  readonly force: boolean;
}

const options = (argv: Argv): Argv<SystemFlags> =>
  declared(
    clusterOptions(argv)
      .option('set', { type: 'string', array: true, default: [], describe: 'Value of templates/values.yaml, as a.b=c' })
      .option('values', {
        alias: 'f',
        type: 'string',
        array: true,
        default: [],
        describe: 'File with values, as YAML; later ones win, and --set wins over them',
      })
      .option('rights', {
        type: 'string',
        describe: 'What Applications may deliver, and where: cluster, namespaces=a,b or admin; the value rights',
      })
      .option('shard-only', {
        type: 'boolean',
        default: false,
        describe: 'One shard under the master of a living KubeVela, of which nothing is changed; needs --shard-id',
      })
      .option('shard-id', { type: 'string', describe: 'Id of that shard' })
      .option('wait', { type: 'boolean', default: true, describe: 'Wait until the controllers run, or are gone' })
      .option('timeout', { type: 'number', default: 300, describe: 'Seconds to wait' }),
  );

/** `vela install`: bring the system into a cluster, or to other values. */
export function installCommand(io: Io): CommandModule<object, InstallFlags> {
  return {
    command: 'install',
    aliases: ['upgrade'],
    describe: 'Install the controllers, or change an installation: its values are kept, and given ones laid over them',
    builder: (argv: Argv) =>
      declared(
        options(argv)
          .option('dry-run', { type: 'boolean', default: false, describe: 'Print the manifests and change nothing' })
          .option('overwrite-definitions', {
            type: 'boolean',
            default: false,
            describe: 'Replace definitions that another installation or a person has made or changed',
          })
          .option('diff', { type: 'boolean', default: false, describe: 'Print what would change and change nothing' })
          .option('reset-values', { type: 'boolean', default: false, describe: 'Forget the kept values' })
          .option('force', {
            type: 'boolean',
            default: false,
            describe: 'Change the mode (sharding, leader election) although controllers work: they are stopped first',
          })
          .option('webhook-url', {
            type: 'string',
            describe: 'Register the webhooks by this URL (a controller outside the cluster)',
          }),
      ),
    handler: async (flags) => {
      if (flags.shardOnly) return installOneShard(io, flags);
      if (flags.dryRun) await printManifests(io, flags);
      else if (flags.diff) await withCluster(io, flags, (session) => printDiff(io, flags, session));
      else await withCluster(io, flags, (session) => install(io, flags, session));
    },
  };
}

async function install(io: Io, flags: InstallFlags, { client, server }: Session): Promise<void> {
  printLine(io, `Installing Flotilla ${ownVersion()} into ${server}`);
  const { values, objects } = await resolve(io, flags, client);
  await requireForeignKinds(client, objects);
  const place = { client, namespace: namespaceOf(flags), signal: io.signal };
  await assertNoOtherFleet(place);
  const timeoutMs = flags.timeout * 1000;
  await checkMode(place, objects, {
    clock: io.clock,
    deadline: io.clock.monotonic() + timeoutMs,
    fullname,
    isForced: flags.force,
    onProgress: (sentence) => {
      printLine(io, `  ${sentence}`);
    },
  });
  for (const object of objects.filter(({ kind }) => kind === 'Namespace')) await applyObject(client, object, io.signal);
  const versions = { version: ownVersion(), appVersion: compatibleKubeVela };
  const release = await beginRelease(place, { values, ...versions, objects, clock: io.clock });
  const settings = { ...settingsOf(io, flags, client), overwriteDefinitions: flags.overwriteDefinitions };
  try {
    const summary = await installSystem(client, objects, settings, io.signal);
    await release?.end('deployed', 'Install complete');
    printLine(
      io,
      `Installed: ${summary.created} created, ${summary.configured} configured, ${summary.unchanged} unchanged.`,
    );
    if (summary.kept > 0)
      printLine(
        io,
        `${summary.kept} definitions are not Flotilla's, or were changed, and stay as they are; --overwrite-definitions replaces them.`,
      );
  } catch (error) {
    await release?.end('failed', messageOf(error)).catch(() => undefined);
    throw error;
  }
}

async function resolve(io: Io, flags: InstallFlags, client: KubeClient | undefined): Promise<Installation> {
  const installation = await resolveInstallation(client, flags, io);
  const { dropped, keptRevision } = installation;
  if (keptRevision !== undefined)
    io.stderr.write(`Values of revision ${keptRevision} are kept (--reset-values drops them).\n`);
  if (dropped.length > 0) io.stderr.write(`Kept values without effect here: ${dropped.join(', ')}.\n`);
  return installation;
}

async function printDiff(io: Io, flags: InstallFlags, { client }: Session): Promise<void> {
  const { objects } = await resolve(io, flags, client);
  const { served } = await partByServed(client, objects);
  const diffs = await diffObjects(client, served, io.signal);
  if (diffs.length === 0) printLine(io, 'Nothing would change.');
  for (const { object, change, fields } of diffs) {
    const { name = '', namespace } = object.metadata;
    const place = namespace === undefined ? '' : ` in ${namespace}`;
    printLine(io, `${change === 'create' ? '+' : '~'} ${object.kind}/${name}${place}`);
    for (const { path, before, after } of fields) printLine(io, `    ${path}: ${textOf(before)} -> ${textOf(after)}`);
  }
}

const textOf = (value: unknown): string => (value === undefined ? '(absent)' : JSON.stringify(value));

/** With the values that are kept, where a cluster can be reached. */
async function printManifests(io: Io, flags: InstallFlags): Promise<void> {
  const print = ({ objects }: Installation): void => {
    io.stdout.write(objects.map((object) => `---\n${dump(object, { noRefs: true, lineWidth: 120 })}`).join(''));
  };
  try {
    print(await withCluster(io, flags, ({ client }) => resolve(io, flags, client)));
  } catch (error) {
    if (!(error instanceof TransportError) && !(error instanceof ConnectionError)) throw error;
    io.stderr.write('No cluster was reached: values that an installation keeps are not included.\n');
    print(await resolve(io, flags, undefined));
  }
}

/** `vela uninstall`: take the system out again. */
export function uninstallCommand(io: Io): CommandModule<object, UninstallFlags> {
  return {
    command: 'uninstall',
    describe: 'Remove the controllers, their definitions and CRDs',
    builder: (argv: Argv) =>
      options(argv).option('force', {
        type: 'boolean',
        default: false,
        describe: 'Although Applications exist: they stay, without a controller',
      }),
    handler: async (flags) => {
      if (flags.shardOnly) {
        await withCluster(io, flags, (session) =>
          uninstallShard(io, shardTarget(flags, session.client), {
            ...settingsOf(io, flags, session.client),
            force: flags.force,
          }),
        );
        return;
      }
      await withCluster(io, flags, async ({ client }) => {
        const given = { ...flags, resetValues: false, webhookUrl: undefined };
        const { objects } = await resolveInstallation(client, given, io);
        const settings = {
          clock: io.clock,
          wait: flags.wait,
          timeoutMs: flags.timeout * 1000,
          force: flags.force,
          onProgress: show(io),
        };
        const { shards, unattended } = await uninstallSystem(client, objects, settings, io.signal);
        await removeReleases({ client, namespace: namespaceOf(flags), signal: io.signal });
        printLine(io, 'Uninstalled.');
        for (const id of shards) printLine(io, `Shard ${id} was not installed with the fleet, and goes on.`);
        for (const [id, count] of unattended)
          printLine(
            io,
            `Shard ${id} has ended; ${count} Applications that are assigned to it wait for its next controller.`,
          );
      });
    },
  };
}

/** `vela install --shard-only` */
async function installOneShard(io: Io, flags: InstallFlags): Promise<void> {
  await withCluster(io, flags, (session) =>
    installShard(io, shardTarget(flags, session.client), {
      ...settingsOf(io, flags, session.client),
      dryRun: flags.dryRun,
    }),
  );
}

function shardTarget(flags: SystemFlags, client: Session['client']): ShardTarget {
  const { rights, set, shardId } = flags;
  const namespace = namespaceOf(flags);
  if (shardId === undefined) throw new InstallError('BadValues', ['--shard-only needs --shard-id=ID']);
  const values = parsePairs(set);
  return { client, id: shardId, namespace, values: rights === undefined ? values : { ...values, rights } };
}

const settingsOf = (io: Io, flags: SystemFlags, client: Session['client']): InstallOptions => ({
  readLastLine: (pod) => lastLine(io, client, pod),
  clock: io.clock,
  wait: flags.wait,
  timeoutMs: flags.timeout * 1000,
  onProgress: show(io),
});

/** What a container wrote last before it ended; undefined where the log cannot be read. */
async function lastLine(
  io: Io,
  client: Session['client'],
  { namespace, name, container }: { readonly namespace: string; readonly name: string; readonly container: string },
): Promise<string | undefined> {
  const query = new URLSearchParams({ container, previous: 'true', tailLines: '10' });
  let last: string | undefined;
  try {
    for await (const line of client.lines(
      `/api/v1/namespaces/${namespace}/pods/${name}/log?${query.toString()}`,
      io.signal,
    ))
      if (line.trim() !== '') last = line.trim();
  } catch {
    return undefined;
  }
  return last?.slice(0, 500);
}

function show(io: Io): (progress: InstallProgress) => void {
  return (progress) => {
    if ('waitingFor' in progress) printLine(io, `  waiting for ${progress.waitingFor}`);
    else if (progress.did === 'kept')
      printLine(io, `  ${progress.object.kind}/${progress.object.metadata.name ?? ''} kept: ${progress.because ?? ''}`);
    else if (progress.did !== 'unchanged' && !isPart(progress.object))
      printLine(io, `  ${progress.object.kind}/${progress.object.metadata.name ?? ''} ${progress.did}`);
  };
}

/** The many definitions and CRDs are counted, not listed. */
const isPart = ({ kind }: KubeObject): boolean => kind.endsWith('Definition');
