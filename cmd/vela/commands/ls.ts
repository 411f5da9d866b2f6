import type { Argv, CommandModule } from 'yargs';
import { applicationResource } from '../../../pkg/apis/application.ts';
import type { Application } from '../../../pkg/apis/application.ts';
import { labels } from '../../../pkg/apis/names.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags } from '../connect.ts';
import { declared } from '../declared.ts';
import { printTable } from '../io.ts';
import type { Io } from '../io.ts';
import { outputOption, printValue } from '../output.ts';
import type { OutputFormat } from '../output.ts';

interface LsFlags extends ClusterFlags {
  readonly ns: string | undefined;
  readonly allNamespaces: boolean;
  readonly selector: string | undefined;
  readonly fieldSelector: string | undefined;
  readonly shard: string | undefined;
  readonly output: OutputFormat;
}

const options = (argv: Argv): Argv<LsFlags> =>
  declared(
    outputOption(clusterOptions(argv))
      .positional('ns', { type: 'string', describe: 'Namespace' })
      .option('all-namespaces', {
        alias: 'A',
        type: 'boolean',
        default: false,
        describe: 'List those of all namespaces',
      })
      .option('selector', { alias: 'l', type: 'string', describe: 'Label selector' })
      .option('shard', { type: 'string', describe: 'List those of one shard only' })
      .option('field-selector', {
        type: 'string',
        describe: 'Field selector (metadata.name, metadata.namespace)',
      }),
  );

/** `vela ls`: one row for each component, with the shard that works on it. */
export function lsCommand(io: Io): CommandModule<object, LsFlags> {
  return {
    command: 'ls [ns]',
    aliases: ['list'],
    describe: 'List Applications with their components, shard, phase and health',
    builder: options,
    handler: (flags) =>
      withCluster(io, flags, async ({ client, namespace }) => {
        const list = await client.list<Application>(applicationResource, {
          namespace: flags.allNamespaces ? undefined : (flags.ns ?? namespace),
          labelSelector: selectorOf(flags),
          fieldSelector: flags.fieldSelector,
          signal: io.signal,
        });
        if (printValue(io, flags.output, list)) return;
        printTable(io, applicationRows(list.items, flags.allNamespaces, flags.output === 'wide'));
      }),
  };
}

const selectorOf = ({ selector, shard }: LsFlags): string | undefined =>
  [selector, shard && `${labels.scheduledShardId}=${shard}`].filter(Boolean).join(',') || undefined;

function applicationRows(apps: readonly Application[], withNamespace: boolean, wide: boolean): string[][] {
  const heading = ['APP', 'COMPONENT', 'TYPE', 'TRAITS', 'SHARD', 'PHASE', 'HEALTHY', 'STATUS', 'CREATED-TIME'];
  const framed = (namespace: string, row: readonly string[], revision: string): string[] => [
    ...(withNamespace ? [namespace] : []),
    ...row,
    ...(wide ? [revision] : []),
  ];
  return [
    framed('NAMESPACE', heading, 'REVISION'),
    ...apps.flatMap((app) =>
      componentRows(app).map((row) =>
        framed(app.metadata.namespace ?? '', row, app.status?.latestRevision?.name ?? ''),
      ),
    ),
  ];
}

function componentRows(app: Application): string[][] {
  const components = app.spec.components;
  const shard = app.metadata.labels?.[labels.scheduledShardId] ?? '';
  const phase = app.status?.status ?? '';
  const created = app.metadata.creationTimestamp ?? '';
  if (components.length === 0) return [[app.metadata.name ?? '', '', '', '', shard, phase, '', '', created]];
  return components.map((component, i) => {
    const service = app.status?.services?.find((s) => s.name === component.name);
    const branch = i === components.length - 1 ? '└─' : '├─';
    const healthy = service ? (service.healthy ? 'healthy' : 'unhealthy') : '';
    const traits = (component.traits ?? []).map((trait) => trait.type).join(',');
    const first = i === 0 ? (app.metadata.name ?? '') : branch;
    return [first, component.name, component.type, traits, shard, phase, healthy, service?.message ?? '', created];
  });
}
