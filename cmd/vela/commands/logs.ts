import type { Argv, CommandModule } from 'yargs';
import { applicationResource } from '../../../pkg/apis/application.ts';
import type { Application } from '../../../pkg/apis/application.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { suggestion } from '../../../pkg/appfile/suggest.ts';
import { parseDuration } from '../../../pkg/workflow/duration.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags, Session } from '../connect.ts';
import { messageOf, usageFailure } from '../failure.ts';
import { CliError, exitCodes, printLine } from '../io.ts';
import type { Io } from '../io.ts';
import { podsOf } from '../pods.ts';
import type { ApplicationPod } from '../pods.ts';

interface Flags extends ClusterFlags {
  readonly name: string;
  readonly component: string | undefined;
  readonly pod: string | undefined;
  readonly container: string | undefined;
  readonly follow: boolean;
  readonly since: string | undefined;
  readonly tail: number | undefined;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly prefix: boolean | undefined;
}

const options = (argv: Argv): Argv<Flags> =>
  clusterOptions(argv)
    .positional('name', { type: 'string', demandOption: true, describe: 'The Application' })
    .option('component', { alias: 'c', type: 'string', describe: 'Only of this component' })
    .option('pod', { alias: 'p', type: 'string', describe: 'Only of this pod' })
    .option('container', { type: 'string', describe: 'Only of this container' })
    .option('follow', {
      alias: 'f',
      type: 'boolean',
      default: false,
      describe: 'Print what is logged from now on, too',
    })
    .option('since', { type: 'string', describe: 'Only lines newer than this duration, such as 5m' })
    .option('tail', { type: 'number', describe: 'Only so many of the last lines of each container' })
    .option('previous', { type: 'boolean', default: false, describe: 'Of the containers before their last restart' })
    .option('timestamps', { type: 'boolean', default: false, describe: 'Begin each line with its time' })
    .option('prefix', {
      type: 'boolean',
      describe: 'Begin each line with its pod and container (default: where there are several)',
    });

/** A container that has a log. */
interface Source {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** `vela logs`: what the containers of an Application wrote. */
export function logsCommand(io: Io): CommandModule<object, Flags> {
  return {
    command: 'logs <name>',
    describe: 'Print what the pods of an Application logged',
    builder: options,
    handler: (flags) =>
      withCluster(io, flags, async (session) => {
        const query = queryOf(flags);
        const sources = await sourcesOf(session, flags);
        const { prefix = sources.length > 1 } = flags;
        // every log is read to its end before one that cannot be read is an error
        const ends = await Promise.allSettled(sources.map((source) => print(io, session, source, { query, prefix })));
        const failed = ends.flatMap((end) => (end.status === 'rejected' ? [messageOf(end.reason)] : []));
        if (failed.length > 0 && !io.signal.aborted) throw new CliError(failed.join('; '));
      }),
  };
}

function queryOf({ follow, since, tail, previous, timestamps }: Flags): URLSearchParams {
  const query = new URLSearchParams();
  if (follow) query.set('follow', 'true');
  if (previous) query.set('previous', 'true');
  if (timestamps) query.set('timestamps', 'true');
  if (tail !== undefined) {
    if (!Number.isInteger(tail) || tail < 0) throw usageFailure('--tail must be a number of lines');
    query.set('tailLines', String(tail));
  }
  if (since !== undefined) {
    const ms = parseDuration(since);
    if (ms === undefined || ms < 1000)
      throw usageFailure(`--since: "${since}" is no duration of a second or more, such as 5m`);
    query.set('sinceSeconds', String(Math.ceil(ms / 1000)));
  }
  return query;
}

async function sourcesOf({ client, namespace }: Session, flags: Flags): Promise<readonly Source[]> {
  const app = await client.get<Application>(applicationResource, { name: flags.name, namespace });
  checkComponent(app, flags.component);
  const pods = await podsOf(client, app, flags.component);
  const chosen = pods.filter(({ pod }) => flags.pod === undefined || pod.metadata.name === flags.pod);
  if (chosen.length === 0) throw noPods(flags, pods);
  const sources = chosen.flatMap(({ pod }) => containersOf(pod));
  const wanted = sources.filter(({ container }) => flags.container === undefined || container === flags.container);
  if (wanted.length > 0) return wanted;
  const names = [...new Set(sources.map(({ container }) => container))];
  const { container = '' } = flags;
  throw new CliError(`no pod of ${flags.name} has a container ${container}${suggestion(container, names)}`, {
    exitCode: exitCodes.notFound,
    hint: `the containers are ${names.join(', ')}`,
  });
}

function checkComponent({ metadata, spec }: Application, component: string | undefined): void {
  const names = spec.components.map(({ name }) => name);
  if (component === undefined || names.includes(component)) return;
  throw new CliError(
    `application ${metadata.name ?? ''} has no component ${component}${suggestion(component, names)}`,
    { exitCode: exitCodes.notFound, hint: `the components are ${names.join(', ')}` },
  );
}

function noPods({ name, pod, component }: Flags, pods: readonly ApplicationPod[]): CliError {
  const subject = component === undefined ? `application ${name}` : `component ${component} of application ${name}`;
  if (pods.length === 0)
    return new CliError(`${subject} has no pods`, {
      exitCode: exitCodes.notFound,
      hint: `vela status ${name} says how far it is`,
    });
  const names = pods.map((one) => one.pod.metadata.name ?? '');
  return new CliError(`${subject} has no pod ${pod ?? ''}`, {
    exitCode: exitCodes.notFound,
    hint: `its pods are ${names.join(', ')}`,
  });
}

function containersOf({ metadata: { name = '', namespace = '' }, spec }: KubeObject): readonly Source[] {
  const { containers = [] } = (spec ?? {}) as { readonly containers?: readonly { readonly name: string }[] };
  return containers.map((container) => ({ namespace, pod: name, container: container.name }));
}

interface Printing {
  readonly query: URLSearchParams;
  readonly prefix: boolean;
}

async function print(io: Io, { client }: Session, source: Source, { query, prefix }: Printing): Promise<void> {
  const { namespace, pod, container } = source;
  const all = new URLSearchParams([...query, ['container', container]]);
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?${all.toString()}`;
  const begin = prefix ? `[${pod}/${container}] ` : '';
  for await (const line of client.lines(path, io.signal)) printLine(io, `${begin}${line}`);
}
