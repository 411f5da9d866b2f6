import type { Argv, CommandModule } from 'yargs';
import { ignoreNotFound } from '../../../pkg/apis/api-error.ts';
import { applicationResource } from '../../../pkg/apis/application.ts';
import { systemNamespace } from '../../../pkg/apis/names.ts';
import type { JsonObject, KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { renderConfig } from '../../../pkg/controllers/application/workflow/actions/config-template.ts';
import type { RenderedConfig } from '../../../pkg/controllers/application/workflow/actions/config-template.ts';
import {
  catalog,
  configSecret,
  isConfig,
  typeLabel,
} from '../../../pkg/controllers/application/workflow/actions/config-secret.ts';
import { CueEngine } from '../../../pkg/render/cue/cue-engine.ts';
import { CueExpressions } from '../../../pkg/render/cue/cue-expressions.ts';
import { HandlebarsEngine } from '../../../pkg/render/handlebars-engine.ts';
import { dumpYaml, loadYamlDocuments } from '../../../pkg/render/yaml.ts';
import { distributionOf } from '../config-distribution.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags, Session } from '../connect.ts';
import { declared } from '../declared.ts';
import { usageFailure } from '../failure.ts';
import { CliError, exitCodes, printLine, printTable } from '../io.ts';
import type { Io } from '../io.ts';
import { readSources } from '../manifests.ts';

const secrets: Resource = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };
const fieldManager = 'vela';

interface NamedFlags extends ClusterFlags {
  readonly name: string;
}

interface ListFlags extends ClusterFlags {
  readonly template: string | undefined;
  readonly allNamespaces: boolean;
}

interface CreateFlags extends NamedFlags {
  readonly properties: readonly string[];
  readonly template: string | undefined;
  readonly file: string | undefined;
  readonly alias: string | undefined;
  readonly description: string | undefined;
  readonly dryRun: boolean;
}

interface DistributeFlags extends NamedFlags {
  readonly target: readonly string[];
  readonly recall: boolean;
}

/** `vela config`: Secrets that config templates make of properties. */
export function configCommand(io: Io): CommandModule {
  const commands = [listCommand(io), createCommand(io), deleteCommand(io), distributeCommand(io)];
  return {
    command: 'config',
    describe: 'Create, list, distribute and delete configs',
    builder: (argv: Argv): Argv =>
      commands
        .reduce((all, command) => all.command(command as CommandModule), argv)
        .demandCommand(1, 'which? See vela config --help'),
    handler: () => undefined,
  };
}

/** Configs are in the namespace of the system where none is given. */
const placed = (flags: ClusterFlags): ClusterFlags => ({ ...flags, namespace: flags.namespace ?? systemNamespace });

const named = (argv: Argv) =>
  clusterOptions(argv).positional('name', { type: 'string', demandOption: true, describe: 'The config' });

function listCommand(io: Io): CommandModule<object, ListFlags> {
  return {
    command: 'list',
    aliases: ['ls'],
    describe: 'List configs',
    builder: (argv: Argv) =>
      declared(
        clusterOptions(argv)
          .option('template', { alias: 't', type: 'string', describe: 'Only of this template' })
          .option('all-namespaces', { alias: 'A', type: 'boolean', default: false, describe: 'Of all namespaces' }),
      ),
    handler: (flags) =>
      withCluster(io, placed(flags), async ({ client, namespace }) => {
        const type = flags.template === undefined ? {} : { [typeLabel]: flags.template };
        const selector = Object.entries({ ...catalog, ...type }).map(([key, value]) => `${key}=${value}`);
        const where = flags.allNamespaces ? {} : { namespace };
        const { items } = await client.list<KubeObject>(secrets, { ...where, labelSelector: selector.join(',') });
        const rows = items.map(
          ({ metadata: { name = '', namespace: own = '', labels: of = {}, annotations = {} } }) => [
            ...(flags.allNamespaces ? [own] : []),
            name,
            annotations['config.oam.dev/alias'] ?? '',
            of[typeLabel] ?? '',
            annotations['config.oam.dev/description'] ?? '',
          ],
        );
        const heading = ['NAME', 'ALIAS', 'TEMPLATE', 'DESCRIPTION'];
        printTable(io, [[...(flags.allNamespaces ? ['NAMESPACE'] : []), ...heading], ...rows]);
      }),
  };
}

