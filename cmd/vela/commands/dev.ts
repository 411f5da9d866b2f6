import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import type { Resource } from '../../../machinery/src/meta.ts';
import { packageRoot } from '../../../pkg/assets/root.ts';
import { systemClock, systemRandom } from '../../../machinery/src/clock/system.ts';
import { loadConnection } from '../../../pkg/client/connection.ts';
import { newKubeClient } from '../../../pkg/client/http-client.ts';
import type * as Devcluster from '../../../devcluster/src/index.ts';
import { newLogger } from '../../../machinery/src/logging/logger.ts';
import { runDemo } from '../demo/demo.ts';
import { CliError, exitCodes, printLine } from '../io.ts';
import { declared } from '../declared.ts';
import type { Io } from '../io.ts';

const nodeResource: Resource = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };

interface UpFlags {
  readonly port: number;
  readonly kubeconfig: string;
  readonly dataDir: string | undefined;
  readonly readyDelay: number;
  readonly auditLog: string | undefined;
  readonly chaos: string | undefined;
  readonly verbose: boolean;
}

/** The embedded cluster is an optional part of the command line: the image of the controllers has none. */
async function loadDevcluster(): Promise<typeof Devcluster> {
  try {
    return await import('../../../devcluster/src/index.ts');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new CliError('the embedded cluster is not part of this installation', {
      hint: 'run it from a clone of the project; the image has the controllers and the other commands only',
      cause: error,
    });
  }
}

/** `vela dev`: the embedded cluster and the demonstration on it. */
export function devCommand(io: Io): CommandModule {
  const builder = (argv: Argv): Argv =>
    argv
      .command(upCommand(io))
      .command(demoCommand(io))
      .command(statusCommand(io))
      .command(kubeconfigCommand(io))
      .command(resetCommand(io))
      .demandCommand(1, 'which? See vela dev --help');
  return {
    command: 'dev',
    describe: 'Run an embedded Kubernetes cluster for development',
    builder,
    handler: () => undefined,
  };
}

const upOptions = (argv: Argv): Argv<UpFlags> =>
  declared(
    argv
      .option('port', { type: 'number', default: 6443, describe: 'Port of the API server; 0 takes any free one' })
      .option('kubeconfig', {
        type: 'string',
        default: '.vela/kubeconfig',
        describe: 'File to write when the cluster is ready',
      })
      .option('data-dir', { type: 'string', describe: 'Keep the state in this folder (default: in memory)' })
      .option('ready-delay', { type: 'number', default: 500, describe: 'Milliseconds until a simulated pod is ready' })
      .option('audit-log', { type: 'string', describe: 'Write one JSON line for each request to this file' })
      .option('chaos', { type: 'string', describe: 'File with faults to inject; read again when it changes' })
      .option('verbose', {
        type: 'boolean',
        default: false,
        describe: 'Log what the cluster does',
      }),
  );

function upCommand(io: Io): CommandModule<object, UpFlags> {
  return {
    command: 'up',
    describe: 'Start the embedded cluster and keep it in the foreground',
    builder: upOptions,
    handler: async (flags) => {
      const root = packageRoot();
      const core = [
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        '--max-semi-space-size=4',
        join(root, 'dist/cmd/vela-core/main.js'),
      ];
      const { startDevCluster } = await loadDevcluster();
      const cluster = await startDevCluster({
        port: flags.port,
        dataDir: flags.dataDir,
        readyDelayMs: flags.readyDelay,
        auditLog: flags.auditLog,
        chaosFile: flags.chaos,
        clock: systemClock,
        random: systemRandom,
        logger: newLogger({ level: flags.verbose ? 'debug' : 'warn' }),
        processImages: { 'flotilla/vela-core': core },
        env: io.env,
      });
      const file = resolve(flags.kubeconfig);
      await writeAtomically(file, cluster.kubeconfig());
      printLine(io, `Kubernetes API ready at ${cluster.url}\n\n  export KUBECONFIG=${file}\n\nCtrl-C stops it.`);
      await aborted(io.signal);
      await cluster.stop();
    },
  };
}

function demoCommand(io: Io): CommandModule<object, { once: boolean }> {
  return {
    command: 'demo',
    describe: 'Bring up a cluster, a master, three slaves and some Applications, and show them',
    builder: (argv: Argv) =>
      argv.option('once', { type: 'boolean', default: false, describe: 'Tear everything down at the end' }),
    handler: ({ once }) => runDemo(io, { once, root: packageRoot() }),
  };
}

const kubeconfigOption = (argv: Argv): Argv<{ kubeconfig: string }> =>
  argv.option('kubeconfig', { type: 'string', default: '.vela/kubeconfig', describe: 'File that vela dev up wrote' });

async function readKubeconfig(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CliError(`${file} cannot be read`, { hint: 'start a cluster with vela dev up', cause: error });
  }
}

function statusCommand(io: Io): CommandModule<object, { kubeconfig: string }> {
  return {
    command: 'status',
    describe: 'Say whether the embedded cluster answers',
    builder: kubeconfigOption,
    handler: async ({ kubeconfig }) => {
      await readKubeconfig(kubeconfig);
      const connection = await loadConnection({ kubeconfig, env: {} });
      const client = newKubeClient(connection, {
        qps: 10,
        burst: 10,
        userAgent: 'vela',
        clock: systemClock,
        random: systemRandom,
      });
      try {
        const nodes = await client.list(nodeResource);
        const names = nodes.items.map((node) => node.metadata.name).join(', ');
        printLine(io, `running: ${connection.server}, node ${names}`);
      } catch (error) {
        throw new CliError(`the cluster of ${kubeconfig} does not answer`, {
          exitCode: exitCodes.notReady,
          cause: error,
        });
      } finally {
        await client.close();
      }
    },
  };
}

function kubeconfigCommand(io: Io): CommandModule<object, { kubeconfig: string }> {
  return {
    command: 'kubeconfig',
    describe: 'Print the kubeconfig of the embedded cluster',
    builder: kubeconfigOption,
    handler: async ({ kubeconfig }) => {
      printLine(io, (await readKubeconfig(kubeconfig)).trimEnd());
    },
  };
}

function resetCommand(io: Io): CommandModule<object, { dataDir: string }> {
  return {
    command: 'reset',
    describe: 'Remove the state of an embedded cluster that has been stopped',
    builder: (argv: Argv) =>
      declared(argv.option('data-dir', { type: 'string', demandOption: true, describe: 'Its folder' })),
    handler: async ({ dataDir }) => {
      const { removeState } = await loadDevcluster();
      await removeState(dataDir);
      printLine(io, `${dataDir} is empty`);
    },
  };
}

/** A reader never sees half a file. */
async function writeAtomically(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.tmp`, content, { mode: 0o600 });
  await rename(`${file}.tmp`, file);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else {
      signal.addEventListener('abort', () => {
        done();
      });
    }
  });
}
