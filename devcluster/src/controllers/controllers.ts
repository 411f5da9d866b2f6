import type { ControllerContext } from './context.ts';
import { startCronJobs } from './cron-job.ts';
import { startDaemonSets } from './daemon-set.ts';
import { startDeployments } from './deployment.ts';
import { startDisruptionBudgets } from './disruption.ts';
import { startEndpoints } from './endpoints.ts';
import { GarbageCollector } from './garbage-collector.ts';
import { startInfrastructure } from './infrastructure.ts';
import { startJobs } from './job.ts';
import { startNamespaces } from './namespace.ts';
import { startReplicaSets } from './replica-set.ts';
import { startServiceAccounts } from './service-account.ts';
import { startStatefulSets } from './stateful-set.ts';
import { startStorageProtection } from './storage-protection.ts';

/** Starts every controller of the cluster; they work until the signal aborts. */
export function startControllers(context: ControllerContext, signal: AbortSignal): void {
  startServiceAccounts(context, signal);
  startNamespaces(context, signal);
  new GarbageCollector(context).start(signal);
  startReplicaSets(context, signal);
  startDeployments(context, signal);
  startStatefulSets(context, signal);
  startDaemonSets(context, signal);
  startJobs(context, signal);
  startCronJobs(context, signal);
  startDisruptionBudgets(context, signal);
  startEndpoints(context, signal);
  startInfrastructure(context, signal);
  startStorageProtection(context, signal);
}
