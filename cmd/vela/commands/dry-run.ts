import { dump } from 'js-yaml';
import type { Argv, CommandModule } from 'yargs';
import type { Application } from '../../../pkg/apis/application.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { PreviewedComponent } from '../../../pkg/controllers/application/preview.ts';
import { previewApplication } from '../../../pkg/controllers/application/preview.ts';
import { auxiliaryWorkload } from '../../../pkg/render/component.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags } from '../connect.ts';
import { DefinitionReader } from '../definitions.ts';
import { usageFailure } from '../failure.ts';
import { CliError, printLine } from '../io.ts';
import type { Io } from '../io.ts';
import { loadManifests } from '../manifests.ts';
import { outputOption, printValue } from '../output.ts';
import type { OutputFormat } from '../output.ts';
import { clusterBase, clusterDetails, offlineBase } from '../preview.ts';

interface Flags extends ClusterFlags {
  readonly file: readonly string[] | undefined;
  readonly definition: readonly string[] | undefined;
  readonly offline: boolean;
  readonly output: OutputFormat;
}

/** The flags that say which Applications are previewed, and with which definitions. */
export const previewOptions = (argv: Argv): Argv<ClusterFlags & Pick<Flags, 'file' | 'definition'>> =>
  clusterOptions(argv)
    .option('file', {
      alias: 'f',
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'File, folder or address of Applications; - for standard input',
    })
    .option('definition', {
      alias: 'd',
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'File or folder of definitions that take precedence over those of the cluster',
    });

const options = (argv: Argv): Argv<Flags> =>
  outputOption(previewOptions(argv)).option('offline', {
    type: 'boolean',
    default: false,
    describe: 'Ask no cluster: use the definitions of this release',
  });

/** An Application with what it would deliver. */
interface Previewed {
  readonly app: Application;
  readonly components: readonly PreviewedComponent[];
}

/** `vela dry-run`: the resources that Applications would deliver. */
export function dryRunCommand(io: Io): CommandModule<object, Flags> {
  return {
    command: 'dry-run',
    describe: 'Print what Applications would deliver, without writing anything',
    builder: options,
    handler: async (flags) => {
      if (!flags.file || flags.file.includes('')) throw usageFailure('give the Applications: --file FILE');
      const previews = await previewFiles(io, flags, flags.file);
      const objects = previews.flatMap(({ components }) => components.flatMap(objectsOf));
      if (printValue(io, flags.output, objects)) return;
      for (const preview of previews) print(io, preview);
    },
  };
}

const objectsOf = ({ manifests }: PreviewedComponent): readonly KubeObject[] => manifests.map(({ object }) => object);

/** Renders the Applications in files. Throws CliError with the problems of the first one that cannot be rendered. */
export async function previewFiles(
  io: Io,
  flags: ClusterFlags & Pick<Flags, 'definition' | 'offline'>,
  files: readonly string[],
): Promise<readonly Previewed[]> {
  const onWarning = (warning: string): void => void io.stderr.write(`Warning: ${warning}\n`);
  const objects = (await Promise.all(files.map((file) => loadManifests(file, io, onWarning)))).flat();
  const apps = objects.filter((object): object is Application => object.kind === 'Application');
  if (apps.length === 0) throw new CliError(`${files.join(', ')} holds no Application`);
  const definitions = await definitionsIn(io, flags.definition ?? []);
  if (flags.offline) {
    const base = await offlineBase(definitions);
    const placed = apps.map((app) => inNamespace(app, flags.namespace ?? 'default'));
    return inTurn(placed, async (app) => preview(app, { ...base, revisionNumber: 1 }));
  }
  return withCluster(io, flags, async ({ client, namespace }) => {
    const placed = apps.map((app) => inNamespace(app, namespace));
    const base = await clusterBase(client, placed.map(({ metadata }) => metadata.namespace ?? namespace), definitions); // prettier-ignore
    return inTurn(placed, async (app) => preview(app, { ...base, ...(await clusterDetails(client, app, io.signal)) }));
  });
}

async function definitionsIn(io: Io, sources: readonly string[]): Promise<readonly KubeObject[]> {
  const reader = new DefinitionReader();
  const read = await Promise.all(sources.map((source) => reader.read(source, io)));
  return read.flat().map(({ definition }) => definition);
}

const inNamespace = (app: Application, namespace: string): Application => ({
  ...app,
  metadata: { ...app.metadata, namespace: app.metadata.namespace ?? namespace },
});

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

async function preview(app: Application, source: Parameters<typeof previewApplication>[1]): Promise<Previewed> {
  const rendered = await previewApplication(app, source);
  if (rendered.ok) return { app, components: rendered.value };
  throw new CliError(`application ${app.metadata.name ?? ''}: ${rendered.problems.join('; ')}`);
}

function print(io: Io, { app, components }: Previewed): void {
  const own = app.metadata.namespace ?? '';
  for (const { component, namespace, manifests } of components) {
    const place = namespace === own ? '' : ` in namespace ${namespace}`;
    printLine(io, `---\n# Application(${app.metadata.name ?? ''}) -- Component(${component})${place}\n---\n`);
    for (const { object, trait } of manifests) {
      if (trait === auxiliaryWorkload) printLine(io, '## From the auxiliary workload');
      else if (trait !== '') printLine(io, `## From the trait ${trait}`);
      printLine(io, `${dump(object, { noRefs: true, lineWidth: 120 })}\n---`);
    }
  }
}
