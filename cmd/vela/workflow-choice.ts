import type { Argv } from 'yargs';
import { applicationResource } from '../../pkg/apis/application.ts';
import { workflowRunResource } from '../../pkg/apis/workflow-run.ts';
import type { Resource } from '../../machinery/src/meta.ts';
import { findWorkflow } from '../../pkg/workflow/edit.ts';
import { clusterOptions } from './connect.ts';
import type { ClusterFlags, Session } from './connect.ts';
import { CliError, exitCodes } from './io.ts';

export interface WorkflowFlags extends ClusterFlags {
  readonly name: string;
  readonly type?: 'app' | 'workflow' | undefined;
}

export const workflowOptions = (argv: Argv): Argv<WorkflowFlags> =>
  clusterOptions(argv)
    .positional('name', { type: 'string', demandOption: true, describe: 'An Application or a WorkflowRun' })
    .option('type', {
      alias: 't',
      choices: ['app', 'workflow'] as const,
      describe: 'An Application or a WorkflowRun (default: the one with that name)',
    });

/** The kind of the workflow that a command names. Throws where there is none of that name. */
export async function chosenWorkflow(
  { client, namespace }: Session,
  { name, type }: Pick<WorkflowFlags, 'name' | 'type'>,
): Promise<Resource> {
  if (type !== undefined) return type === 'app' ? applicationResource : workflowRunResource;
  const found = await findWorkflow(client, { name, namespace });
  if (found) return found;
  throw new CliError(`there is no Application and no WorkflowRun ${namespace}/${name}`, {
    exitCode: exitCodes.notFound,
    hint: 'vela workflow list -A shows those of all namespaces',
  });
}
