import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { EventSink } from '../../pkg/apis/event-sink.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { labels } from '../../pkg/apis/names.ts';
import { seededRandom } from '../../machinery/src/clock/clock.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { applicationFamilies } from '../../pkg/controllers/family/application.ts';
import { dutyOf } from '../../pkg/controllers/family/duty.ts';
import { Assigner } from '../../pkg/controllers/shard/assignment/assigner.ts';
import { FailoverController } from '../../pkg/controllers/shard/membership/failover.ts';
import { FleetView } from '../../pkg/controllers/shard/membership/fleet-view.ts';
import { ShardStatusController } from '../../pkg/controllers/shard/membership/shard-status.ts';
import { Drainer } from '../../pkg/controllers/shard/moves/drainer.ts';
import { Mover } from '../../pkg/controllers/shard/moves/mover.ts';
import { ScaleIn } from '../../pkg/controllers/shard/scaling/scale-in.ts';
import { Adoption, adoptShard } from '../../pkg/fleet/adoption.ts';
import { ShardRuntime } from '../../pkg/fleet/shard-runtime.ts';
import type { ShardProcess, ShardTerm, ShardWork } from '../../pkg/fleet/shard-runtime.ts';
import { Informer } from '../../pkg/informer/informer.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { newRegistry } from '../../pkg/metrics/registry.ts';
import { Controller } from '../../pkg/reconcile/controller.ts';
import { changesOf } from '../../pkg/reconcile/source.ts';
import type { Task } from '../../pkg/reconcile/tasks.ts';
import { leastLoaded } from '../../pkg/scheduling/drain.ts';
import type { Invitation } from '../../pkg/scheduling/invitation.ts';
import { requestReturn } from '../../pkg/scheduling/return-request.ts';
import { MemoryCluster } from './memory-cluster.ts';

const namespace = 'vela-system';
const lease = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };
const pods: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };

interface Running {
  readonly shard: string;
  readonly stop: AbortController;
  readonly cutOff: () => void;
}

/**
 * A fleet of processes in memory: real elections, adoption, fleet view, assigner, failover, mover and drainer on a fake
 * clock. Its application controllers only acknowledge moves.
 */
export class FleetBed {
  readonly clock = new FakeClock();
  readonly cluster = new MemoryCluster();
  readonly client: KubeClient = this.cluster.client().client;
  /** Events in the order of their records, as `Kind/name reason: message`. */
  readonly events: string[] = [];
  readonly #processes = new Map<string, Running>();
  #random = 0;

