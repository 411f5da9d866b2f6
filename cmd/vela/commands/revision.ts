import { createTwoFilesPatch } from 'diff';
import { dump } from 'js-yaml';
import type { Argv, CommandModule } from 'yargs';
import { applicationRevisionResource } from '../../../pkg/apis/application-revision.ts';
import type { ApplicationRevision } from '../../../pkg/apis/application-revision.ts';
import { annotations, labels } from '../../../pkg/apis/names.ts';
import { expandedRevision } from '../../../pkg/revision/stored.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags, Session } from '../connect.ts';
import { declared } from '../declared.ts';
import { CliError, exitCodes, printLine, printTable } from '../io.ts';
import type { Io } from '../io.ts';
import { outputOption, printValue } from '../output.ts';
import type { OutputFormat } from '../output.ts';

interface NameFlags extends ClusterFlags {
  readonly name: string;
}

interface ListFlags extends NameFlags {
  readonly output: OutputFormat;
}

interface GetFlags extends ListFlags {
  readonly definition: string | undefined;
}

interface DiffFlags extends NameFlags {
  readonly other: string | undefined;
}

/** `vela revision`: what Applications were before. */
export function revisionCommand(io: Io): CommandModule {
  const builder = (argv: Argv): Argv =>
    [listCommand, getCommand, diffCommand]
      .reduce((all, command) => all.command(command(io) as CommandModule), argv)
      .demandCommand(1, 'which? See vela revision --help');
  return {
    command: 'revision',
    describe: 'Show and compare revisions of Applications',
    builder,
    handler: () => undefined,
  };
}

function listCommand(io: Io): CommandModule<object, ListFlags> {
  return {
    command: 'list <name>',
    aliases: ['ls'],
    describe: 'List the revisions of an Application, the newest last',
    builder: (argv: Argv) =>
      declared(
        outputOption(clusterOptions(argv)).positional('name', {
          type: 'string',
          demandOption: true,
          describe: 'An Application',
        }),
      ),
    handler: (flags) =>
      withCluster(io, flags, async (session) => {
        const revisions = await listOf(session, flags.name);
        if (printValue(io, flags.output, revisions)) return;
        printTable(io, [heading, ...revisions.map(rowOf)]);
      }),
  };
}

function getCommand(io: Io): CommandModule<object, GetFlags> {
  return {
    command: 'get <name>',
    describe: 'Show a revision, or a definition in it',
    builder: (argv: Argv) =>
      declared(
        outputOption(clusterOptions(argv))
          .positional('name', { type: 'string', demandOption: true, describe: 'A revision, such as web-v2' })
          .option('definition', {
            alias: 'd',
            type: 'string',
            describe: 'Print a definition as it was: component/NAME, trait/NAME, policy/NAME or workflow-step/NAME',
          }),
      ),
    handler: (flags) =>
      withCluster(io, flags, async (session) => {
        const revision = await read(session, flags.name);
        if (flags.definition !== undefined) io.stdout.write(inYaml(definitionIn(revision, flags.definition)));
        else if (!printValue(io, flags.output, revision)) printTable(io, [heading, rowOf(revision)]);
      }),
  };
}

function diffCommand(io: Io): CommandModule<object, DiffFlags> {
  return {
    command: 'diff <name> [other]',
    describe: 'Compare the Application of a revision with that of another, or of the one before',
    builder: (argv: Argv) =>
      declared(
        clusterOptions(argv)
          .positional('name', { type: 'string', demandOption: true, describe: 'A revision, such as web-v2' })
          .positional('other', { type: 'string', describe: 'The earlier revision (default: the one before)' }),
      ),
    handler: (flags) =>
      withCluster(io, flags, async (session) => {
        const [, app = '', number = ''] = /^(.+)-v(\d+)$/.exec(flags.name) ?? [];
        const before = flags.other ?? `${app}-v${Number(number) - 1}`;
        const [earlier, later] = [await read(session, before), await read(session, flags.name)];
        const [left, right] = [textOf(earlier), textOf(later)];
        if (left === right) printLine(io, `The Applications of ${before} and ${flags.name} are equal.`);
        else io.stdout.write(createTwoFilesPatch(before, flags.name, left, right).replace(/^=+\n/, ''));
      }),
  };
}

const heading = ['NAME', 'PUBLISH_VERSION', 'SUCCEEDED', 'HASH', 'BEGIN_TIME', 'STATUS', 'SIZE'];

function rowOf(revision: ApplicationRevision): string[] {
  const { metadata, status } = revision;
  const workflow = status?.workflow;
  const state = !workflow ? 'NotStart' : status.succeeded ? 'Succeeded' : workflow.finished ? 'Failed' : 'Executing';
  return [
    metadata.name ?? '',
    metadata.annotations?.[annotations.publishVersion] ?? '',
    String(status?.succeeded ?? false),
    (metadata.labels?.['app.oam.dev/app-revision-hash'] ?? '').slice(0, 8),
    workflow?.startTime ?? metadata.creationTimestamp ?? '',
    state,
    sizeOf(revision),
  ];
}

function sizeOf(revision: ApplicationRevision): string {
  const bytes = Buffer.byteLength(JSON.stringify(revision));
  return bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`;
}

async function listOf({ client, namespace }: Session, app: string): Promise<readonly ApplicationRevision[]> {
  const labelSelector = `${labels.appName}=${app}`;
  const { items } = await client.list<ApplicationRevision>(applicationRevisionResource, { namespace, labelSelector });
  if (items.length === 0)
    throw new CliError(`application ${namespace}/${app} has no revision`, { exitCode: exitCodes.notFound });
  const number = ({ metadata }: ApplicationRevision): number => Number(/-v(\d+)$/.exec(metadata.name ?? '')?.[1] ?? 0);
  return items.toSorted((a, b) => number(a) - number(b));
}

async function read({ client, namespace }: Session, name: string): Promise<ApplicationRevision> {
  return expandedRevision(await client.get<ApplicationRevision>(applicationRevisionResource, { name, namespace }));
}

const inYaml = (value: unknown): string => dump(value, { noRefs: true, lineWidth: 120 });

function textOf({ spec }: ApplicationRevision): string {
  const { metadata, spec: own } = spec.application;
  return inYaml({ labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {}, spec: own });
}

const fields = {
  component: 'componentDefinitions',
  trait: 'traitDefinitions',
  policy: 'policyDefinitions',
  'workflow-step': 'workflowStepDefinitions',
} as const;

function definitionIn({ metadata, spec }: ApplicationRevision, wanted: string): unknown {
  const [kind = '', name = ''] = wanted.split('/');
  const field = Object.entries(fields).find(([word]) => word === kind)?.[1];
  const found = field && spec[field]?.[name];
  if (found) return found;
  const known = Object.entries(fields).flatMap(([word, key]) =>
    Object.keys(spec[key] ?? {}).map((one) => `${word}/${one}`),
  );
  throw new CliError(`revision ${metadata.name} holds no definition ${wanted}`, {
    exitCode: exitCodes.notFound,
    hint: `it holds ${known.join(', ') || 'none'}`,
  });
}
