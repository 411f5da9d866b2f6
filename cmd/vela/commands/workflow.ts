import type { Argv, CommandModule } from 'yargs';
import type { Application } from '../../../pkg/apis/application.ts';
import { applicationResource } from '../../../pkg/apis/application.ts';
import { ignoreNotFound } from '../../../pkg/apis/api-error.ts';
import { workflowRunResource } from '../../../pkg/apis/workflow-run.ts';
import type { WorkflowRun } from '../../../pkg/apis/workflow-run.ts';
import type { WorkflowStatus } from '../../../pkg/apis/application-status.ts';
import { editWorkflow } from '../../../pkg/workflow/edit.ts';
import type { Operation } from '../../../pkg/workflow/operate.ts';
import { restartWorkflow, resumeWorkflow, suspendWorkflow, terminateWorkflow } from '../../../pkg/workflow/operate.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags, Session } from '../connect.ts';
import { declared } from '../declared.ts';
import { CliError, printLine, printTable } from '../io.ts';
import type { Io } from '../io.ts';
import { chosenWorkflow, workflowOptions } from '../workflow-choice.ts';
import type { WorkflowFlags } from '../workflow-choice.ts';
import { workflowLogsCommand } from './workflow-logs.ts';
import { rollbackCommand } from './workflow-rollback.ts';

interface VerbFlags extends WorkflowFlags {
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
    [listCommand(io), ...verbs.map((verb) => verbCommand(io, verb)), rollbackCommand(io), workflowLogsCommand(io)]
      .reduce((all, command) => all.command(command as CommandModule), argv)
      .demandCommand(1, 'which? See vela workflow --help');
  return {
    command: 'workflow',
    describe: 'Suspend, resume, end, restart and roll back workflows',
    builder,
    handler: () => undefined,
  };
}

function verbCommand(io: Io, { verb, describe, takesStep, operate }: Verb): CommandModule<object, VerbFlags> {
  return {
    command: `${verb} <name>`,
    describe,
    builder: (argv: Argv): Argv<VerbFlags> => {
      const named: Argv<VerbFlags> = workflowOptions(argv);
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
async function edit(session: Session, flags: VerbFlags, operate: Verb['operate']): Promise<boolean> {
  const { client, namespace } = session;
  const { name, step } = flags;
  const resource = await chosenWorkflow(session, flags);
  const edited = await editWorkflow(client, { name, namespace }, (workflow) => operate(workflow, step), resource);
  if (!edited.ok) throw new CliError(`${resource.kind.toLowerCase()} ${namespace}/${name}: ${edited.problem}`);
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
        const where = flags.allNamespaces ? {} : { namespace };
        const { items } = await client.list<Application>(applicationResource, where);
        // an older installation has no such kind
        const runs = await ignoreNotFound(client.list<WorkflowRun>(workflowRunResource, where));
        const found = [
          ...items.map(({ metadata, status }) => ({ metadata, type: 'Application', workflow: status?.workflow })),
          ...(runs?.items ?? []).map(({ metadata, status }) => ({ metadata, type: 'WorkflowRun', workflow: status })),
        ];
        const rows = found.map(({ metadata, type, workflow }) => [
          ...(flags.allNamespaces ? [metadata.namespace ?? ''] : []),
          metadata.name ?? '',
          type,
          workflow?.status ?? '-',
          workflow?.startTime ?? '-',
          workflow?.endTime ?? '-',
        ]);
        const heading = ['NAME', 'TYPE', 'PHASE', 'START-TIME', 'END-TIME'];
        printTable(io, [[...(flags.allNamespaces ? ['NAMESPACE'] : []), ...heading], ...rows]);
      }),
  };
}
