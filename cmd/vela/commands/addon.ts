import { dump } from 'js-yaml';
import type { Argv, CommandModule } from 'yargs';
import type { Addon } from '../../../pkg/addon/addon.ts';
import { mergedArguments } from '../../../pkg/addon/arguments.ts';
import { disableAddon } from '../../../pkg/addon/disable.ts';
import { enableAddon, previewAddon } from '../../../pkg/addon/enable.ts';
import type { AddonProgress } from '../../../pkg/addon/enable.ts';
import type { ListedAddon } from '../../../pkg/addon/status.ts';
import { addonStatus, listAddons } from '../../../pkg/addon/status.ts';
import type { KubeClient } from '../../../pkg/apis/kube-client.ts';
import { suggestion } from '../../../pkg/appfile/suggest.ts';
import { enableDependencies, withFinder } from '../addons.ts';
import type { AddonFinder } from '../addons.ts';
import { confirm } from '../confirm.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags } from '../connect.ts';
import { declared } from '../declared.ts';
import { CliError, exitCodes, printLine, printTable } from '../io.ts';
import type { Io } from '../io.ts';
import { outputOption, printValue } from '../output.ts';
import type { OutputFormat } from '../output.ts';
import { progressOf } from '../progress.ts';
import { parsePairs } from '../set-values.ts';
import { packageCommands } from './addon-package.ts';
import { registryCommand } from './addon-registry.ts';
import { ownVersion } from './version.ts';

interface NameFlags {
  readonly name: string;
}

interface WaitFlags extends ClusterFlags {
  readonly wait: boolean;
  readonly timeout: number;
  readonly yes: boolean;
}

interface EnableFlags extends WaitFlags, NameFlags {
  readonly args: readonly string[];
  readonly dryRun: boolean;
  readonly version: string | undefined;
  readonly overrideDefinitions: boolean;
  readonly skipVersionValidating: boolean;
  readonly resetValues: boolean;
}

interface DisableFlags extends WaitFlags, NameFlags {
  readonly force: boolean;
}

interface StatusFlags extends ClusterFlags, NameFlags {
  readonly output: OutputFormat;
}

interface ListFlags extends ClusterFlags {
  readonly registry: string | undefined;
  readonly output: OutputFormat;
}

const waiting = <T>(argv: Argv<T>): Argv<T & WaitFlags> =>
  clusterOptions(argv)
    .option('wait', { type: 'boolean', default: true, describe: 'Wait until it is done' })
    .option('yes', { alias: 'y', type: 'boolean', default: false, describe: 'Consent to the removal of shards' })
    .option('timeout', { type: 'number', default: 600, describe: 'Seconds to wait' });

const named = (argv: Argv): Argv<NameFlags> =>
  argv.positional('name', { type: 'string', demandOption: true, describe: 'Name of an addon' });

/** `vela addon`: packages of Applications and definitions. */
export function addonCommand(io: Io): CommandModule {
  const commands = [enableCommand, disableCommand, statusCommand, listCommand, registryCommand, ...packageCommands];
  const builder = (argv: Argv): Argv =>
    commands
      .reduce((all, command) => all.command(command(io) as CommandModule), argv)
      .demandCommand(1, 'which? See vela addon --help');
  return { command: 'addon', describe: 'Enable, list and disable addons', builder, handler: () => undefined };
}

const enableOptions = (argv: Argv): Argv<EnableFlags> =>
  declared(
    waiting(argv)
      .positional('name', {
        type: 'string',
        demandOption: true,
        describe: 'NAME, REGISTRY/NAME or the path of a folder',
      })
      .positional('args', { type: 'string', array: true, default: [], describe: 'Arguments as key=value' })
      .option('version', { alias: 'v', type: 'string', describe: 'Version (default: the newest of the registry)' })
      .option('dry-run', { type: 'boolean', default: false, describe: 'Print what would be applied' })
      .option('reset-values', {
        type: 'boolean',
        default: false,
        describe: 'Forget the arguments of earlier times; otherwise they stay where no new ones replace them',
      })
      .option('override-definitions', {
        type: 'boolean',
        default: false,
        describe: 'Replace definitions of the same name that belong to something else',
      })
      .option('skip-version-validating', {
        alias: 's',
        type: 'boolean',
        default: false,
        describe: 'Do not check the versions that the addon requires',
      }),
  );

