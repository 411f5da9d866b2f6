import type { Argv, CommandModule } from 'yargs';
import { isConflict } from '../../../pkg/apis/api-error.ts';
import { applicationResource } from '../../../pkg/apis/application.ts';
import type { Application } from '../../../pkg/apis/application.ts';
import { applicationRevisionResource } from '../../../pkg/apis/application-revision.ts';
import type { ApplicationRevision } from '../../../pkg/apis/application-revision.ts';
import { annotations, labels } from '../../../pkg/apis/names.ts';
import { expandedRevision } from '../../../pkg/revision/stored.ts';
import { revisionNumber } from '../../../pkg/revision/content.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags, Session } from '../connect.ts';
import { declared } from '../declared.ts';
import { CliError, exitCodes, printLine } from '../io.ts';
import type { Io } from '../io.ts';

interface Flags extends ClusterFlags {
  readonly name: string;
  readonly revision: string | undefined;
}

/** `vela workflow rollback`: an Application becomes what it was in an earlier revision that succeeded. */
export function rollbackCommand(io: Io): CommandModule<object, Flags> {
  return {
    command: 'rollback <name>',
    describe: 'Bring an Application back to a revision that succeeded',
    builder: (argv: Argv) =>
      declared(
        clusterOptions(argv)
          .positional('name', { type: 'string', demandOption: true, describe: 'An Application' })
          .option('revision', {
            alias: 'r',
            type: 'string',
            describe: 'To this revision, such as web-v2 (default: the newest that succeeded before the present one)',
          }),
      ),
    handler: (flags) =>
      withCluster(io, flags, async (session) => {
        const revision = await rollback(session, flags);
        printLine(io, `Successfully rollback workflow: ${flags.name} is what it was in revision ${revision}`);
      }),
  };
}

/** Returns the name of the revision. */
async function rollback({ client, namespace }: Session, flags: Flags): Promise<string> {
  const target = { name: flags.name, namespace };
  const labelSelector = `${labels.appName}=${flags.name}`;
  for (let attempt = 1; ; attempt++) {
    const app = await client.get<Application>(applicationResource, target);
    const { items } = await client.list<ApplicationRevision>(applicationRevisionResource, { namespace, labelSelector });
    const revision = expandedRevision(chosenRevision(app, items, flags.revision));
    try {
      await client.update(applicationResource, asIn(app, revision), { fieldManager: 'vela' });
      return revision.metadata.name ?? '';
    } catch (error) {
      if (!isConflict(error) || attempt >= 10) throw error;
    }
  }
}

/** The Application with the spec and the publish version of a revision. */
function asIn(app: Application, { metadata, spec }: ApplicationRevision): Application {
  const publishVersion = metadata.annotations?.[annotations.publishVersion];
  const { [annotations.publishVersion]: _, ...others } = app.metadata.annotations ?? {};
  const notes = { ...others, ...(publishVersion !== undefined && { [annotations.publishVersion]: publishVersion }) };
  return { ...app, metadata: { ...app.metadata, annotations: notes }, spec: spec.application.spec };
}

/** Throws CliError where the workflow still runs, or no revision can be chosen. */
export function chosenRevision(
  { metadata: { name = '' }, status }: Application,
  revisions: readonly ApplicationRevision[],
  wanted: string | undefined,
): ApplicationRevision {
  const { workflow } = status ?? {};
  if (workflow && !workflow.finished && !workflow.terminated && !workflow.suspend)
    throw new CliError(`application ${name}: its workflow is running`, {
      hint: `end it first: vela workflow terminate ${name}`,
    });
  const present = status?.latestRevision?.name ?? '';
  const sorted = revisions.toSorted((a, b) => numberOf(b) - numberOf(a));
  const isChoice = (revision: ApplicationRevision): boolean =>
    wanted === undefined
      ? revision.metadata.name !== present && revision.status?.succeeded === true
      : revision.metadata.name === wanted;
  const found = sorted.find(isChoice);
  if (found) return found;
  const missing = wanted === undefined ? 'no earlier revision that succeeded' : `no revision ${wanted}`;
  throw new CliError(`application ${name} has ${missing}`, {
    exitCode: exitCodes.notFound,
    hint: `vela revision list ${name} shows them`,
  });
}

const numberOf = ({ metadata }: ApplicationRevision): number => revisionNumber(metadata.name ?? '');
