import { autoscalerProblems } from './autoscaler-validation.ts';
import { child, fill, isRecord, recordsOf, type JsonRecord } from '../contract/json.ts';
import { fillNull } from './pod.ts';
import type { KindStrategy } from '../contract/strategy.ts';

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
