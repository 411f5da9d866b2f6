import { join } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import type { JsonObject, KubeObject } from '../../../machinery/src/meta.ts';
import type { KubeClient } from '../../../pkg/apis/kube-client.ts';
import { systemNamespace } from '../../../pkg/apis/names.ts';
import { applicationSchema } from '../../../pkg/appfile/application-schema.ts';
import type { TypeSchema } from '../../../pkg/appfile/application-schema.ts';
import type { DefinitionKindName } from '../../../pkg/appfile/definition-lookup.ts';
import { packageRoot } from '../../../pkg/assets/root.ts';
import { loadTemplates } from '../../../pkg/install/templates.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags, Session } from '../connect.ts';
import { DefinitionReader, definitionTypes } from '../definitions.ts';
import { printLine } from '../io.ts';
import type { Io } from '../io.ts';

interface Flags extends ClusterFlags {
  readonly offline: boolean;
}

/** `vela schema`: a JSON Schema of Applications, for editors. */
export function schemaCommand(io: Io): CommandModule<object, Flags> {
  return {
    command: 'schema',
    describe: 'Print a JSON Schema of Applications with the parameters of every definition, for editors',
    builder: (argv: Argv) =>
      clusterOptions(argv).option('offline', {
        type: 'boolean',
        default: false,
        describe: 'Ask no cluster: use the definitions of this release',
      }),
    handler: async (flags) => {
      const definitions = flags.offline ? await ofThisRelease() : await withCluster(io, flags, ofCluster);
      printLine(io, JSON.stringify(applicationSchema(await typesOf(io, definitions)), null, 2));
    },
  };
}

const ofThisRelease = async (): Promise<readonly KubeObject[]> =>
  (await loadTemplates(join(packageRoot(), 'templates'))).definitions;

/** The definitions of the namespace and of the system; of two with one name that of the namespace counts. */
async function ofCluster({ client, namespace }: Session): Promise<readonly KubeObject[]> {
  const places = [...new Set([systemNamespace, namespace])];
  const lists = await Promise.all(places.map((place) => definitionsIn(client, place)));
  return [...new Map(lists.flat().map((one) => [`${one.kind}/${one.metadata.name ?? ''}`, one])).values()];
}

async function definitionsIn(client: KubeClient, namespace: string): Promise<readonly KubeObject[]> {
  const lists = await Promise.all(
    Object.values(definitionTypes).map(async (resource) => {
      const { items } = await client.list(resource, { namespace });
      return items.map((item) => ({ ...item, kind: resource.kind }));
    }),
  );
  return lists.flat();
}

/** A definition admits any parameters where they cannot be read; a warning names it. */
async function typesOf(io: Io, definitions: readonly KubeObject[]): Promise<readonly TypeSchema[]> {
  const reader = new DefinitionReader();
  return Promise.all(
    definitions.map(async (definition): Promise<TypeSchema> => {
      const name = definition.metadata.name ?? '';
      const schema = await reader.declaredParameters(definition);
      if (!schema.ok) io.stderr.write(`Warning: ${definition.kind} ${name}: ${schema.problems.join('; ')}\n`);
      const parameters: JsonObject = schema.ok ? schema.value : {};
      return { kind: definition.kind as DefinitionKindName, name, parameters };
    }),
  );
}
