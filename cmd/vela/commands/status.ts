import type { Argv, CommandModule } from 'yargs';
import { applicationResource } from '../../../pkg/apis/application.ts';
import type { Application } from '../../../pkg/apis/application.ts';
import { labels } from '../../../pkg/apis/names.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags } from '../connect.ts';
import { fleetProblems } from '../fleet-problems.ts';
import { printLine } from '../io.ts';
import type { Io } from '../io.ts';
import { outputOption, printValue } from '../output.ts';
import type { OutputFormat } from '../output.ts';
import { printEndpoints, printPods } from '../status-details.ts';
import { printTree } from '../tree.ts';

interface StatusFlags extends ClusterFlags {
  readonly name: string;
  readonly tree: boolean;
  readonly detail: boolean;
  readonly pod: boolean;
  readonly endpoint: boolean;
  readonly component: string | undefined;
  readonly output: OutputFormat;
}

const options = (argv: Argv): Argv<StatusFlags> =>
  outputOption(clusterOptions(argv))
    .positional('name', { type: 'string', demandOption: true, describe: 'The Application' })
    .option('tree', {
      alias: 't',
      type: 'boolean',
      default: false,
      describe: 'Show the resources that it delivered as a tree',
    })
    .option('detail', {
      alias: 'd',
      type: 'boolean',
      default: false,
      describe: 'With --tree: when each was created, and how far it is',
    })
    .option('pod', { type: 'boolean', default: false, describe: 'Show its pods' })
    .option('endpoint', {
      alias: 'p',
      type: 'boolean',
      default: false,
      describe: 'Show the addresses that it answers at',
    })
    .option('component', { alias: 'c', type: 'string', describe: 'With --pod and --endpoint: only of this component' });

/** `vela status`: about, conditions, workflow and services of one Application. */
export function statusCommand(io: Io): CommandModule<object, StatusFlags> {
  return {
    command: 'status <name>',
    describe: 'Show how an Application is doing',
    builder: options,
    handler: (flags) =>
      withCluster(io, flags, async (session) => {
        const app = await session.client.get<Application>(applicationResource, {
          name: flags.name,
          namespace: session.namespace,
        });
        if (printValue(io, flags.output, app)) return;
        if (flags.pod) return printPods(io, session, app, flags.component);
        if (flags.endpoint) return printEndpoints(io, session, app, flags.component);
        if (flags.tree) return printTree(io, session, app, flags.detail);
        printAbout(io, app);
        for (const problem of await fleetProblems(session.client, app)) printField(io, 'Fleet', problem);
        printWorkflow(io, app);
        printServices(io, app);
        if (flags.output !== 'wide') return;
        printLine(io, '\nResources:\n');
        await printTree(io, session, app, true);
      }),
  };
}

const mark = (good: boolean): string => (good ? '✅' : '❌');

/** Without any service there is nothing that could be ill, unless the controller says that it cannot get so far. */
function isHealthy({ status }: Application): boolean {
  const { services = [], conditions = [] } = status ?? {};
  if (services.length > 0) return services.every((service) => service.healthy);
  return status?.status !== undefined && !conditions.some((condition) => condition.status === 'False');
}

function printAbout(io: Io, app: Application): void {
  const { metadata, status } = app;
  const lines: [string, string | null | undefined][] = [
    ['Name', metadata.name],
    ['Namespace', metadata.namespace],
    ['Created at', metadata.creationTimestamp],
    ['Shard', metadata.labels?.[labels.scheduledShardId]],
    ['Revision', status?.latestRevision?.name],
    ['Healthy', mark(isHealthy(app))],
    ['Details', status?.status ?? 'no controller has worked on it yet'],
    ['Stale', staleness(app)],
  ];
  printLine(io, 'About:\n');
  for (const [key, value] of lines) if (value) printField(io, key, value);
  for (const condition of status?.conditions ?? []) {
    if (condition.status === 'False') printField(io, condition.type, `${condition.reason}: ${condition.message ?? ''}`);
  }
}

const printField = (io: Io, key: string, value: string): void => {
  printLine(io, `  ${`${key}:`.padEnd(13)}${value}`);
};

function staleness({ metadata, status }: Application): string | undefined {
  const seen = status?.observedGeneration ?? 0;
  const generation = metadata.generation ?? 0;
  return status && seen < generation ? `the controller has seen generation ${seen} of ${generation}` : undefined;
}

function printWorkflow(io: Io, app: Application): void {
  const workflow = app.status?.workflow;
  if (!workflow) return;
  printLine(io, '\nWorkflow:\n');
  printLine(io, `  mode: ${workflow.mode}`);
  printLine(io, `  finished: ${workflow.finished}`);
  printLine(io, `  Suspend: ${workflow.suspend}`);
  printLine(io, `  Terminated: ${workflow.terminated}`);
  printLine(io, '  Steps');
  for (const step of workflow.steps ?? []) {
    printLine(
      io,
      `  - id: ${step.id}\n    name: ${step.name ?? ''}\n    type: ${step.type ?? ''}\n    phase: ${step.phase ?? ''}`,
    );
    if (step.message) printLine(io, `    message: ${step.message}`);
  }
}

function printServices(io: Io, app: Application): void {
  printLine(io, '\nServices:\n');
  for (const service of app.status?.services ?? []) {
    const type = app.spec.components.find((component) => component.name === service.name)?.type ?? '';
    printLine(
      io,
      `  - Name: ${service.name}\n    Cluster: ${service.cluster ?? 'local'}\n    Namespace: ${service.namespace ?? ''}`,
    );
    printLine(io, `    Type: ${type}`);
    printHealth(io, service, '    ');
    const traits = service.traits ?? [];
    printLine(io, traits.length === 0 ? '    No trait applied' : '    Traits:');
    for (const trait of traits) {
      printLine(io, `      Type: ${trait.type}`);
      printHealth(io, trait, '      ');
    }
  }
}

function printHealth(io: Io, part: { readonly healthy: boolean; readonly message?: string }, indent: string): void {
  printLine(io, `${indent}Health: ${mark(part.healthy)}`);
  if (part.message) printLine(io, `${indent}  Message: ${part.message}`);
}
