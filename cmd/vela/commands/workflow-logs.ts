import type { Argv, CommandModule } from 'yargs';
import { ignoreNotFound } from '../../../pkg/apis/api-error.ts';
import type { ApplicationStatus, WorkflowStatus, WorkflowSubStepStatus } from '../../../pkg/apis/application-status.ts';
import { applicationResource } from '../../../pkg/apis/application.ts';
import { sendExternal } from '../../../pkg/client/external-request.ts';
import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { workflowOfRun } from '../../../pkg/workflow/edit.ts';
import { logsOfStep } from '../../../pkg/workflow/logs.ts';
import type { LogConfig } from '../../../pkg/workflow/logs.ts';
import { withCluster } from '../connect.ts';
import type { Session } from '../connect.ts';
import { podResource } from '../fleet.ts';
import { CliError, exitCodes, printLine } from '../io.ts';
import type { Io } from '../io.ts';
import { chosenWorkflow, workflowOptions } from '../workflow-choice.ts';
import type { WorkflowFlags } from '../workflow-choice.ts';

interface Flags extends WorkflowFlags {
  readonly step?: string | undefined;
}

const configMaps: Resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const timeoutMs = 60_000;
const maxBytes = 64 * 1024 * 1024;

/** `vela workflow logs`: what a step logged, and the logs of what it names. */
export function workflowLogsCommand(io: Io): CommandModule<object, Flags> {
  return {
    command: 'logs <name>',
    describe: 'Print what the steps of a workflow logged',
    builder: (argv: Argv): Argv<Flags> =>
      workflowOptions(argv).option('step', { alias: 's', type: 'string', describe: 'Only this step' }),
    handler: (flags) =>
      withCluster(io, flags, async (session) => {
        const resource = await chosenWorkflow(session, flags);
        const object = await session.client.get<KubeObject>(resource, {
          name: flags.name,
          namespace: session.namespace,
        });
        const workflow =
          resource === applicationResource
            ? (object['status'] as ApplicationStatus | undefined)?.workflow
            : workflowOfRun(object);
        if (!workflow) throw new CliError(`the workflow of ${flags.name} has not begun`);
        await printLogs(io, session, workflow, flags);
      }),
  };
}

async function printLogs(io: Io, session: Session, workflow: WorkflowStatus, flags: Flags): Promise<void> {
  const all = (workflow.steps ?? []).flatMap((step): WorkflowSubStepStatus[] => [step, ...(step.subSteps ?? [])]);
  const steps = flags.step === undefined ? all : all.filter(({ name }) => name === flags.step);
  if (flags.step !== undefined && steps.length === 0)
    throw new CliError(`there is no step "${flags.step}"`, {
      exitCode: exitCodes.notFound,
      hint: `the steps are ${all.map(({ name }) => name ?? '').join(', ')}`,
    });
  const data = await contextOf(session, workflow);
  const found = steps.flatMap((step) => {
    const logs = logsOfStep(data, step);
    return logs ? [{ step, ...logs }] : [];
  });
  if (found.length === 0)
    throw new CliError(
      flags.step === undefined ? 'no step has logged anything' : `step "${flags.step}" has logged nothing`,
      {
        hint: 'a template logs values, and names pods or an address with logs, by util.#Log of the package vela/util',
      },
    );
  for (const { step, config, text } of found) {
    const begin = found.length > 1 ? `[${step.name ?? ''}] ` : '';
    for (const line of text === '' ? [] : text.split('\n')) printLine(io, begin + line);
    await printSource(io, session, config, begin);
  }
}

async function contextOf({ client, namespace }: Session, { contextBackend }: WorkflowStatus) {
  const { name = '' } = contextBackend ?? {};
  const stored =
    name === '' ? undefined : await ignoreNotFound(client.get<KubeObject>(configMaps, { name, namespace }));
  return (stored?.['data'] ?? {}) as Readonly<Record<string, string>>;
}

async function printSource(io: Io, session: Session, { source }: LogConfig, begin: string): Promise<void> {
  const { url = '', resources = [] } = source ?? {};
  if (url !== '') {
    const { body } = await sendExternal(url, { timeoutMs, maxBytes, signal: io.signal });
    for (const line of body.toString('utf8').trimEnd().split('\n')) printLine(io, begin + line);
  }
  for (const { name, namespace = session.namespace, labelSelector } of resources) {
    const selector = Object.entries(labelSelector ?? {}).map(([key, value]) => `${key}=${value}`);
    const where = { namespace, ...(selector.length > 0 && { labelSelector: selector.join(',') }) };
    const { items } = await session.client.list(podResource, where);
    const pods = items.filter(({ metadata }) => name === undefined || metadata.name === name);
    for (const { metadata } of pods) {
      const path = `/api/v1/namespaces/${namespace}/pods/${metadata.name ?? ''}/log`;
      for await (const line of session.client.lines(path, io.signal)) printLine(io, begin + line);
    }
  }
}
