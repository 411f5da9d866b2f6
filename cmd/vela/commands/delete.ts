import type { Argv, CommandModule } from 'yargs';
import { isNotFound } from '../../../pkg/apis/api-error.ts';
import { applicationResource } from '../../../pkg/apis/application.ts';
import type { Application } from '../../../pkg/apis/application.ts';
import { finalizers } from '../../../pkg/apis/names.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags, Session } from '../connect.ts';
import { usageFailure } from '../failure.ts';
import { CliError, exitCodes, printLine } from '../io.ts';
import type { Io } from '../io.ts';

interface DeleteFlags extends ClusterFlags {
  readonly names: readonly string[];
  readonly all: boolean;
  readonly orphan: boolean;
  readonly wait: boolean;
  readonly timeout: number;
}

const options = (argv: Argv): Argv<DeleteFlags> =>
  clusterOptions(argv)
    .positional('names', { type: 'string', array: true, default: [], describe: 'Applications to delete' })
    .option('all', { type: 'boolean', default: false, describe: 'Delete every Application of the namespace' })
    .option('orphan', { type: 'boolean', default: false, describe: 'Leave the delivered resources in place' })
    .option('wait', { alias: 'w', type: 'boolean', default: true, describe: 'Wait until everything is gone' })
    .option('timeout', { type: 'number', default: 300, describe: 'Seconds to wait' });

/** `vela delete`: delete Applications with all that they delivered. */
export function deleteCommand(io: Io): CommandModule<object, DeleteFlags> {
  return {
    command: 'delete [names..]',
    describe: 'Delete Applications and what they delivered',
    builder: options,
    handler: async (flags) => {
      if (flags.all === flags.names.length > 0) throw usageFailure('give names of Applications, or --all');
      await withCluster(io, flags, async (session) => {
        const names = flags.all ? await allNames(session) : flags.names;
        if (names.length === 0)
          throw new CliError(`no Application in namespace ${session.namespace}`, { exitCode: exitCodes.notFound });
        const found = await Promise.all(
          names.map(async (name) => ((await startDelete(io, flags, session, name)) ? [name] : [])),
        );
        const deleting = found.flat();
        if (deleting.length === 0)
          throw new CliError('nothing was deleted: no such Application', { exitCode: exitCodes.notFound });
        if (flags.wait) await waitGone(io, session, deleting, flags.timeout * 1000);
      });
    },
  };
}

async function allNames({ client, namespace }: Session): Promise<string[]> {
  const list = await client.list(applicationResource, { namespace, metadataOnly: true });
  return list.items.map((item) => item.metadata.name ?? '');
}

async function startDelete(io: Io, flags: DeleteFlags, { client, namespace }: Session, name: string): Promise<boolean> {
  const target = { name, namespace };
  try {
    if (flags.orphan) await addOrphanFinalizer(client, target);
    await client.delete(applicationResource, target);
    printLine(io, `Start deleting application ${namespace}/${name}`);
    return true;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    printLine(io, `application ${namespace}/${name} not found`);
    return false;
  }
}

async function addOrphanFinalizer(
  client: Session['client'],
  target: { name: string; namespace: string },
): Promise<void> {
  const app = await client.get<Application>(applicationResource, target);
  const present = app.metadata.finalizers ?? [];
  if (present.includes(finalizers.orphanResource)) return;
  const metadata = {
    resourceVersion: app.metadata.resourceVersion ?? '',
    finalizers: [...present, finalizers.orphanResource],
  };
  await client.patch(applicationResource, target, { type: 'merge', body: { metadata } }, { fieldManager: 'vela' });
}

async function waitGone(io: Io, session: Session, names: readonly string[], timeoutMs: number): Promise<void> {
  const deadline = io.clock.monotonic() + timeoutMs;
  let open = [...names];
  for (;;) {
    const present = new Set(await allNames(session));
    for (const name of open.filter((n) => !present.has(n)))
      printLine(io, `Delete application ${session.namespace}/${name} succeeded`);
    open = open.filter((name) => present.has(name));
    if (open.length === 0) return;
    if (io.clock.monotonic() > deadline) {
      throw new CliError(`not gone in time: ${open.join(', ')}`, {
        exitCode: exitCodes.notReady,
        hint: 'is the controller of its shard running? See vela ls and vela status',
      });
    }
    await io.clock.sleep(300, io.signal);
  }
}
