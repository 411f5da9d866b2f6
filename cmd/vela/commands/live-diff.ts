import { createTwoFilesPatch } from 'diff';
import { dump } from 'js-yaml';
import type { Argv, CommandModule } from 'yargs';
import { ignoreNotFound } from '../../../pkg/apis/api-error.ts';
import type { Application } from '../../../pkg/apis/application.ts';
import { applicationResource } from '../../../pkg/apis/application.ts';
import type { ApplicationRevision } from '../../../pkg/apis/application-revision.ts';
import { applicationRevisionResource } from '../../../pkg/apis/application-revision.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { labels } from '../../../pkg/apis/names.ts';
import type { PreviewedComponent } from '../../../pkg/controllers/application/preview.ts';
import { previewApplication } from '../../../pkg/controllers/application/preview.ts';
import { expandedRevision } from '../../../pkg/revision/stored.ts';
import { withCluster } from '../connect.ts';
import type { ClusterFlags, Session } from '../connect.ts';
import { usageFailure } from '../failure.ts';
import { CliError, exitCodes, printLine } from '../io.ts';
import type { Io } from '../io.ts';
import { revisionBase } from '../preview.ts';
import { previewFiles, previewOptions } from './dry-run.ts';

interface Flags extends ClusterFlags {
  readonly file: readonly string[] | undefined;
  readonly definition: readonly string[] | undefined;
  readonly revision: string | undefined;
  readonly lines: number;
}

const options = (argv: Argv): Argv<Flags> =>
  previewOptions(argv)
    .option('revision', {
      alias: 'r',
      type: 'string',
      describe: 'Compare with this revision, such as web-v2 (default: the newest)',
    })
    .option('lines', {
      type: 'number',
      default: 3,
      describe: 'Equal lines around each change',
    });

/** `vela live-diff`: how what Applications in files would deliver differs from what they deliver now. */
export function liveDiffCommand(io: Io): CommandModule<object, Flags> {
  return {
    command: 'live-diff',
    describe: 'Show what applying Applications would change in what they deliver',
    builder: options,
    handler: async (flags) => {
      if (!flags.file || flags.file.includes('')) throw usageFailure('give the Applications: --file FILE');
      const previews = await previewFiles(io, { ...flags, offline: false }, flags.file);
      if (flags.revision !== undefined && previews.length > 1)
        throw usageFailure('--revision is for a file with one Application');
      await withCluster(io, flags, async (session) => {
        for (const { app, components } of previews) {
          const before = await delivered(session, app, { wanted: flags.revision, signal: io.signal });
          printDiff(io, app, { before: before.objects, after: objectsOf(components), from: before.name }, flags.lines);
        }
      });
    },
  };
}

const objectsOf = (components: readonly PreviewedComponent[]): readonly KubeObject[] =>
  components.flatMap(({ manifests }) => manifests.map(({ object }) => object));

interface Delivered {
  /** Of the revision; undefined when the Application does not exist yet. */
  readonly name: string | undefined;
  readonly objects: readonly KubeObject[];
}

/** What a revision of an Application delivers, rendered with the definitions that it holds. */
async function delivered(
  { client }: Session,
  app: Application,
  { wanted, signal }: { readonly wanted: string | undefined; readonly signal: AbortSignal },
): Promise<Delivered> {
  const { name = '', namespace } = app.metadata;
  const live = await ignoreNotFound(client.get<Application>(applicationResource, { name, namespace }));
  const revision = wanted ?? live?.status?.latestRevision?.name;
  if (revision === undefined) return { name: undefined, objects: [] };
  const stored = await ignoreNotFound(client.get<ApplicationRevision>(applicationRevisionResource, { name: revision, namespace })); // prettier-ignore
  if (!stored)
    throw new CliError(`application ${name} has no revision ${revision}`, {
      exitCode: exitCodes.notFound,
      hint: `vela revision list ${name} shows them`,
    });
  const { spec } = expandedRevision(stored);
  const before = { ...spec.application, metadata: { ...spec.application.metadata, name, namespace } } as Application;
  const rendered = await previewApplication(before, await revisionBase(client, before, spec, signal));
  if (rendered.ok) return { name: revision, objects: objectsOf(rendered.value) };
  throw new CliError(`revision ${revision} cannot be rendered: ${rendered.problems.join('; ')}`);
}

interface Comparison {
  readonly before: readonly KubeObject[];
  readonly after: readonly KubeObject[];
  readonly from: string | undefined;
}

function printDiff(io: Io, { metadata }: Application, { before, after, from }: Comparison, lines: number): void {
  const [old, changed] = [byKey(before), byKey(after)];
  const diffs = [...new Set([...old.keys(), ...changed.keys()])].sort().flatMap((key) => {
    const [left, right] = [textOf(old.get(key)), textOf(changed.get(key))];
    if (left === right) return [];
    const verb = left === '' ? 'added' : right === '' ? 'removed' : 'modified';
    const patch = createTwoFilesPatch(left === '' ? '/dev/null' : key, right === '' ? '/dev/null' : key, left, right, '', '', { context: lines }); // prettier-ignore
    return [{ heading: `* ${key} has been ${verb}`, patch: patch.replace(/^Index: .*\n=+\n/, '') }];
  });
  const compared = from === undefined ? 'is new' : `compared with revision ${from}`;
  const subject = `Application ${metadata.namespace ?? ''}/${metadata.name ?? ''} ${compared}`;
  printLine(io, diffs.length === 0 ? `${subject}: no change` : `${subject}:`);
  for (const { heading, patch } of diffs) printLine(io, `\n${heading}\n${patch.trimEnd()}`);
}

const byKey = (objects: readonly KubeObject[]): ReadonlyMap<string, KubeObject> =>
  new Map(
    objects.map((object) => [
      [object.apiVersion, object.kind, object.metadata.namespace, object.metadata.name].filter(Boolean).join('/'),
      object,
    ]),
  );

/** Labels that differ with each revision are no change. */
function textOf(object: KubeObject | undefined): string {
  if (!object) return '';
  const kept = Object.entries(object.metadata.labels ?? {}).filter(([key]) => !ofRevision.includes(key));
  return dump({ ...object, metadata: { ...object.metadata, labels: Object.fromEntries(kept) } }, { noRefs: true, sortKeys: true }); // prettier-ignore
}

const ofRevision: readonly string[] = [labels.appRevision, labels.appRevisionHash];
