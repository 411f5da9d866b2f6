import { withCondition } from '../../../apis/conditions.ts';
import { fenceRefusalOf } from '../../../apis/fence.ts';
import { fleetName, fleetResource } from '../../../apis/fleet.ts';
import type { Fleet } from '../../../apis/fleet.ts';
import { reviewSelf } from '../../../apis/holder.ts';
import { ApiError, ignoreNotFound } from '../../../apis/api-error.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { Condition, KubeObject, Resource } from '../../../../machinery/src/meta.ts';
import { labels } from '../../../apis/names.ts';
import { resourceTrackerResource } from '../../../apis/resource-tracker.ts';
import type { Clock } from '../../../../machinery/src/clock/clock.ts';
import { fieldManager } from '../../../dispatch/field-manager.ts';
import type { Logger } from '../../../../machinery/src/logging/logger.ts';
import { gauge } from '../../../metrics/declare.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import { masterShard } from '../../../scheduling/pick.ts';
import { patchStatus } from '../patch-status.ts';
import { assignmentProof } from '../assignment/assignment-proof.ts';
import type { Proof } from '../assignment/assignment-proof.ts';
import type { EventSink } from '../../../apis/event-sink.ts';
import { PeriodicTask } from '../../../reconcile/periodic-task.ts';
import { done } from '../../../reconcile/result.ts';

export interface FenceProofOptions {
  /** Namespace of the dry-run objects; nothing is stored. */
  readonly namespace: string;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
  /** Default 15 s. */
  readonly periodMs?: number;
}

/** A name that no shard can have, so that no process holds it. */
const noShard = 'proof.invalid';
const configMaps: Resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const remedy = 'run `vela install` with the values of the installation to put the policies and their bindings back';

/**
 * Proves periodically that the policies in the API server judge by the present state: a write for a shard that this process
 * does not hold must be refused, one for its own must pass, and a new Application must get the shard of the table. All
 * requests are dry runs.
 */
export class FenceProof {
  readonly #options: FenceProofOptions;
  readonly #enforced;
  readonly #task: PeriodicTask;

  constructor(options: FenceProofOptions) {
    this.#options = options;
    this.#enforced = gauge(options.metrics, {
      name: 'flotilla_policy_enforced',
      help: 'Whether a dry run proves that a policy in the API server uses the current state (fences, assignment): 1 yes, 0 no, -1 unknown',
      labelNames: ['policy'],
    });
    const { clock, logger, periodMs = 15_000 } = options;
    this.#task = new PeriodicTask({ clock, logger, periodMs, name: 'proof of the policies' });
  }

  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    await this.#task.run(async () => {
      await this.prove(client, signal);
      return done;
    }, signal);
  }

  /** Proves every policy once, and writes changes to the Fleet. */
  async prove(client: KubeClient, signal: AbortSignal): Promise<void> {
    const fleet = await ignoreNotFound(client.get<Fleet>(fleetResource, { name: fleetName }, { signal }));
    const fences = await this.#proveFences(client, signal);
    const assignment = await assignmentProof(client, { fleet, namespace: this.#options.namespace, signal });
    this.#count('fences', fences);
    this.#count('assignment', assignment);
    if (fleet) await this.#report(client, fleet, { FencesEnforced: fences, AssignmentEnforced: assignment }, signal);
  }

  async #proveFences(client: KubeClient, signal: AbortSignal): Promise<Proof> {
    const served = await client
      .resourceFor('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy')
      .catch(() => undefined);
    if (!served)
      return {
        status: 'Unknown',
        reason: 'Unsupported',
        message:
          'the API server knows no ValidatingAdmissionPolicy (Kubernetes 1.30): only the gate in the controllers holds stale writers back',
      };
    const self = await reviewSelf(client, signal);
    if (self && !self.username.startsWith('system:serviceaccount:'))
      return {
        status: 'Unknown',
        reason: 'NotJudged',
        message: `this process is ${self.username} to the API server, and fences judge the ServiceAccounts of the controllers alone`,
      };
    const problems = [
      ...(await this.#problems(client, 'family', trackerOf, signal)),
      ...(await this.#problems(client, 'delivered', (shard) => this.#deliveredOf(shard), signal)),
    ];
    return problems.length === 0
      ? { status: 'True', reason: 'Proven', message: 'stale writers are refused and holders are not' }
      : { status: 'False', reason: 'NotEnforced', message: problems.join('; ') };
  }

  async #problems(
    client: KubeClient,
    fence: string,
    objectOf: (shard: string) => KubeObject,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const problems: string[] = [];
    const outcome = await this.#outcome(client, objectOf(noShard), signal);
    if (outcome === undefined)
      problems.push(`the fence of ${fence} resources lets writes of stale writers through; ${remedy}`);
    const own = await this.#outcome(client, objectOf(masterShard), signal);
    if (own !== undefined)
      problems.push(`the fence of ${fence} resources refuses the holder of shard ${masterShard}: ${own}`);
    return problems;
  }

  /** The refusal of a fence; undefined where none refused. */
  async #outcome(client: KubeClient, object: KubeObject, signal: AbortSignal): Promise<string | undefined> {
    const resource = object.kind === 'ConfigMap' ? configMaps : resourceTrackerResource;
    try {
      await client.create(resource, object, { fieldManager, dryRun: true, signal });
      return undefined;
    } catch (error) {
      if (fenceRefusalOf(error)) return (error as Error).message;
      if (error instanceof ApiError && error.code === 409) return undefined;
      throw error;
    }
  }

  #deliveredOf(shard: string): KubeObject {
    const { namespace } = this.#options;
    const own = { [labels.appName]: 'fence-proof', [labels.appNamespace]: namespace, [labels.deliveredBy]: shard };
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'fence-proof', namespace, labels: own } };
  }

  #count(policy: string, { status }: Proof): void {
    this.#enforced.set({ policy }, { True: 1, False: 0, Unknown: -1 }[status]);
  }

  async #report(
    client: KubeClient,
    fleet: Fleet,
    proofs: Readonly<Record<string, Proof>>,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, events, logger } = this.#options;
    const before = fleet.status?.conditions ?? [];
    const conditions = Object.entries(proofs).reduce<readonly Condition[]>(
      (all, [type, proof]) => withCondition(all, { type, ...proof }, clock.now()),
      before,
    );
    if (conditions === before) return;
    const patch = { resource: fleetResource, object: fleet, status: { conditions } };
    if (!(await patchStatus(client, patch, signal))) return;
    for (const [type, { status, reason, message }] of Object.entries(proofs)) {
      const old = before.find((one) => one.type === type);
      if (old?.status === status && old.message === message) continue;
      if (status === 'False')
        logger.error({ condition: type, reason: message }, 'policy in the API server is not enforced');
      if (status === 'False' || old?.status === 'False')
        events.event(fleet, status === 'False' ? 'Warning' : 'Normal', type, `${reason}: ${message}`);
    }
  }
}

const trackerOf = (shard: string): KubeObject => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'ResourceTracker',
  metadata: { name: 'fence-proof', labels: { [labels.scheduledShardId]: shard } },
  spec: { type: 'root', applicationGeneration: 0 },
});
