import { join } from 'node:path';
import { dump } from 'js-yaml';
import type { Argv, CommandModule } from 'yargs';
import type { KubeClient } from '../../../pkg/apis/kube-client.ts';
import type { KubeObject } from '../../../pkg/apis/meta.ts';
import { systemNamespace } from '../../../pkg/apis/names.ts';
import { packageRoot } from '../../../pkg/assets/root.ts';
import { systemClock } from '../../../pkg/clock/system.ts';
import { InstallError } from '../../../pkg/install/install-error.ts';
import { installSystem } from '../../../pkg/install/install.ts';
import type { InstallOptions, InstallProgress } from '../../../pkg/install/install.ts';
import { renderSystem } from '../../../pkg/install/render.ts';
import { uninstallSystem } from '../../../pkg/install/uninstall.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags } from '../connect.ts';
import { printLine } from '../io.ts';
import type { Io } from '../io.ts';
import { parsePairs } from '../set-values.ts';
import { installShard, uninstallShard } from './install-shard.ts';
import type { ShardTarget } from './install-shard.ts';
import { ownVersion } from './version.ts';

interface InstallFlags extends ClusterFlags {
  readonly set: readonly string[];
  readonly rights: string | undefined;
  readonly dryRun: boolean;
  readonly wait: boolean;
  readonly timeout: number;
  readonly webhookUrl: string | undefined;
  readonly force: boolean;
  readonly overwriteDefinitions: boolean;
  readonly shardOnly: boolean;
  readonly shardId: string | undefined;
}

const options = (argv: Argv): Argv<InstallFlags> =>
  clusterOptions(argv)
    .option('set', { type: 'string', array: true, default: [], describe: 'Value of templates/values.yaml, as a.b=c' })
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
    .option('timeout', { type: 'number', default: 300, describe: 'Seconds to wait' }) as unknown as Argv<InstallFlags>;

/** `vela install`: bring the system into a cluster, or to other values. */
export function installCommand(io: Io): CommandModule<object, InstallFlags> {
  return {
    command: 'install',
    describe: 'Install the controllers, or change an installation',
    builder: (argv: Argv) =>
      options(argv)
        .option('dry-run', { type: 'boolean', default: false, describe: 'Print the manifests and change nothing' })
        .option('overwrite-definitions', {
          type: 'boolean',
          default: false,
          describe: 'Replace definitions that another installation or a person has made or changed',
        })
        .option('webhook-url', {
          type: 'string',
          describe: 'Register the webhooks by this URL (a controller outside the cluster)',
        }),
    handler: async (flags) => {
      if (flags.shardOnly) return installOneShard(io, flags);
      const objects = await render(flags);
      if (flags.dryRun) {
        io.stdout.write(objects.map((object) => `---\n${dump(object, { noRefs: true, lineWidth: 120 })}`).join(''));
        return;
      }
      await withCluster(io, flags, async ({ client, server }) => {
        printLine(io, `Installing Flotilla ${ownVersion()} into ${server}`);
        const settings = {
          clock: systemClock,
          wait: flags.wait,
          timeoutMs: flags.timeout * 1000,
          overwriteDefinitions: flags.overwriteDefinitions,
          onProgress: show(io),
        };
        const summary = await installSystem(client, objects, settings, io.signal);
        printLine(
          io,
          `Installed: ${summary.created} created, ${summary.configured} configured, ${summary.unchanged} unchanged.`,
        );
        if (summary.kept > 0)
          printLine(
            io,
            `${summary.kept} definitions are not Flotilla's, or were changed, and stay as they are; --overwrite-definitions replaces them.`,
          );
      });
    },
  };
}

/** `vela uninstall`: take the system out again. */
export function uninstallCommand(io: Io): CommandModule<object, InstallFlags> {
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
          uninstallShard(io, shardTarget(flags, session.client), { ...settingsOf(io, flags), force: flags.force }),
        );
        return;
      }
      const objects = await render(flags);
      await withCluster(io, flags, async ({ client }) => {
        const settings = {
          clock: systemClock,
          wait: flags.wait,
          timeoutMs: flags.timeout * 1000,
          force: flags.force,
          onProgress: show(io),
        };
        await uninstallSystem(client, objects, settings, io.signal);
        printLine(io, 'Uninstalled.');
      });
    },
  };
}

/** `vela install --shard-only` */
async function installOneShard(io: Io, flags: InstallFlags): Promise<void> {
  await withCluster(io, flags, (session) =>
    installShard(io, shardTarget(flags, session.client), { ...settingsOf(io, flags), dryRun: flags.dryRun }),
  );
}

function shardTarget(flags: InstallFlags, client: KubeClient): ShardTarget {
  const { namespace = systemNamespace, rights, set, shardId } = flags;
  if (shardId === undefined) throw new InstallError('BadValues', ['--shard-only needs --shard-id=ID']);
  const values = parsePairs(set);
  return { client, id: shardId, namespace, values: rights === undefined ? values : { ...values, rights } };
}

const settingsOf = (io: Io, flags: InstallFlags): InstallOptions => ({
  clock: systemClock,
  wait: flags.wait,
  timeoutMs: flags.timeout * 1000,
  onProgress: show(io),
});

function render(flags: InstallFlags): Promise<KubeObject[]> {
  const { namespace, webhookUrl, rights } = flags;
  const values = parsePairs(flags.set);
  return renderSystem(rights === undefined ? values : { ...values, rights }, {
    templatesDir: join(packageRoot(), 'templates'),
    version: ownVersion(),
    namespace,
    webhookUrl,
  });
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
