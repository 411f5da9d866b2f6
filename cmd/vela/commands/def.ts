import { mkdir, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { dump } from 'js-yaml';
import type { Argv, CommandModule } from 'yargs';
import { isNotFound } from '../../../pkg/apis/api-error.ts';
import type { Schematic } from '../../../pkg/apis/definition.ts';
import type { KubeClient } from '../../../pkg/apis/kube-client.ts';
import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { systemNamespace } from '../../../pkg/apis/names.ts';
import { applyObject } from '../apply.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags } from '../connect.ts';
import { declared } from '../declared.ts';
import { DefinitionReader, definitionTypes } from '../definitions.ts';
import type { FoundDefinition } from '../definitions.ts';
import { CliError, exitCodes, printLine, printTable } from '../io.ts';
import type { Io } from '../io.ts';

interface SourceFlags {
  readonly source: string;
}

interface ApplyFlags extends ClusterFlags, SourceFlags {
  readonly dryRun: boolean;
}

interface VetFlags {
  readonly sources: readonly string[];
}

interface RenderFlags extends SourceFlags {
  readonly output: string | undefined;
}

interface TypeFlags extends ClusterFlags {
  readonly type: string | undefined;
}

interface NameFlags extends TypeFlags {
  readonly name: string;
}

const inYaml = (objects: readonly KubeObject[]): string =>
  objects.map((object) => dump(object, { noRefs: true, lineWidth: 120 })).join('---\n');

const source = <T>(argv: Argv<T>): Argv<T & SourceFlags> =>
  argv.positional('source', {
    type: 'string',
    demandOption: true,
    describe: 'A file of CUE or YAML, a folder of them, an address, or - for standard input',
  });

const typed = (argv: Argv): Argv<TypeFlags> =>
  clusterOptions(argv).option('type', {
    alias: 't',
    choices: Object.keys(definitionTypes),
    describe: 'Only this kind',
  });

/** `vela def`: definitions of components, traits, policies and workflow steps. */
export function defCommand(io: Io): CommandModule {
  const commands = [applyCommand, vetCommand, renderCommand, listCommand, getCommand, deleteCommand];
  const builder = (argv: Argv): Argv =>
    commands
      .reduce((all, command) => all.command(command(io) as CommandModule), argv)
      .demandCommand(1, 'which? See vela def --help');
  return { command: 'def', describe: 'Apply, check and show definitions', builder, handler: () => undefined };
}

function applyCommand(io: Io): CommandModule<object, ApplyFlags> {
  return {
    command: 'apply <source>',
    describe: 'Apply definitions',
    builder: (argv: Argv) =>
      declared(
        source(clusterOptions(argv)).option('dry-run', {
          type: 'boolean',
          default: false,
          describe: 'Print what would be applied',
        }),
      ),
    handler: async (flags) => {
      const found = await readAll(io, [flags.source]);
      const namespace = flags.namespace ?? systemNamespace;
      const objects = found.map(({ definition }) => ({
        ...definition,
        metadata: { ...definition.metadata, namespace: flags.namespace ?? definition.metadata.namespace ?? namespace },
      }));
      if (flags.dryRun) {
        io.stdout.write(inYaml(objects));
        return;
      }
      await withCluster(io, flags, async ({ client }) => {
        for (const object of objects) {
          const { change } = await applyObject(client, object, namespace);
          const what = `${object.kind} ${object.metadata.name ?? ''}`;
          const where = object.metadata.namespace;
          if (change === 'created') printLine(io, `${what} created in namespace ${where}.`);
          else printLine(io, `${what} in namespace ${where} ${change === 'configured' ? 'updated' : 'unchanged'}.`);
        }
      });
    },
  };
}

function vetCommand(io: Io): CommandModule<object, VetFlags> {
  return {
    command: 'vet <sources..>',
    describe: 'Check that definitions compile',
    builder: (argv: Argv) =>
      argv.positional('sources', { type: 'string', array: true, demandOption: true, describe: 'Files or folders' }),
    handler: async ({ sources }) => {
      for (const { file } of await readAll(io, sources)) printLine(io, `Validation ${file} succeed.`);
    },
  };
}

function renderCommand(io: Io): CommandModule<object, RenderFlags> {
  return {
    command: 'render <source>',
    describe: 'Turn definitions in CUE into the objects that are applied',
    builder: (argv: Argv) =>
      declared(
        source(argv).option('output', {
          alias: 'o',
          type: 'string',
          describe: 'Folder for one file of YAML for each; standard output when absent',
        }),
      ),
    handler: async (flags) => {
      const found = await readAll(io, [flags.source]);
      const folder = flags.output;
      if (folder === undefined) {
        io.stdout.write(inYaml(found.map(({ definition }) => definition)));
        return;
      }
      await mkdir(folder, { recursive: true });
      for (const { file, definition } of found) {
        const target = join(folder, `${basename(file, extname(file))}.yaml`);
        await writeFile(target, inYaml([definition]));
        printLine(io, target);
      }
    },
  };
}

function listCommand(io: Io): CommandModule<object, TypeFlags> {
  return {
    command: 'list',
    aliases: ['ls'],
    describe: 'List definitions',
    builder: (argv: Argv) => typed(argv),
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        const found = await findAll(client, flags);
        if (found.length === 0) {
          printLine(io, 'No definition found.');
          return;
        }
        const rows = found.map(({ type, object: { metadata } }) => [
          metadata.name ?? '',
          type,
          metadata.namespace ?? '',
          metadata.annotations?.['definition.oam.dev/description'] ?? '',
        ]);
        printTable(io, [['NAME', 'TYPE', 'NAMESPACE', 'DESCRIPTION'], ...rows]);
      }),
  };
}

