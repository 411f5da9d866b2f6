import type { Argv } from 'yargs';
import { loadConnection } from '../../pkg/client/connection.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { usageFailure } from './failure.ts';
import type { Io } from './io.ts';

/** The flags by which every command finds its cluster; the same words as kubectl's. */
export interface ClusterFlags {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly cluster: string | undefined;
  readonly user: string | undefined;
  readonly namespace: string | undefined;
  readonly requestTimeout: number;
}

export function clusterOptions<T>(argv: Argv<T>): Argv<T & ClusterFlags> {
  return argv
    .option('kubeconfig', {
      type: 'string',
      describe: 'Path of the kubeconfig file (default: $KUBECONFIG, ~/.kube/config)',
    })
    .option('context', { type: 'string', describe: 'Context of the kubeconfig to use' })
    .option('cluster', { type: 'string', describe: 'Cluster of the kubeconfig to use' })
    .option('user', { type: 'string', describe: 'User of the kubeconfig to use' })
    .option('namespace', {
      alias: 'n',
      type: 'string',
      describe: 'Namespace (default: that of the context, else default)',
    })
    .option('request-timeout', {
      type: 'number',
      default: 30,
      describe: 'Seconds after which one request is given up',
    }) as unknown as Argv<T & ClusterFlags>;
}

export interface Session {
  readonly client: ClosableKubeClient;
  /** The namespace given, else that of the context. */
  readonly namespace: string;
  readonly server: string;
}

/** Runs `work` with a client of the chosen cluster and closes its connections afterwards. */
export async function withCluster<T>(io: Io, flags: ClusterFlags, work: (session: Session) => Promise<T>): Promise<T> {
  const { kubeconfig, context, cluster, user } = flags;
  const connection = await loadConnection({ kubeconfig, context, cluster, user, env: io.env });
  const timeoutMs = flags.requestTimeout * 1000;
  if (timeoutMs <= 0) throw usageFailure('--request-timeout must be more than 0');
  const client = newKubeClient(connection, {
    qps: 200,
    burst: 400,
    userAgent: 'vela',
    clock: systemClock,
    random: systemRandom,
    onWarning: warner(io),
    timeouts: { readMs: timeoutMs, listMs: timeoutMs, writeMs: timeoutMs },
  });
  try {
    return await work({
      client,
      namespace: flags.namespace ?? connection.namespace,
      server: connection.server,
    });
  } finally {
    await client.close();
  }
}

/** Prints each warning of the API server once. */
function warner(io: Io): (text: string) => void {
  const seen = new Set<string>();
  return (text) => {
    if (!seen.has(text)) io.stderr.write(`Warning: ${text}\n`);
    seen.add(text);
  };
}