function createCommand(io: Io): CommandModule<object, CreateFlags> {
  return {
    command: 'create <name> [properties..]',
    describe: 'Create a config, or change one',
    builder: (argv: Argv) =>
      declared(
        named(argv)
          .positional('properties', { type: 'string', array: true, default: [], describe: 'Properties: key=value' })
          .option('template', { alias: 't', type: 'string', describe: 'Config template: name or namespace/name' })
          .option('file', { alias: 'f', type: 'string', describe: 'Properties as YAML; - for standard input' })
          .option('alias', { type: 'string', describe: 'Name for user interfaces' })
          .option('description', { type: 'string', describe: 'What the config is for' })
          .option('dry-run', { type: 'boolean', default: false, describe: 'Print what would be written' }),
      ),
    handler: (flags) =>
      withCluster(io, placed(flags), async (session) => {
        const objects = await objectsOf(io, session, flags);
        if (flags.dryRun) {
          for (const object of objects) printLine(io, `---\n${dumpYaml(object)}`.trimEnd());
          return;
        }
        const { client, namespace } = session;
        const before = await ignoreNotFound(client.get<KubeObject>(secrets, { name: flags.name, namespace }));
        if (before && !isConfig(before))
          throw new CliError(`Secret ${namespace}/${flags.name} is no config; choose another name`);
        for (const object of objects) {
          const resource = await client.resourceFor(object.apiVersion, object.kind);
          await client.apply(resource, object, { fieldManager, force: true });
        }
        printLine(io, `config ${namespace}/${flags.name} ${before ? 'changed' : 'created'}`);
      }),
  };
}

/** The Secret of a config, and what its template makes beside it. */
async function objectsOf(io: Io, session: Session, flags: CreateFlags): Promise<readonly KubeObject[]> {
  const { namespace } = session;
  const { name, template, alias = '', description = '' } = flags;
  const properties = await propertiesOf(io, flags);
  const made = template === undefined ? undefined : await rendered(io, session, { name, template, properties });
  const secret = configSecret({ name, namespace }, properties, made, { alias, description });
  const others = (made?.objects ?? []).map((object) => ({
    ...object,
    metadata: { namespace, ...object.metadata },
  }));
  return [secret, ...others];
}

async function rendered(
  io: Io,
  { client, namespace }: Session,
  { name, template, properties }: { readonly name: string; readonly template: string; readonly properties: JsonObject },
): Promise<RenderedConfig> {
  const engines = { handlebars: new HandlebarsEngine(), cue: new CueEngine(), expressions: new CueExpressions() };
  const made = await renderConfig(template, { name, namespace, properties }, { client, engines, signal: io.signal });
  if (made.ok) return made.value;
  throw new CliError(made.problems.join('; '));
}

async function propertiesOf(io: Io, { file, properties }: CreateFlags): Promise<JsonObject> {
  const [source] = file === undefined ? [] : await readSources(file, ['.yaml', '.yml', '.json'], io);
  const [document] = source ? loadYamlDocuments(source.content) : [];
  const entries = properties.map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw usageFailure(`"${pair}" is no property; write key=value`);
    const [value] = loadYamlDocuments(pair.slice(at + 1));
    return [pair.slice(0, at), value ?? ''] as const;
  });
  return { ...(document as JsonObject | undefined), ...(Object.fromEntries(entries) as JsonObject) };
}

function deleteCommand(io: Io): CommandModule<object, NamedFlags> {
  return {
    command: 'delete <name>',
    describe: 'Delete a config, and where it was distributed to',
    builder: (argv: Argv) => declared(named(argv)),
    handler: (flags) =>
      withCluster(io, placed(flags), async (session) => {
        const { client, namespace } = session;
        const target = { name: flags.name, namespace };
        await existing(session, flags.name);
        await ignoreNotFound(client.delete(applicationResource, { ...target, name: distributionName(flags.name) }, {}));
        await client.delete(secrets, target, {});
        printLine(io, `config ${namespace}/${flags.name} deleted`);
      }),
  };
}

function distributeCommand(io: Io): CommandModule<object, DistributeFlags> {
  return {
    command: 'distribute <name>',
    describe: 'Copy a config to other namespaces, by an Application',
    builder: (argv: Argv) =>
      declared(
        named(argv)
          .option('target', { alias: 't', type: 'string', array: true, default: [], describe: 'local/NAMESPACE' })
          .option('recall', { alias: 'r', type: 'boolean', default: false, describe: 'Remove all copies' }),
      ),
    handler: (flags) =>
      withCluster(io, placed(flags), async (session) => {
        const { client, namespace } = session;
        const target = { name: distributionName(flags.name), namespace };
        if (flags.recall) {
          await client.delete(applicationResource, target, {});
          printLine(io, `config ${namespace}/${flags.name} recalled`);
          return;
        }
        await existing(session, flags.name);
        const application = distributionOf(
          { ...target, config: flags.name, version: `config-${io.clock.now()}` },
          flags.target,
        );
        if (typeof application === 'string') throw usageFailure(application);
        await client.apply(applicationResource, application, { fieldManager, force: true });
        printLine(io, `config ${namespace}/${flags.name} is distributed by Application ${target.name}`);
      }),
  };
}

const distributionName = (config: string): string => `distribute-${config}`;

async function existing({ client, namespace }: Session, name: string): Promise<void> {
  const secret = await ignoreNotFound(client.get<KubeObject>(secrets, { name, namespace }));
  if (secret && isConfig(secret)) return;
  throw new CliError(`there is no config ${namespace}/${name}`, {
    exitCode: exitCodes.notFound,
    hint: 'vela config list -A shows those of all namespaces',
  });
}
