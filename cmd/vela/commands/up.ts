import type { Argv, CommandModule } from 'yargs';
import { applicationResource } from '../../../pkg/apis/application.ts';
import { annotations, labels } from '../../../pkg/apis/names.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { applyObject, inOrder } from '../apply.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags, Session } from '../connect.ts';
import { declared } from '../declared.ts';
import { usageFailure } from '../failure.ts';
import { CliError, exitCodes, printLine } from '../io.ts';
import type { Io } from '../io.ts';
import { loadManifests } from '../manifests.ts';
import { moveAndWait } from '../move.ts';
import { outputOption, printValue } from '../output.ts';
import type { OutputFormat } from '../output.ts';
import { waitUntilRunning } from '../progress.ts';
import { checkShard } from '../known-shard.ts';

interface UpFlags extends ClusterFlags {
  readonly name: string | undefined;
  readonly file: readonly string[] | undefined;
  readonly shardId: string | undefined;
  readonly publishVersion: string | undefined;
  readonly wait: boolean;
  readonly timeout: number;
  readonly output: OutputFormat;
}

const options = (argv: Argv): Argv<UpFlags> =>
  declared(
    outputOption(clusterOptions(argv))
      .positional('name', { type: 'string', describe: 'An Application that exists' })
      .option('file', {
        alias: 'f',
        type: 'string',
        array: true,
        nargs: 1,
        describe: 'File, folder or address of the objects to apply; - for standard input',
      })
      .option('shard-id', { alias: 's', type: 'string', describe: 'Give the Application to this shard' })
      .option('publish-version', { alias: 'v', type: 'string', describe: 'Release under this version' })
      .option('wait', { alias: 'w', type: 'boolean', default: true, describe: 'Wait until the Applications run' })
      .option('timeout', { type: 'number', default: 300, describe: 'Seconds to wait' }),
  );

/** `vela up`: apply files, or give an existing Application to a shard or a new published version. */
export function upCommand(io: Io): CommandModule<object, UpFlags> {
  return {
    command: 'up [name]',
    describe: 'Apply Applications and what they need, or move one to a shard',
    builder: options,
    handler: async (flags) => {
      if (flags.file && flags.name) throw usageFailure('give either a name or --file, not both');
      if (!flags.file && !flags.name)
        throw usageFailure('nothing to do: give --file, or a name with --shard-id or --publish-version');
      if (flags.name && !flags.shardId && !flags.publishVersion)
        throw usageFailure(`nothing to do with ${flags.name}: give --shard-id or --publish-version`);
      if (flags.file?.some((file) => file === '')) throw usageFailure('--file needs a value');
      const objects = flags.file && (await loadFiles(io, flags, flags.file));
      await withCluster(io, flags, async (session) => {
        if (flags.shardId !== undefined) await checkShard(io, session.client, flags.shardId);
        await (objects ? upObjects(io, flags, session, objects) : upName(io, flags, session));
      });
    },
  };
}

async function upName(io: Io, flags: UpFlags, session: Session): Promise<void> {
  const target = { name: flags.name ?? '', namespace: session.namespace };
  if (flags.publishVersion) {
    const body = { metadata: { annotations: { [annotations.publishVersion]: flags.publishVersion } } };
    await session.client.patch(applicationResource, target, { type: 'merge', body }, { fieldManager: 'vela' });
    printLine(io, `Application updated with new PublishVersion ${flags.publishVersion}`);
  }
  if (flags.shardId) {
    await moveAndWait(io, session, target, { to: flags.shardId, reason: 'vela up', timeoutMs: flags.timeout * 1000 });
    printLine(io, `Application scheduled to ${flags.shardId}`);
  }
}

async function loadFiles(io: Io, flags: UpFlags, files: readonly string[]): Promise<readonly KubeObject[]> {
  const onWarning = (warning: string): void => void io.stderr.write(`Warning: ${warning}\n`);
  const loaded = (await Promise.all(files.map((file) => loadManifests(file, io, onWarning)))).flat();
  for (const { kind, metadata } of loaded) {
    if (flags.namespace && metadata.namespace && metadata.namespace !== flags.namespace) {
      throw new CliError(
        `${kind} ${metadata.name} names namespace ${metadata.namespace}, but -n says ${flags.namespace}`,
        { exitCode: exitCodes.usage },
      );
    }
  }
  return loaded;
}

async function upObjects(io: Io, flags: UpFlags, session: Session, objects: readonly KubeObject[]): Promise<void> {
  const results: KubeObject[] = [];
  for (const object of inOrder(objects)) {
    const { object: stored, change } = await applyObject(
      session.client,
      await decorated(io, flags, session, object),
      session.namespace,
    );
    results.push(stored);
    if (!flags.output || flags.output === 'wide') printLine(io, `${stored.kind} ${place(stored)} ${change}`);
  }
  const apps = results.filter((object) => object.kind === 'Application');
  const targets = apps.map(({ metadata }) => ({
    name: metadata.name ?? '',
    namespace: metadata.namespace ?? session.namespace,
  }));
  if (flags.wait && targets.length > 0) await waitUntilRunning(io, session, targets, flags.timeout * 1000);
  printValue(io, flags.output, results.length === 1 ? results[0] : { apiVersion: 'v1', kind: 'List', items: results });
}

/** An Application with the shard and version that the flags ask for; a family that exists moves first. */
async function decorated(io: Io, flags: UpFlags, session: Session, object: KubeObject): Promise<KubeObject> {
  if (object.kind !== 'Application' || !(flags.shardId ?? flags.publishVersion)) return object;
  const namespace = object.metadata.namespace ?? session.namespace;
  if (flags.shardId) await moveIfThere(io, flags, session, { name: object.metadata.name ?? '', namespace });
  const metadata = {
    ...object.metadata,
    labels: { ...object.metadata.labels, ...(flags.shardId && { [labels.scheduledShardId]: flags.shardId }) },
    annotations: {
      ...object.metadata.annotations,
      ...(flags.publishVersion && { [annotations.publishVersion]: flags.publishVersion }),
    },
  };
  return { ...object, metadata };
}

async function moveIfThere(
  io: Io,
  { shardId: to = '', timeout }: UpFlags,
  session: Session,
  target: { name: string; namespace: string },
): Promise<void> {
  const found = await session.client.list(applicationResource, {
    namespace: target.namespace,
    fieldSelector: `metadata.name=${target.name}`,
    metadataOnly: true,
  });
  if (found.items.length > 0)
    await moveAndWait(io, session, target, { to, reason: 'vela up', timeoutMs: timeout * 1000 });
}

function place({ metadata }: KubeObject): string {
  return metadata.namespace ? `${metadata.namespace}/${metadata.name}` : (metadata.name ?? '');
}
