import type { Argv, CommandModule } from 'yargs';
import type { Application } from '../../../pkg/apis/application.ts';
import { applicationResource } from '../../../pkg/apis/application.ts';
import type { WorkflowStatus } from '../../../pkg/apis/application-status.ts';
import { editWorkflow } from '../../../pkg/workflow/edit.ts';
import type { Operation } from '../../../pkg/workflow/operate.ts';
import { restartWorkflow, resumeWorkflow, suspendWorkflow, terminateWorkflow } from '../../../pkg/workflow/operate.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags, Session } from '../connect.ts';
import { declared } from '../declared.ts';
import { CliError, printLine, printTable } from '../io.ts';
import type { Io } from '../io.ts';
import { rollbackCommand } from './workflow-rollback.ts';

interface VerbFlags extends ClusterFlags {
  readonly name: string;
  readonly step?: string | undefined;
}

interface ListFlags extends ClusterFlags {
  readonly allNamespaces: boolean;
}

interface Verb {
  readonly verb: string;
  readonly describe: string;
  readonly takesStep: boolean;
  readonly operate: (workflow: WorkflowStatus | undefined, step?: string) => Operation;
}

const verbs: readonly Verb[] = [
  { verb: 'suspend', describe: 'Begin no further step', takesStep: true, operate: suspendWorkflow },
  { verb: 'resume', describe: 'Let a suspended workflow go on', takesStep: true, operate: resumeWorkflow },
  { verb: 'terminate', describe: 'End a workflow; what runs has failed', takesStep: false, operate: terminateWorkflow },
  { verb: 'restart', describe: 'Begin a workflow anew', takesStep: false, operate: restartWorkflow },
];

/** `vela workflow`: what people do to the workflows of Applications. */
export function workflowCommand(io: Io): CommandModule {
  const builder = (argv: Argv): Argv =>
    [listCommand(io), ...verbs.map((verb) => verbCommand(io, verb)), rollbackCommand(io)]
      .reduce((all, command) => all.command(command as CommandModule), argv)
      .demandCommand(1, 'which? See vela workflow --help');
  return {
    command: 'workflow',
    describe: 'Suspend, resume, end, restart and roll back workflows',
    builder,
    handler: () => undefined,
  };
}

const nameOption = (argv: Argv): Argv<VerbFlags> =>
  clusterOptions(argv).positional('name', { type: 'string', demandOption: true, describe: 'An Application' });

function verbCommand(io: Io, { verb, describe, takesStep, operate }: Verb): CommandModule<object, VerbFlags> {
  return {
    command: `${verb} <name>`,
    describe,
    builder: (argv: Argv): Argv<VerbFlags> => {
      const named = nameOption(argv);
      return takesStep ? named.option('step', { alias: 's', type: 'string', describe: 'Only this step' }) : named;
    },
    handler: (flags) =>
      withCluster(io, flags, async (session) => {
        const isChanged = await edit(session, flags, operate);
        const from = flags.step === undefined ? '' : ` from step ${flags.step}`;
        if (isChanged) printLine(io, `Successfully ${verb} workflow: ${flags.name}${from}`);
        else printLine(io, `workflow ${flags.name} is not suspended.`);
      }),
  };
}

/** Edits the status as it is now. */
async function edit({ client, namespace }: Session, flags: VerbFlags, operate: Verb['operate']): Promise<boolean> {
  const edited = await editWorkflow(client, { name: flags.name, namespace }, (workflow) =>
    operate(workflow, flags.step),
  );
  if (!edited.ok) throw new CliError(`application ${namespace}/${flags.name}: ${edited.problem}`);
  return edited.isChanged;
}

function listCommand(io: Io): CommandModule<object, ListFlags> {
  return {
    command: 'list',
    aliases: ['ls'],
    describe: 'List workflows and what they have come to',
    builder: (argv: Argv) =>
      declared(
        clusterOptions(argv).option('all-namespaces', {
          alias: 'A',
          type: 'boolean',
          default: false,
          describe: 'Of all namespaces',
        }),
      ),
    handler: (flags) =>
      withCluster(io, flags, async ({ client, namespace }) => {
        const { items } = await client.list<Application>(applicationResource, flags.allNamespaces ? {} : { namespace });
        const rows = items.map(({ metadata, status }) => [
          ...(flags.allNamespaces ? [metadata.namespace ?? ''] : []),
          metadata.name ?? '',
          'Application',
          status?.workflow?.status ?? '-',
          status?.workflow?.startTime ?? '-',
          status?.workflow?.endTime ?? '-',
        ]);
        const heading = ['NAME', 'TYPE', 'PHASE', 'START-TIME', 'END-TIME'];
        printTable(io, [[...(flags.allNamespaces ? ['NAMESPACE'] : []), ...heading], ...rows]);
      }),
  };
}
