import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { gated } from '../../pkg/client/gate.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import type { ClosableKubeClient, KubeClientOptions } from '../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../pkg/clock/system.ts';
import { applicationMetrics } from '../../pkg/controllers/application/metrics.ts';
import { LeaderElector } from '../../pkg/lease/leader-elector.ts';
import type { Logger } from '../../pkg/logging/logger.ts';
import { newRegistry } from '../../pkg/metrics/registry.ts';
import type { MetricsRegistry } from '../../pkg/metrics/registry.ts';
import type { Check } from '../../pkg/probes/checks.ts';
import { LoopLag } from '../../pkg/probes/loop-lag.ts';
import { addProcessMetrics } from '../../pkg/probes/process-metrics.ts';
import { clusterVersionOf } from '../../pkg/render/context.ts';
import { HandlebarsEngine } from '../../pkg/render/handlebars-engine.ts';
import { newApplicationController } from './application-controller.ts';
import type { Base, Extras } from './base.ts';
import { newCaches } from './caches.ts';
import type { Caches } from './caches.ts';
import type { Config, ElectionConfig } from './options.ts';
import { failing, probeTasks, syncedCheck } from './probes.ts';
import { Background, runTogether, untilDone } from './tasks.ts';
import type { Task } from './tasks.ts';

/**
 * Runs one process of the fleet until the signal aborts: caches, probes and webhooks at once, controllers while the
 * Lease is held. Then it ends what is under way, releases the Lease and returns. Throws when something breaks.
 */
export async function runCore(config: Config, logger: Logger, signal: AbortSignal): Promise<void> {
  const work = new AbortController();
  const failures: unknown[] = [];
  const fail = (error: unknown): void => {
    failures.push(error);
    work.abort(error);
  };
  const stop = (): void => {
    work.abort(signal.reason);
  };
  signal.addEventListener('abort', stop, { once: true });
  const background = new Background(fail);
  const clients: ClosableKubeClient[] = [];
  try {
    await start({ config, logger, background, clients, stopping: () => work.signal.aborted }, work.signal);
    if (!work.signal.aborted) throw new Error('the controllers ended by themselves');
  } catch (error) {
    if (!work.signal.aborted) fail(error);
  } finally {
    await background.end();
    await Promise.all(clients.map((client) => client.close()));
  }
  if (failures.length > 0) throw failures[0];
}

interface Frame {
  readonly config: Config;
  readonly logger: Logger;
  readonly background: Background;
  readonly clients: ClosableKubeClient[];
  readonly stopping: () => boolean;
}

async function start(frame: Frame, signal: AbortSignal): Promise<void> {
  const { config, logger, background } = frame;
  const registry = newRegistry();
  const connection = await loadConnection({ kubeconfig: config.kubeconfig, env: config.env });
  const connect = (limits: { readonly qps: number; readonly burst: number }): ClosableKubeClient => {
    const client = newKubeClient(connection, { ...clientOptions(config), ...limits, metrics: registry, logger });
    frame.clients.push(client);
    return client;
  };
  const client = connect(config.client);
  const caches = newCaches(config, client, logger);
  const checks = startProbes(frame, registry, caches);
  background.start(
    ...caches.all.map(
      (informer): Task =>
        (own) =>
          informer.run(own),
    ),
  );
  const clusterVersion = await untilDone({ clock: systemClock, logger, signal }, 'version of the cluster', async () =>
    clusterVersionOf(await client.raw('GET', '/version', undefined, { signal })),
  );
  const base: Base = { config, client, caches, logger, registry, clusterVersion };
  const extras = await extrasOf(base);
  Object.assign(checks, extras.checks);
  delete checks['start'];
  background.start(...extras.always);
  const lead = leader(base, extras);
  // renewals must not wait behind other requests, so they have connections and a token bucket of their own
  if (config.election) await elect(base, config.election, { client: connect({ qps: 20, burst: 20 }), lead }, signal);
  else await lead(client, signal);
}

/** Answers probes from the first moment on; returns the checks of readiness, to which more may be added. */
function startProbes(
  { config, logger, background, stopping }: Frame,
  registry: MetricsRegistry,
  caches: Caches,
): Record<string, Check> {
  const lag = new LoopLag(systemClock);
  addProcessMetrics(registry, lag);
  const checks: Record<string, Check> = { caches: syncedCheck(caches.all), start: failing('still starting') };
  checks['stop'] = () => {
    if (stopping()) throw new Error('the process is ending');
  };
  background.start((own) => lag.run(own), ...probeTasks({ config, logger, registry, lag, checks }));
  return checks;
}

type Lead = (writer: KubeClient, term: AbortSignal) => Promise<void>;

/** The controllers of this process, new for each term. */
function leader(base: Base, extras: Extras): Lead {
  const metrics = applicationMetrics(base.registry);
  const engines = { handlebars: new HandlebarsEngine() };
  return (writer, term) =>
    runTogether(
      [
        (own) => newApplicationController({ ...base, engines, metrics }, writer).run(own),
        ...extras.whileLeading.map(
          (task): Task =>
            (own) =>
              task(writer, own),
        ),
      ],
      term,
    );
}

/** Works while the Lease is held; every write asks for it. After losing it the process stands by with warm caches. */
async function elect(
  { client, registry, logger }: Base,
  election: ElectionConfig,
  parts: { readonly client: KubeClient; readonly lead: Lead },
  signal: AbortSignal,
): Promise<void> {
  const { leaseName: name, ...rest } = election;
  const elector: LeaderElector = new LeaderElector({
    ...rest,
    name,
    client: parts.client,
    clock: systemClock,
    random: systemRandom,
    logger,
    metrics: registry,
    onStarted: (term) => parts.lead(gated(client, elector.gate()), term),
  });
  await elector.run(signal);
}

function clientOptions({ version, podName, client }: Config): Omit<KubeClientOptions, 'qps' | 'burst'> {
  return {
    userAgent: `vela-core/${version} (${podName})`,
    clock: systemClock,
    random: systemRandom,
    timeouts: client.timeouts,
  };
}

/** What only some modes have is loaded only by them, which keeps shards small. */
async function extrasOf(base: Base): Promise<Extras> {
  if (base.config.mode === 'slave') return { always: [], whileLeading: [], checks: {} };
  const { newMasterExtras } = await import('./master.ts');
  return newMasterExtras(base);
}
