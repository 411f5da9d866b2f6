import type { Argv, CommandModule } from 'yargs';
import { ignoreNotFound } from '../../../pkg/apis/api-error.ts';
import type { Json, JsonObject, KubeObject } from '../../../machinery/src/meta.ts';
import { systemNamespace } from '../../../pkg/apis/names.ts';
import { suggestion } from '../../../pkg/appfile/suggest.ts';
import { isMap } from '../../../machinery/src/patch/json.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags, Session } from '../connect.ts';
import { declared } from '../declared.ts';
import { DefinitionReader, definitionTypes } from '../definitions.ts';
import { CliError, exitCodes, printLine, printTable } from '../io.ts';
import type { Io } from '../io.ts';
import { outputOption, printValue } from '../output.ts';
import type { OutputFormat } from '../output.ts';

interface Flags extends ClusterFlags {
  readonly type: string;
  readonly output: OutputFormat;
}

/** `vela show`: the parameters of a definition. */
export function showCommand(io: Io): CommandModule<object, Flags> {
  return {
    command: 'show <type>',
    describe: 'Show the parameters of a component type, trait, policy or workflow step',
    builder: (argv: Argv) =>
      declared(
        outputOption(clusterOptions(argv)).positional('type', {
          type: 'string',
          demandOption: true,
          describe: 'Name of a definition',
        }),
      ),
    handler: (flags) =>
      withCluster(io, flags, async (session) => {
        const definition = await find(session, flags.type);
        const schema = await schemaOf(definition);
        if (printValue(io, flags.output, schema)) return;
        const description = definition.metadata.annotations?.['definition.oam.dev/description'];
        if (description) printLine(io, `${description}\n`);
        for (const { title, rows } of tablesOf(schema, 'Parameters')) {
          printLine(io, `# ${title}`);
          printTable(io, [['NAME', 'DESCRIPTION', 'TYPE', 'REQUIRED', 'DEFAULT'], ...rows]);
          printLine(io);
        }
      }),
  };
}

async function find({ client, namespace }: Session, name: string): Promise<KubeObject> {
  for (const resource of Object.values(definitionTypes))
    for (const place of new Set([namespace, systemNamespace])) {
      const found = await ignoreNotFound(client.get(resource, { name, namespace: place }));
      if (found) return found;
    }
  const lists = await Promise.all(
    Object.values(definitionTypes).map((resource) =>
      client.list(resource, { namespace: systemNamespace, metadataOnly: true }),
    ),
  );
  const known = lists.flatMap(({ items }) => items.map(({ metadata }) => metadata.name ?? ''));
  throw new CliError(`definition ${name} does not exist${suggestion(name, known)}`, {
    exitCode: exitCodes.notFound,
    hint: 'vela def list',
  });
}

async function schemaOf(definition: KubeObject): Promise<JsonObject> {
  const schema = await new DefinitionReader().schemaOf(definition);
  if (!schema.ok) throw new CliError(`${definition.metadata.name}: ${schema.problems.join('; ')}`);
  return schema.value;
}

interface Table {
  readonly title: string;
  readonly rows: readonly (readonly string[])[];
}

/** One table for the properties of a schema, and one for each structure in them. */
function tablesOf(schema: JsonObject, title: string): readonly Table[] {
  const properties = Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, JsonObject>>);
  const required = (schema['required'] ?? []) as readonly string[];
  const rows = properties.map(([name, property]) => [
    name,
    textOf(property['description']).replace(/\s+/g, ' '),
    typeOf(property),
    String(required.includes(name) && property['default'] === undefined),
    property['default'] === undefined ? '' : JSON.stringify(property['default']),
  ]);
  const inner = properties.flatMap(([name, property]) => {
    const below = structureOf(property);
    const path = title === 'Parameters' ? name : `${title}.${name}`;
    return below ? tablesOf(below, path) : [];
  });
  return rows.length > 0 ? [{ title, rows }, ...inner] : inner;
}

/** The structure that a property is, or that a list of it holds. */
function structureOf(property: JsonObject): JsonObject | undefined {
  if (isMap(property['properties'])) return property;
  const { items } = property;
  return isMap(items) ? structureOf(items) : undefined;
}

function typeOf({ type, items, additionalProperties }: JsonObject): string {
  if (type === 'array') return `[]${isMap(items) ? typeOf(items) : 'any'}`;
  if (isMap(additionalProperties)) return `map[string]${typeOf(additionalProperties)}`;
  return textOf(type) || 'any';
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
