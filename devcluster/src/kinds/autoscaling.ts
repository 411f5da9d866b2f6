import type { KubeObject } from '../../../machinery/src/meta.ts';
import { child, fill, isRecord, recordOf, recordsOf, stringOf, type JsonRecord } from '../contract/json.ts';
import { fillNull } from './pod.ts';
import { invalid, required, unsupported } from '../contract/problems.ts';
import type { FieldProblem, KindStrategy } from '../contract/strategy.ts';

const usualUtilization = 80;

function cpuMetric(): JsonRecord {
  const target = { type: 'Utilization', averageUtilization: usualUtilization };
  return { type: 'Resource', resource: { name: 'cpu', target } };
}

/** autoscaling/v2. */
export const autoscaler: KindStrategy = {
  default(object) {
    const spec = child(object, 'spec');
    fill(spec, { minReplicas: 1 });
    if (recordsOf(spec['metrics']).length === 0) spec['metrics'] = [cpuMetric()];
    if (isRecord(spec['behavior'])) defaultBehavior(spec['behavior']);
    const status = child(object, 'status');
    fillNull(status, ['currentMetrics']);
    for (const condition of recordsOf(status['conditions'])) fillNull(condition, ['lastTransitionTime']);
  },
  prepareForCreate(object) {
    object['status'] = { desiredReplicas: 0, currentMetrics: null };
  },
  validate: autoscalerProblems,
};

/** autoscaling/v1, which knows CPU only. */
export const oldAutoscaler: KindStrategy = {
  default(object) {
    fill(child(object, 'spec'), { minReplicas: 1, targetCPUUtilizationPercentage: usualUtilization });
  },
  prepareForCreate(object) {
    object['status'] = { currentReplicas: 0, desiredReplicas: 0 };
  },
  validate: autoscalerProblems,
};

const anyPercent = { type: 'Percent', value: 100, periodSeconds: 15 };

function defaultBehavior(behavior: JsonRecord): void {
  fill(child(behavior, 'scaleUp'), {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, { ...anyPercent }],
  });
  fill(child(behavior, 'scaleDown'), { selectPolicy: 'Max', policies: [{ ...anyPercent }] });
}

function autoscalerProblems(object: KubeObject): FieldProblem[] {
  const spec = recordOf(object['spec']);
  const min = Number(spec['minReplicas'] ?? 1);
  const max = Number(spec['maxReplicas'] ?? 0);
  const problems: FieldProblem[] = [];
  if (min < 1) problems.push(invalid('spec.minReplicas', min, 'must be greater than or equal to 1'));
  if (max < 1) problems.push(invalid('spec.maxReplicas', max, 'must be greater than 0'));
  if (max < min) problems.push(invalid('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'));
  const target = recordOf(spec['scaleTargetRef']);
  for (const key of ['kind', 'name']) {
    if (stringOf(target[key]) === '') problems.push(required(`spec.scaleTargetRef.${key}`));
  }
  return [...problems, ...metricProblems(recordsOf(spec['metrics']))];
}

const metricTypes = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];

function metricProblems(metrics: readonly JsonRecord[]): FieldProblem[] {
  return metrics.flatMap((metric, i) => {
    const type = stringOf(metric['type']);
    const field = `spec.metrics[${i}]`;
    if (type === '') return [required(`${field}.type`, 'must specify a metric source type')];
    if (!metricTypes.includes(type)) return [unsupported(`${field}.type`, type, metricTypes)];
    const key = type.replace(/^./, (c) => c.toLowerCase());
    if (isRecord(metric[key])) return [];
    return [required(`${field}.${key}`, 'must populate information for the given metric source')];
  });
}
