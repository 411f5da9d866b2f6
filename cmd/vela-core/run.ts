import { loadConnection } from '../../pkg/client/connection.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import type { ClosableKubeClient, KubeClientOptions } from '../../pkg/client/http-client.ts';
import { AdaptiveLimit } from '../../machinery/src/clock/adaptive-limit.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { applicationMetrics } from '../../pkg/controllers/application/metrics.ts';
import { CrashRecord } from '../../pkg/fleet/crash-record.ts';
import { FleetConflicts } from '../../pkg/fleet/conflicts.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import { newRegistry } from '../../pkg/metrics/registry.ts';
import type { MetricsRegistry } from '../../pkg/metrics/registry.ts';
import type { Check } from '../../pkg/probes/checks.ts';
import { LoopLag } from '../../pkg/probes/loop-lag.ts';
import { addProcessMetrics } from '../../pkg/probes/process-metrics.ts';
import { showConcurrencyLimit } from '../../pkg/reconcile/metrics.ts';
import { Background, runTogether, untilDone } from '../../pkg/reconcile/tasks.ts';
import type { Task } from '../../pkg/reconcile/tasks.ts';
import { clusterVersionOf } from '../../pkg/render/context.ts';
import { CueExpressions } from '../../pkg/render/cue/cue-expressions.ts';
import { ThreadedCueEngine } from '../../pkg/render/cue/threaded-cue-engine.ts';
import type { Engines } from '../../pkg/render/engine.ts';
import { HandlebarsEngine } from '../../pkg/render/handlebars-engine.ts';
import type { Base, Extras } from './base.ts';
import { newDefinitionCaches, newShardCaches } from './caches.ts';
import type { RunningInformer } from './caches.ts';
import type { Config } from './config.ts';
import { failing, probeTasks, syncedCheck } from './probes.ts';
import { fleetMembership, shardTasks } from './shards.ts';
import type { ProcessParts } from './shards.ts';

/**
 * Runs one process of the fleet until the signal aborts: caches, probes and webhooks at once, controllers while the
 * Lease is held. Then it ends the work, releases the Lease and returns. Throws the first failure of a task.
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
  const pressure = newPressure(config, registry);
  const onAnswer = (status: number): void => {
    if (status === 429) pressure.tooMuch();
    else if (status < 400) pressure.well();
  };
  const connection = await loadConnection({ kubeconfig: config.kubeconfig, env: config.env });
  const connect = (limits: { readonly qps: number; readonly burst: number }): ClosableKubeClient => {
    const options = { ...clientOptions(config), ...limits, metrics: registry, logger, onAnswer };
    const client = newKubeClient(connection, options);
    frame.clients.push(client);
    return client;
  };
  const client = connect(config.client);
  const parts = { client, logger, informerResyncMs: config.informerResyncMs };
  const definitions = newDefinitionCaches(parts);
  const caches = newShardCaches(parts, config.sharding?.shard);
  const informers = [...caches.all, ...Object.values(definitions)];
  const checks = startProbes(frame, registry, informers);
  background.start(
    ...informers.map(
      (informer): Task =>
        (own) =>
          informer.run(own),
    ),
  );
  const clusterVersion = await untilDone({ clock: systemClock, logger, signal }, 'version of the cluster', async () =>
    clusterVersionOf(await client.raw('GET', '/version', undefined, { signal })),
  );
  const conflicts = new FleetConflicts(registry);
  checks['fleet'] = conflicts.check;
  await awaitAdmission({ config, client, logger, conflicts }, signal);
  const engines = newEngines(config);
  const base: Base = { config, client, definitions, engines, logger, registry, clusterVersion, conflicts };
  const extras = await extrasOf(base);
  Object.assign(checks, extras.checks);
  delete checks['start'];
  background.start(...extras.always);
  const process: ProcessParts = {
    ...base,
    leaseClient: config.election ? connect({ qps: 20, burst: 20 }) : client,
    metrics: applicationMetrics(registry),
    crashes: openCrashRecord(config, logger),
    pressure,
  };
  try {
    await runTogether(shardTasks(process, caches, extras), signal);
  } finally {
    process.crashes.journal?.close();
  }
}

/** Waits, not ready, while the fleet of another namespace works on the Applications. */
async function awaitAdmission(
  { conflicts, ...parts }: Pick<Base, 'config' | 'client' | 'logger' | 'conflicts'>,
  signal: AbortSignal,
): Promise<void> {
  const onConflict = (message: string | undefined): void => {
    conflicts.report(parts, message);
  };
  await fleetMembership(parts, parts.config.sharding?.shard, onConflict).admitted(signal);
}

function newEngines({ application }: Config): Engines {
  const { listArithmetic } = application;
  return {
    handlebars: new HandlebarsEngine(),
    cue: new ThreadedCueEngine({ clock: systemClock, listArithmetic }),
    expressions: new CueExpressions(),
  };
}

/** A limit of concurrent reconciles that adapts to the API server, up to the configured number. */
function newPressure({ application }: Config, registry: MetricsRegistry): AdaptiveLimit {
  const limit = new AdaptiveLimit({ max: application.concurrentReconciles, clock: systemClock });
  showConcurrencyLimit(registry, () => limit.value);
  return limit;
}

/** Without a writable folder, crashes are not recorded. */
function openCrashRecord({ journalDir, podName }: Config, logger: Logger): CrashRecord {
  try {
    return CrashRecord.open(journalDir, podName, systemClock);
  } catch (error) {
    logger.warn({ err: error }, 'failed to open the journal, crashes will not be recorded');
    return CrashRecord.none(systemClock);
  }
}

/** Starts the probe servers; returns the checks of readiness, to which more may be added. */
function startProbes(
  { config, logger, background, stopping }: Frame,
  registry: MetricsRegistry,
  informers: readonly RunningInformer[],
): Record<string, Check> {
  const lag = new LoopLag(systemClock);
  addProcessMetrics(registry, lag);
  const checks: Record<string, Check> = { caches: syncedCheck(informers), start: failing('still starting') };
  checks['stop'] = () => {
    if (stopping()) throw new Error('the process is ending');
  };
  background.start((own) => lag.run(own), ...probeTasks({ config, logger, registry, lag, checks }));
  return checks;
}

function clientOptions({ version, podName, client }: Config): Omit<KubeClientOptions, 'qps' | 'burst'> {
  return {
    userAgent: `vela-core/${version} (${podName})`,
    clock: systemClock,
    random: systemRandom,
    timeouts: client.timeouts,
  };
}

/** Parts of some modes are loaded by those only, which keeps shards small. */
async function extrasOf(base: Base): Promise<Extras> {
  if (base.config.mode === 'slave') return { always: [], whileLeading: [], checks: {} };
  const { newMasterExtras } = await import('./master.ts');
  return newMasterExtras(base);
}