function getCommand(io: Io): CommandModule<object, NameFlags> {
  return {
    command: 'get <name>',
    describe: 'Print the template of a definition',
    builder: (argv: Argv) =>
      declared(
        typed(argv).positional('name', {
          type: 'string',
          demandOption: true,
          describe: 'Name of a definition',
        }),
      ),
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        const { object } = await findOne(client, flags);
        const { schematic } = (object['spec'] ?? {}) as { schematic?: Schematic };
        io.stdout.write(schematic?.cue?.template ?? inYaml([withoutFields(object)]));
      }),
  };
}

function deleteCommand(io: Io): CommandModule<object, NameFlags> {
  return {
    command: 'del <name>',
    describe: 'Delete a definition; what was delivered with it stays',
    builder: (argv: Argv) =>
      declared(
        typed(argv).positional('name', {
          type: 'string',
          demandOption: true,
          describe: 'Name of a definition',
        }),
      ),
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        const { object, resource } = await findOne(client, flags);
        const { name = '', namespace } = object.metadata;
        await client.delete(resource, { name, namespace }, { signal: io.signal });
        printLine(io, `${object.kind} ${name} in namespace ${namespace ?? ''} deleted.`);
      }),
  };
}

/** Reads and checks; reports every problem of every file at once. */
async function readAll(io: Io, sources: readonly string[]): Promise<readonly FoundDefinition[]> {
  const reader = new DefinitionReader();
  // yargs takes a dash for an empty text
  const found = (await Promise.all(sources.map((one) => reader.read(one || '-', io)))).flat();
  const problems = await Promise.all(
    found.map(async ({ file, definition }) =>
      (await reader.problemsOf(definition)).map((problem) => `${file}: ${problem}`),
    ),
  );
  if (problems.flat().length > 0) throw new CliError(problems.flat().join('\n'));
  return found;
}

interface Found {
  readonly type: string;
  readonly resource: Resource;
  readonly object: KubeObject;
}

async function findAll(client: KubeClient, { type, namespace }: TypeFlags): Promise<readonly Found[]> {
  const chosen = Object.entries(definitionTypes).filter(([name]) => type === undefined || name === type);
  const lists = await Promise.all(
    chosen.map(async ([name, resource]) => {
      const { items } = await client.list(resource, { namespace: namespace ?? systemNamespace });
      return items.map((object): Found => ({ type: name, resource, object }));
    }),
  );
  return lists.flat().sort((a, b) => ((a.object.metadata.name ?? '') < (b.object.metadata.name ?? '') ? -1 : 1));
}

async function findOne(client: KubeClient, flags: NameFlags): Promise<Found> {
  const target = { name: flags.name, namespace: flags.namespace ?? systemNamespace };
  const chosen = Object.entries(definitionTypes).filter(([name]) => flags.type === undefined || name === flags.type);
  const found = await Promise.all(
    chosen.map(async ([type, resource]): Promise<readonly Found[]> => {
      try {
        return [{ type, resource, object: await client.get(resource, target) }];
      } catch (error) {
        if (isNotFound(error)) return [];
        throw error;
      }
    }),
  );
  const [first, ...others] = found.flat();
  if (!first)
    throw new CliError(`there is no definition "${flags.name}" in namespace ${target.namespace}`, {
      exitCode: exitCodes.notFound,
    });
  if (others.length > 0)
    throw new CliError(
      `"${flags.name}" is ${found
        .flat()
        .map(({ type }) => type)
        .join(' and ')}; choose with --type`,
    );
  return first;
}

/** Without what the API server adds. */
function withoutFields({ apiVersion, kind, metadata, spec }: KubeObject): KubeObject {
  const { name, namespace, labels, annotations } = metadata;
  const kept = Object.entries({ name, namespace, labels, annotations }).filter(([, value]) => value !== undefined);
  return { apiVersion, kind, metadata: Object.fromEntries(kept), spec };
}