function enableCommand(io: Io): CommandModule<object, EnableFlags> {
  return {
    command: 'enable <name> [args..]',
    aliases: ['upgrade'],
    describe: 'Enable an addon, or bring it to other arguments (key=value)',
    builder: enableOptions,
    handler: async (flags) => {
      const given = parsePairs(flags.args);
      await withAddon(io, flags, async (client, addon, finder) => {
        const { name } = addon.metadata;
        const { args, kept } = flags.resetValues
          ? { args: given, kept: [] }
          : await mergedArguments(client, name, given, io.signal);
        if (flags.dryRun) {
          const objects = await previewAddon(client, addon, args, { signal: io.signal });
          io.stdout.write(objects.map((object) => `---\n${dump(object, { noRefs: true, lineWidth: 120 })}`).join(''));
          return;
        }
        if (kept.length > 0)
          printLine(io, `  kept: ${kept.map((key) => `${key}=${JSON.stringify(args[key])}`).join(' ')}`);
        const options = {
          confirmRemovals: (plan: readonly string[]) => confirm(io, flags.yes, plan),
          clock: io.clock,
          ownVersion: ownVersion(),
          wait: flags.wait,
          timeoutMs: flags.timeout * 1000,
          skipVersionCheck: flags.skipVersionValidating,
          overrideDefinitions: flags.overrideDefinitions,
          onProgress: show(io),
          signal: io.signal,
        };
        await enableDependencies(addon, client, finder, { ...options, wait: true });
        await enableAddon(client, addon, args, options);
        printLine(io, `Addon ${addon.metadata.name} enabled successfully.`);
      });
    },
  };
}

/** Finds the addon that the flags name. */
const withAddon = (
  io: Io,
  flags: EnableFlags,
  work: (client: KubeClient, addon: Addon, finder: AddonFinder) => Promise<void>,
): Promise<void> =>
  withCluster(io, flags, ({ client }) =>
    withFinder(io, client, async (finder) => work(client, await finder.find(flags.name, flags.version), finder)),
  );

function disableCommand(io: Io): CommandModule<object, DisableFlags> {
  return {
    command: 'disable <name>',
    describe: 'Disable an addon and remove its objects',
    builder: (argv: Argv) =>
      waiting(named(argv)).option('force', {
        alias: 'f',
        type: 'boolean',
        default: false,
        describe: 'Although Applications use its definitions',
      }),
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        const { wait, force } = flags;
        await disableAddon(client, flags.name, {
          clock: io.clock,
          wait,
          force,
          timeoutMs: flags.timeout * 1000,
          onProgress: show(io),
          confirmRemovals: (plan) => confirm(io, flags.yes, plan),
          signal: io.signal,
        });
        printLine(io, `Successfully disable addon:${flags.name}`);
      }),
  };
}

function statusCommand(io: Io): CommandModule<object, StatusFlags> {
  return {
    command: 'status <name>',
    describe: 'Show the state of an addon',
    builder: (argv: Argv) => outputOption(clusterOptions(named(argv))),
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        const status = await addonStatus(client, flags.name, io.signal);
        if (!status.application) await assertKnown(io, client, flags.name);
        if (printValue(io, flags.output, status)) return;
        printLine(io, `${status.name}: ${status.phase}`);
        if (status.version) printLine(io, `  version: ${status.version}`);
        for (const [key, value] of Object.entries(status.args)) printLine(io, `  ${key}: ${JSON.stringify(value)}`);
        if (status.application && status.phase !== 'enabled') printLine(io, `  ${progressOf(status.application)}`);
      }),
  };
}

/** Throws when no addon has the name, so that a typing error does not pass for a disabled addon. */
async function assertKnown(io: Io, client: KubeClient, name: string): Promise<void> {
  const available = await withFinder(io, client, (finder) => finder.available());
  const names = available.map((addon) => addon.name);
  if (names.includes(name)) return;
  throw new CliError(`addon ${name} is not enabled and in no registry${suggestion(name, names)}`, {
    exitCode: exitCodes.notFound,
    hint: 'vela addon list',
  });
}

function listCommand(io: Io): CommandModule<object, ListFlags> {
  return {
    command: 'list',
    aliases: ['ls'],
    describe: 'List the addons',
    builder: (argv: Argv) =>
      declared(
        outputOption(clusterOptions(argv)).option('registry', {
          alias: 'r',
          type: 'string',
          describe: 'Only those of one registry, and the enabled ones',
        }),
      ),
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        const available = await withFinder(io, client, (finder) => finder.available(flags.registry));
        const addons = await listAddons(client, available, io.signal);
        if (printValue(io, flags.output, addons)) return;
        const rows = addons.map((a) => [
          a.name,
          a.registry,
          a.description.slice(0, 60),
          versionsOf(a),
          a.phase === 'disabled' ? '-' : a.phase,
        ]);
        printTable(io, [['NAME', 'REGISTRY', 'DESCRIPTION', 'AVAILABLE-VERSIONS', 'STATUS'], ...rows]);
      }),
  };
}

/** The enabled version in brackets, then up to two others. */
function versionsOf({ enabledVersion, versions }: ListedAddon): string {
  const others = versions.filter((version) => version !== enabledVersion);
  return [...(enabledVersion === undefined ? [] : [`[${enabledVersion}]`]), ...others].slice(0, 3).join(', ');
}

function show(io: Io): (progress: AddonProgress) => void {
  let shown = '';
  return (progress) => {
    const line = textOf(progress);
    if (line !== shown) printLine(io, `  ${line}`);
    shown = line;
  };
}

function textOf(progress: AddonProgress): string {
  if ('notice' in progress) return progress.notice;
  if ('waitingFor' in progress) return progressOf(progress.waitingFor);
  return `${progress.object.kind}/${progress.object.metadata.name ?? ''} ${progress.did}`;
}
