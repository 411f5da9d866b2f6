import type { Argv, CommandModule } from 'yargs';
import type { Io } from './io.ts';

type NewCommand = (io: Io) => CommandModule;

/** A command as help shows it; its code is loaded when it is called. */
interface Entry {
  readonly command: string;
  readonly aliases?: readonly string[];
  readonly describe: string;
  readonly load: () => Promise<NewCommand>;
}

/** All commands: the embedded cluster alone would take longer to load than most of the others take to run. */
export const entries: readonly Entry[] = [
  {
    command: 'up [name]',
    describe: 'Apply Applications and what they need, or move one to a shard',
    load: async () => (await import('./commands/up.ts')).upCommand as NewCommand,
  },
  {
    command: 'ls [ns]',
    aliases: ['list'],
    describe: 'List Applications with their components, shard, phase and health',
    load: async () => (await import('./commands/ls.ts')).lsCommand as NewCommand,
  },
  {
    command: 'status <name>',
    describe: 'Show how an Application is doing',
    load: async () => (await import('./commands/status.ts')).statusCommand as NewCommand,
  },
  {
    command: 'top',
    describe: 'Show how busy the shards are, and which Applications need attention',
    load: async () => (await import('./commands/top.ts')).topCommand as NewCommand,
  },
  {
    command: 'dry-run',
    describe: 'Print what Applications would deliver, without writing anything',
    load: async () => (await import('./commands/dry-run.ts')).dryRunCommand as NewCommand,
  },
  {
    command: 'live-diff',
    describe: 'Show what applying Applications would change in what they deliver',
    load: async () => (await import('./commands/live-diff.ts')).liveDiffCommand as NewCommand,
  },
  {
    command: 'logs <name>',
    describe: 'Print what the pods of an Application logged',
    load: async () => (await import('./commands/logs.ts')).logsCommand as NewCommand,
  },
  {
    command: 'delete [names..]',
    describe: 'Delete Applications and what they delivered',
    load: async () => (await import('./commands/delete.ts')).deleteCommand as NewCommand,
  },
  {
    command: 'install',
    aliases: ['upgrade'],
    describe: 'Install the controllers, or change an installation: its values are kept, and given ones laid over them',
    load: async () => (await import('./commands/install.ts')).installCommand as NewCommand,
  },
  {
    command: 'uninstall',
    describe: 'Remove the controllers, their definitions and CRDs',
    load: async () => (await import('./commands/install.ts')).uninstallCommand as NewCommand,
  },
  {
    command: 'workflow',
    describe: 'Suspend, resume, end, restart and roll back workflows',
    load: async () => (await import('./commands/workflow.ts')).workflowCommand,
  },
  {
    command: 'config',
    describe: 'Create, list, distribute and delete configs',
    load: async () => (await import('./commands/config.ts')).configCommand,
  },
  {
    command: 'ql [statement]',
    describe: 'Evaluate a view, such as "component-pod-view{appName=web,appNs=default}"',
    load: async () => (await import('./commands/ql.ts')).qlCommand as NewCommand,
  },
  {
    command: 'revision',
    describe: 'Show and compare revisions of Applications',
    load: async () => (await import('./commands/revision.ts')).revisionCommand,
  },
  {
    command: 'show <type>',
    describe: 'Show the parameters of a component type, trait, policy or workflow step',
    load: async () => (await import('./commands/show.ts')).showCommand as NewCommand,
  },
  {
    command: 'schema',
    describe: 'Print a JSON Schema of Applications with the parameters of every definition, for editors',
    load: async () => (await import('./commands/schema.ts')).schemaCommand as NewCommand,
  },
  {
    command: 'def',
    describe: 'Apply, check and show definitions',
    load: async () => (await import('./commands/def.ts')).defCommand,
  },
  {
    command: 'addon',
    describe: 'Enable, list and disable addons',
    load: async () => (await import('./commands/addon.ts')).addonCommand,
  },
  {
    command: 'shard',
    describe: 'Show and change the fleet',
    load: async () => (await import('./commands/shard.ts')).shardCommand,
  },
  {
    command: 'system',
    describe: 'Examine the installation',
    load: async () => (await import('./commands/system.ts')).systemCommand,
  },
  {
    command: 'dev',
    describe: 'Run an embedded Kubernetes cluster for development',
    load: async () => (await import('./commands/dev.ts')).devCommand,
  },
  {
    command: 'version',
    describe: 'Print the versions of this command, the cluster and the controllers',
    load: async () => (await import('./commands/version.ts')).versionCommand as NewCommand,
  },
  {
    command: 'completion [shell]',
    describe: 'Print a completion script for bash, zsh, fish or powershell',
    load: async () => (await import('./commands/completion.ts')).completionCommand as NewCommand,
  },
];

/** The command that an entry stands for. */
export function lazily(io: Io, { command, aliases = [], describe, load }: Entry): CommandModule {
  let loaded: Promise<CommandModule> | undefined;
  const real = (): Promise<CommandModule> => (loaded ??= load().then((create) => create(io)));
  return {
    command,
    aliases,
    describe,
    builder: async (argv: Argv) => {
      const { builder } = await real();
      return typeof builder === 'function' ? builder(argv) : argv;
    },
    handler: async (flags) => {
      await (await real()).handler(flags);
    },
  };
}
