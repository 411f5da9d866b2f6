import { setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { systemNamespace } from '../../../pkg/apis/names.ts';
import { packageRoot } from '../../../pkg/assets/root.ts';
import { loadConnection } from '../../../pkg/client/connection.ts';
import { newKubeClient } from '../../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../../machinery/src/clock/system.ts';
import { configMaps, leases, nodes, pods, secrets, services } from '../../../devcluster/src/contract/builtin.ts';
import { Kubelet } from '../../../devcluster/src/kubelet/kubelet.ts';
import { startNode } from '../../../devcluster/src/kubelet/node.ts';
import { runsProcesses, specOf } from '../../../devcluster/src/kubelet/pod.ts';
import { newLogger } from '../../../machinery/src/logging/logger.ts';
import { HttpClusterApi } from './http-cluster-api.ts';
import { saveLogs } from './process-logs.ts';
import { untilAnswered } from './retry.ts';
import { forwardToService } from './webhook-forwarder.ts';
import { Wires } from './wires.ts';

// The node of a real control plane: kubelet and scheduler of the embedded cluster, as a process that talks HTTP. Ends its
// pods' processes on SIGTERM; when it is killed, they end by themselves.

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string', default: '' },
    logs: { type: 'string', default: '' },
    'ready-delay': { type: 'string', default: '500' },
    'webhook-port': { type: 'string', default: '0' },
    'cuts-port': { type: 'string' },
  },
});

const readyDelayMs = Number(values['ready-delay']);
const core = join(packageRoot(), 'dist/cmd/vela-core/main.js');
const processImages = {
  'flotilla/vela-core': [process.execPath, '--disable-warning=ExperimentalWarning', '--max-semi-space-size=4', core],
};
const follows = [
  { resource: pods },
  { resource: nodes },
  { resource: leases, namespace: 'kube-node-lease' },
  // of what processes read and are reached by
  { resource: configMaps, namespace: systemNamespace },
  { resource: secrets, namespace: systemNamespace },
  { resource: services, namespace: systemNamespace },
];

/** A token by which the audit log names the pod of a request. */
async function issueToken(
  client: ClosableKubeClient,
  pod: KubeObject,
  expirationSeconds: number,
  signal: AbortSignal,
): Promise<string> {
  const { namespace = '', name = '', uid = '' } = pod.metadata;
  const account = specOf(pod).serviceAccountName ?? 'default';
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
  const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name, uid };
  const review = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds, boundObjectRef },
  };
  const ask = (): Promise<{ status: { token: string } }> => client.raw('POST', path, review);
  return (await untilAnswered(ask, signal)).status.token;
}

async function run(stopping: AbortSignal): Promise<void> {
  const ending = new AbortController();
  const logger = newLogger({ level: 'warn' });
  const connection = await loadConnection({ kubeconfig: values.kubeconfig, env: {} });
  const parts = { clock: systemClock, random: systemRandom, logger };
  const client = newKubeClient(connection, { qps: 0, burst: 1, userAgent: 'kubelet', ...parts });
  const { signal } = ending;
  // every watch and every process that is waited for listens to them
  setMaxListeners(0, signal, stopping);
  const api = new HttpClusterApi({ client, follows, logger, signal });
  await api.start();
  const caPem = connection.tls.ca ?? '';
  const wires = values['cuts-port'] === undefined ? undefined : new Wires(connection.server);
  wires?.follow(api, signal);
  wires?.listen(Number(values['cuts-port']), signal);
  const scratchDir = await mkdtemp(join(tmpdir(), 'flotilla-kubelet-'));
  const kubelet = new Kubelet({
    ...parts,
    api,
    readyDelayMs,
    restartBackoffMs: 1000,
    processImages,
    env: process.env,
    scratchDir,
    serverUrlFor: (pod) => wires?.urlFor(pod) ?? connection.server,
    caPem,
    issueToken: (pod, seconds) => issueToken(client, pod, seconds, stopping),
  });
  const isUrgent = (pod: KubeObject): boolean => runsProcesses(pod, processImages);
  await startNode({ api, ...parts, caPem }, { delayMs: readyDelayMs, isUrgent }, signal);
  saveLogs(api, kubelet, values.logs, signal);
  const service = { namespace: systemNamespace, name: 'vela-core-webhook' };
  forwardToService({ api, service, port: Number(values['webhook-port']) }, signal);
  await kubelet.run(stopping);
  // later writes are not read
  logger.level = 'silent';
  ending.abort();
  await client.close();
  await rm(scratchDir, { recursive: true, force: true });
}

const stopping = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const)
  process.once(name, () => {
    stopping.abort();
  });
await run(stopping.signal);
process.exit(0);
