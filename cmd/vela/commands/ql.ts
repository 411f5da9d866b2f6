import type { Argv, CommandModule } from 'yargs';
import { ignoreNotFound } from '../../../pkg/apis/api-error.ts';
import { systemNamespace } from '../../../pkg/apis/names.ts';
import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { queryView } from '../../../pkg/controllers/application/workflow/actions/view.ts';
import type { ViewQuery } from '../../../pkg/controllers/application/workflow/actions/view.ts';
import { CueEngine } from '../../../pkg/render/cue/cue-engine.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags, Session } from '../connect.ts';
import { usageFailure } from '../failure.ts';
import { CliError, exitCodes, printLine } from '../io.ts';
import type { Io } from '../io.ts';
import { readSources } from '../manifests.ts';
import { parseStatement } from '../ql-statement.ts';

interface Flags extends ClusterFlags {
  readonly statement?: string | undefined;
  readonly query?: string | undefined;
  readonly file?: string | undefined;
}

const configMaps: Resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };

/** `vela ql`: the value of a view of the installation, or of a file. */
export function qlCommand(io: Io): CommandModule<object, Flags> {
  return {
    command: 'ql [statement]',
    describe: 'Evaluate a view, such as "component-pod-view{appName=web,appNs=default}"',
    builder: (argv: Argv): Argv<Flags> =>
      clusterOptions(argv)
        .positional('statement', { type: 'string', describe: 'View, parameters and field: name{a=b}.status' })
        .option('query', { alias: 'q', type: 'string', describe: 'The same' })
        .option('file', { alias: 'f', type: 'string', describe: 'A file of CUE, an address, or - for standard input' }),
    handler: (flags) =>
      withCluster(io, flags, async (session) => {
        const query = await queryOf(io, session, flags);
        const { signal } = io;
        const answer = await queryView(query, { client: session.client, engines: { cue: new CueEngine() }, signal });
        if (!answer.ok) throw new CliError(answer.problems.join('; '));
        printLine(io, typeof answer.value === 'string' ? answer.value : JSON.stringify(answer.value, null, 2));
      }),
  };
}

async function queryOf(io: Io, { client }: Session, { statement, query, file }: Flags): Promise<ViewQuery> {
  if (file !== undefined) return viewOfFile(io, file);
  const text = query ?? statement;
  if (text === undefined)
    throw usageFailure('give a statement such as "component-pod-view{appName=web,appNs=default}", or --file');
  const parsed = parseStatement(text);
  if (!parsed)
    throw usageFailure(
      `"${text}" is not a view with parameters, such as "component-pod-view{appName=web,appNs=default}.status"`,
    );
  const { view, parameter, exported } = parsed;
  const stored = await ignoreNotFound(
    client.get<KubeObject>(configMaps, { name: view, namespace: systemNamespace }, { signal: io.signal }),
  );
  const { template } = (stored?.['data'] ?? {}) as Readonly<Record<string, string>>;
  if (template === undefined)
    throw new CliError(`there is no view ${view} in namespace ${systemNamespace}`, { exitCode: exitCodes.notFound });
  return { template, parameter, exported };
}

/** A view that names its own field in `export`. */
async function viewOfFile(io: Io, file: string): Promise<ViewQuery> {
  const [source] = await readSources(file, ['.cue'], io);
  const template = source?.content ?? '';
  const given = /^export:\s*"([^"]+)"/m.exec(template)?.[1];
  return { template, parameter: {}, exported: given ?? 'status' };
}