  /** Starts a process of a shard; the name is that of its pod. */
  async start(name: string, shard: string): Promise<void> {
    const { client, cutOff } = this.cluster.client();
    const stop = new AbortController();
    this.#processes.set(name, { shard, stop, cutOff });
    await this.client.create(pods, podOf(name, shard));
    const process = this.#processOf(client, name, shard);
    const adoption = new Adoption({
      home: shard,
      logger: silentLogger(),
      adopt: (invitation, signal) => this.#adopt({ client, process, name, invitation }, signal),
    });
    const { runtime, informers } = this.#runtimeOf({ client, process, shard, name }, shard === 'master', {
      onObserved: ({ holder }, notes) => {
        if (holder === identityOf(name)) adoption.follow(notes);
      },
      noteWhileWaiting: (_, notes) => requestReturn(shard, identityOf(name), notes),
    });
    for (const task of [...informers, (s) => runtime.run(s), (s) => adoption.run(s)] as Task[])
      void task(stop.signal).catch(() => undefined);
  }

  /** Stops a process in good order; its pod is gone then. */
  async stop(name: string): Promise<void> {
    this.#processes.get(name)?.stop.abort(new Error('stopped'));
    await this.#removePod(name);
  }

  /** Kills a process: none of its requests succeeds any more, and its pod is gone. */
  async kill(name: string): Promise<void> {
    const process = this.#processes.get(name);
    process?.cutOff();
    process?.stop.abort(new Error('killed'));
    await this.#removePod(name);
  }

  async end(): Promise<void> {
    for (const { stop, cutOff } of this.#processes.values()) {
      cutOff();
      stop.abort(new Error('end'));
    }
    this.cluster.end();
    await this.clock.advance(60_000);
  }

  async #removePod(name: string): Promise<void> {
    this.#processes.delete(name);
    await this.client.delete(pods, { name, namespace });
  }

  #parts() {
    this.#random += 1;
    return { clock: this.clock, random: seededRandom(this.#random), logger: silentLogger() };
  }

  #processOf(client: KubeClient, name: string, shard: string): ShardProcess {
    return {
      client,
      leaseClient: client,
      ...this.#parts(),
      registry: newRegistry(),
      podName: name,
      identity: { homeShard: shard, version: '1.0.0' },
      crashes: { suspects: [] },
      workers: 4,
      reconcileTimeoutMs: 60_000,
      join: () => Promise.resolve(),
    };
  }

  #runtimeOf(
    { client, process, shard, name, drainOnly = false }: RuntimeParts,
    isMaster: boolean,
    hooks: ShardWork['hooks'],
  ): { readonly runtime: ShardRuntime; readonly informers: readonly Task[] } {
    const labelSelector = `${labels.scheduledShardId}=${shard}`;
    const applications = new Informer<Application>({
      client,
      ...this.#parts(),
      resource: applicationResource,
      labelSelector,
    });
    const master = isMaster ? this.#masterOf(client) : undefined;
    const runtime = new ShardRuntime(process, {
      shard,
      election: {
        ...lease,
        namespace,
        lease: shard === 'master' ? 'kubevela' : `kubevela-${shard}`,
        identity: identityOf(name),
        podPrefix: undefined,
      },
      hooks,
      applications,
      drainOnly,
      extras: master?.whileLeading ?? [],
      newTerm: ({ writer }) => this.#termOf(writer, applications, shard, drainOnly),
    });
    return { runtime, informers: [(signal) => applications.run(signal), ...(master?.always ?? [])] };
  }

  /** An application controller that only acknowledges moves. */
  #termOf(writer: KubeClient, applications: Informer<Application>, shard: string, drainOnly: boolean): ShardTerm {
    const controller = new Controller({
      ...this.#parts(),
      name: `application-${shard}`,
      sources: [changesOf(applications)],
      workers: 1,
      stopGraceMs: 1_000,
      reconcile: async (key, { signal }) => {
        const application = applications.get(key);
        const duty = application && dutyOf(application, shard, drainOnly);
        if (duty?.do === 'write')
          await applicationFamilies.writeOwnership(writer, application as KubeObject, duty.ownership, signal);
        return {};
      },
    });
    return { controller, run: (signal) => controller.run(signal) };
  }

  #adopt(
    { client, process, name, invitation }: Omit<RuntimeParts, 'shard'> & { readonly invitation: Invitation },
    signal: AbortSignal,
  ): Promise<void> {
    const { shard, drain: drainOnly = false } = invitation;
    let informers: readonly Task[] = [];
    const adoption = {
      invitation,
      identity: identityOf(name),
      logger: silentLogger(),
      informers: [(own: AbortSignal) => Promise.all(informers.map((task) => task(own))).then(() => undefined)],
      work: (hooks: ShardWork['hooks'], own: AbortSignal) => {
        const adopted = this.#runtimeOf({ client, process, shard, name, drainOnly }, false, hooks);
        informers = adopted.informers;
        return adopted.runtime.run(own);
      },
    };
    return adoptShard(adoption, signal);
  }

  #masterOf(client: KubeClient): { always: readonly Task[]; whileLeading: ShardWork['extras'] } {
    const parts = { client, ...this.#parts() };
    const events: EventSink = {
      event: (object, _type, reason, message) => {
        this.events.push(`${object.kind}/${object.metadata.name ?? ''} ${reason}: ${message}`);
      },
    };
    const { leaseDurationMs } = lease;
    const view = new FleetView({ ...parts, namespace, leaseNamespace: namespace, leaseDurationMs, resyncPeriodMs: 0 });
    const shared = { ...parts, view, events, metrics: newRegistry() };
    const exists = (shard: string): boolean => !view.synced || view.known().includes(shard);
    const mover = new Mover({ ...shared, exists });
    const scaleIn = new ScaleIn({ ...parts, namespace });
    const assigner = new Assigner({
      ...shared,
      fleet: view,
      pick: () => Promise.resolve(leastLoaded(view.shards().filter(({ isAvailable }) => isAvailable))?.id),
      known: () => (view.synced ? ['master', ...view.known()] : undefined),
      strayGraceMs: 2 * leaseDurationMs,
    });
    const rules = { mode: 'adopt' as const, leaseDurationMs, ownGraceMs: 5_000, absentGraceMs: 2_000 };
    const controllers = [
      mover,
      assigner,
      new ShardStatusController(shared),
      new FailoverController({ ...shared, leaseNamespace: namespace, rules }),
      new Drainer({ ...shared, scaleIn, underWay: () => mover.list(), rules: { lastResort: 'master' } }),
    ];
    return {
      always: [
        view,
        { run: mover.watch.bind(mover) },
        { run: assigner.watch.bind(assigner) },
        { run: scaleIn.watch.bind(scaleIn) },
      ].map(
        (part): Task =>
          (signal) =>
            part.run(signal),
      ),
      whileLeading: controllers.map((controller) => (writer, signal) => controller.run(writer, signal)),
    };
  }
}

interface RuntimeParts {
  readonly client: KubeClient;
  readonly process: ShardProcess;
  readonly shard: string;
  readonly name: string;
  readonly drainOnly?: boolean;
}

const identityOf = (name: string): string => `${name}_1`;

const podOf = (name: string, shard: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { [labels.shardId]: shard, 'app.kubernetes.io/name': 'vela-core' } },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
});
