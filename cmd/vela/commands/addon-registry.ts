import type { Argv, CommandModule } from 'yargs';
import { RegistryStore, gitSourceOf, registryTypes, typeOf, urlOf } from '../../../pkg/addon/registry.ts';
import type { Registry, RegistryType } from '../../../pkg/addon/registry.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags } from '../connect.ts';
import { usageFailure } from '../failure.ts';
import { printLine, printTable } from '../io.ts';
import type { Io } from '../io.ts';
import { outputOption, printValue } from '../output.ts';
import type { OutputFormat } from '../output.ts';

interface NameFlags extends ClusterFlags {
  readonly name: string;
}

interface RegistryFlags extends NameFlags {
  readonly type: RegistryType | undefined;
  readonly endpoint: string | undefined;
  readonly path: string | undefined;
  readonly gitToken: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly insecureSkipTLS: boolean;
}

interface OutputFlags {
  readonly output: OutputFormat;
}

const named = (argv: Argv): Argv<NameFlags> =>
  clusterOptions(argv).positional('name', { type: 'string', demandOption: true, describe: 'Name of the registry' });

const described = (argv: Argv): Argv<RegistryFlags> =>
  named(argv)
    .option('type', { choices: registryTypes, describe: 'Kind of registry (default: that of the endpoint)' })
    .option('endpoint', { type: 'string', describe: 'Address: https://, oci:// or that of a Git repository' })
    .option('path', { type: 'string', describe: 'Folder of the addons in a Git repository' })
    .option('gitToken', { type: 'string', describe: 'Token for a Git repository; kept in a Secret' })
    .option('username', { type: 'string', describe: 'User name for a Helm repository' })
    .option('password', { type: 'string', describe: 'Password for a Helm repository' })
    .option('insecureSkipTLS', { type: 'boolean', default: false, describe: 'Accept any certificate' });

/** `vela addon registry`: where addons come from. */
export function registryCommand(io: Io): CommandModule {
  const commands = [addCommand, updateCommand, listCommand, getCommand, deleteCommand];
  const builder = (argv: Argv): Argv =>
    commands
      .reduce((all, command) => all.command(command(io) as CommandModule), argv)
      .demandCommand(1, 'which? See vela addon registry --help');
  return {
    command: 'registry',
    describe: 'Show and change the registries of addons',
    builder,
    handler: () => undefined,
  };
}

function addCommand(io: Io): CommandModule<object, RegistryFlags> {
  return {
    command: 'add <name>',
    describe: 'Add a registry',
    builder: described,
    handler: async (flags) => {
      const registry = registryOf(flags);
      await withCluster(io, flags, ({ client }) => new RegistryStore(client, io.signal).put(registry));
      printLine(io, `Successfully add an addon registry ${flags.name}`);
    },
  };
}

function updateCommand(io: Io): CommandModule<object, RegistryFlags> {
  return {
    command: 'update <name>',
    describe: 'Replace a registry',
    builder: described,
    handler: async (flags) => {
      const registry = registryOf(flags);
      await withCluster(io, flags, async ({ client }) => {
        const store = new RegistryStore(client, io.signal);
        await store.get(flags.name);
        await store.put(registry);
      });
      printLine(io, `Successfully update registry ${flags.name}`);
    },
  };
}

function listCommand(io: Io): CommandModule<object, ClusterFlags & OutputFlags> {
  return {
    command: 'list',
    aliases: ['ls'],
    describe: 'List the registries',
    builder: (argv: Argv) => outputOption(clusterOptions(argv)),
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        const registries = (await new RegistryStore(client, io.signal).list()).map(withoutSecrets);
        if (printValue(io, flags.output, registries)) return;
        const rows = registries.map((registry) => [registry.name, typeOf(registry), urlOf(registry)]);
        printTable(io, [['NAME', 'TYPE', 'URL'], ...rows]);
      }),
  };
}

function getCommand(io: Io): CommandModule<object, NameFlags & OutputFlags> {
  return {
    command: 'get <name>',
    describe: 'Show a registry',
    builder: (argv: Argv) => outputOption(named(argv)),
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        const registry = withoutSecrets(await new RegistryStore(client, io.signal).get(flags.name));
        if (printValue(io, flags.output, registry)) return;
        const path = gitSourceOf(registry)?.path ?? '';
        printTable(io, [
          ['NAME', 'TYPE', 'URL', 'PATH'],
          [registry.name, typeOf(registry), urlOf(registry), path],
        ]);
      }),
  };
}

function deleteCommand(io: Io): CommandModule<object, NameFlags> {
  return {
    command: 'delete <name>',
    describe: 'Delete a registry; addons that are enabled stay',
    builder: named,
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        await new RegistryStore(client, io.signal).remove(flags.name);
        printLine(io, `Successfully delete registry ${flags.name}`);
      }),
  };
}

function registryOf(flags: RegistryFlags): Registry {
  const { name, endpoint: url = '', path, gitToken: token, username, password, insecureSkipTLS } = flags;
  if (url === '') throw usageFailure('--endpoint is missing: the address of the registry');
  const type = flags.type ?? (/\.git$|\/tree\//.test(url) ? 'git' : 'helm');
  if (type === 'oci' && !url.startsWith('oci://')) throw usageFailure('the endpoint of type oci begins with oci://');
  if (type === 'helm' || type === 'oci') {
    if (path !== undefined || token !== undefined) throw usageFailure('--path and --gitToken are for Git repositories');
    const access = { ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
    return { name, helm: { url, ...access, ...(insecureSkipTLS && { insecureSkipTLS }) } };
  }
  if (username !== undefined || password !== undefined)
    throw usageFailure('--username and --password are for Helm repositories; use --gitToken');
  return { name, [type]: { url, ...(path !== undefined && { path }), ...(token !== undefined && { token }) } };
}

function withoutSecrets(registry: Registry): Registry {
  const { helm } = registry;
  return helm?.password === undefined ? registry : { ...registry, helm: { ...helm, password: '***' } };
}
