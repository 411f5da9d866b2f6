import type { KubeObject } from '../../machinery/src/meta.ts';
import { parseApiVersion } from '../../machinery/src/meta.ts';
import type { Health } from './engine.ts';

type Fields = Readonly<Record<string, unknown>>;
type Rule = (object: { spec: Fields; status: Fields; isObserved: boolean }) => Health;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const count = (fields: Fields, name: string, fallback = 0): number =>
  typeof fields[name] === 'number' ? fields[name] : fallback;

const replicated: Rule = ({ spec, status, isObserved }) => {
  const wanted = count(spec, 'replicas', 1);
  const ready = count(status, 'readyReplicas');
  return {
    healthy:
      isObserved &&
      ready === wanted &&
      count(status, 'updatedReplicas') === wanted &&
      count(status, 'replicas') === wanted,
    message: `Ready:${ready}/${wanted}`,
  };
};

const daemonSet: Rule = ({ status, isObserved }) => {
  const wanted = count(status, 'desiredNumberScheduled');
  const ready = count(status, 'numberReady');
  return {
    healthy:
      isObserved &&
      ready === wanted &&
      count(status, 'updatedNumberScheduled') === wanted &&
      count(status, 'currentNumberScheduled') === wanted,
    message: `Ready:${ready}/${wanted}`,
  };
};

const job: Rule = ({ spec, status }) => {
  const [active, failed, succeeded] = [count(status, 'active'), count(status, 'failed'), count(status, 'succeeded')];
  return {
    healthy: succeeded === count(spec, 'parallelism', 1),
    message: `Active/Failed/Succeeded:${active}/${failed}/${succeeded}`,
  };
};

const pod: Rule = ({ status }) => {
  const conditions = Array.isArray(status['conditions']) ? (status['conditions'] as readonly Fields[]) : [];
  const phase = typeof status['phase'] === 'string' ? status['phase'] : 'Pending';
  const isReady = conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True');
  return { healthy: isReady || phase === 'Succeeded', message: phase };
};

/** Waits for an address only where something outside has to give one. */
const service: Rule = ({ spec, status }) => {
  const ingress = fieldsOf(status['loadBalancer'])['ingress'];
  const [first] = Array.isArray(ingress) ? (ingress as readonly Fields[]) : [];
  const address = first?.['ip'] ?? first?.['hostname'];
  if (spec['type'] === 'LoadBalancer') {
    return typeof address === 'string'
      ? { healthy: true, message: `ExternalIP: ${address}` }
      : { healthy: false, message: 'ExternalIP: Pending' };
  }
  const clusterIp = spec['clusterIP'];
  return { healthy: true, message: typeof clusterIp === 'string' ? `ClusterIP: ${clusterIp}` : '' };
};

const claim: Rule = ({ status }) => {
  const phase = typeof status['phase'] === 'string' ? status['phase'] : 'Pending';
  // A claim of a class that waits for its first consumer stays pending until a pod uses it.
  return { healthy: phase !== 'Lost', message: phase };
};

const rules: Readonly<Record<string, Rule>> = {
  'apps/Deployment': replicated,
  'apps/StatefulSet': replicated,
  'apps/ReplicaSet': ({ spec, status, isObserved }) =>
    replicated({ spec, status: { ...status, updatedReplicas: status['replicas'] }, isObserved }),
  'apps/DaemonSet': daemonSet,
  'batch/Job': job,
  '/Pod': pod,
  '/Service': service,
  '/PersistentVolumeClaim': claim,
};

const disableAnnotation = 'app.oam.dev/disable-health-check';

/**
 * Judges a live workload by the rule of its kind; kinds without a rule are healthy and say nothing.
 * The annotation app.oam.dev/disable-health-check makes any workload healthy.
 */
export function workloadHealth(object: KubeObject): Health {
  const rule = rules[`${parseApiVersion(object.apiVersion).group}/${object.kind}`];
  if (!rule) return { healthy: true, message: '' };
  const status = fieldsOf(object['status']);
  const health = rule({
    spec: fieldsOf(object['spec']),
    status,
    isObserved: count(status, 'observedGeneration') >= (object.metadata.generation ?? 0),
  });
  const isDisabled = object.metadata.annotations?.[disableAnnotation] !== undefined;
  return isDisabled ? { ...health, healthy: true } : health;
}
