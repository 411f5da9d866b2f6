import { countProblems } from './rolling-update.ts';
import { absent, isRecord, recordOf } from '../contract/json.ts';
import { selectorProblems } from './label-selector.ts';
import { invalid } from '../contract/problems.ts';
import type { KindStrategy } from '../contract/strategy.ts';

export const podDisruptionBudget: KindStrategy = {
  hasGeneration: true,
  prepareForCreate(object) {
    object['status'] = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  },
  validate(object) {
    const spec = recordOf(object['spec']);
    const both = !absent(spec['minAvailable']) && !absent(spec['maxUnavailable']);
    return [
      ...(both ? [invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set')] : []),
      ...countProblems(spec['minAvailable'], 'spec.minAvailable'),
      ...countProblems(spec['maxUnavailable'], 'spec.maxUnavailable'),
      ...(isRecord(spec['selector']) ? selectorProblems(spec['selector'], 'spec.selector') : []),
    ];
  },
};
