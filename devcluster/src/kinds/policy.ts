import { shareProblems } from './rolling-update.ts';
import { absent, isRecord, recordOf, stringOf, type JsonRecord } from '../contract/json.ts';
import { selectorProblems } from './label-selector.ts';
import { invalid, Struct, unsupported } from '../contract/problems.ts';
import type { FieldProblem, KindStrategy } from '../contract/strategy.ts';

export const podDisruptionBudget: KindStrategy = {
  hasGeneration: true,
  name: 'path',
  prepareForCreate(object) {
    object['status'] = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  },
  validate(object) {
    const spec = recordOf(object['spec']);
    const both = !absent(spec['minAvailable']) && !absent(spec['maxUnavailable']);
    return [
      ...(both ? [invalid('spec', shownSpec(spec), 'minAvailable and maxUnavailable cannot be both set')] : []),
      ...shareProblems(spec['minAvailable'], 'spec.minAvailable'),
      ...shareProblems(spec['maxUnavailable'], 'spec.maxUnavailable'),
      ...evictionProblems(spec['unhealthyPodEvictionPolicy']),
      ...(isRecord(spec['selector']) ? selectorProblems(spec['selector'], 'spec.selector') : []),
    ];
  },
};

const evictions = ['AlwaysAllow', 'IfHealthyBudget'];

function evictionProblems(policy: unknown): FieldProblem[] {
  if (absent(policy) || evictions.includes(stringOf(policy))) return [];
  return [unsupported('spec.unhealthyPodEvictionPolicy', policy, evictions)];
}

/** A spec as kube-apiserver shows it: by its internal names. */
function shownSpec(spec: JsonRecord): Struct {
  const shown = (key: string): unknown => spec[key] ?? null;
  return new Struct({
    MinAvailable: shown('minAvailable'),
    Selector: shown('selector'),
    MaxUnavailable: shown('maxUnavailable'),
    UnhealthyPodEvictionPolicy: shown('unhealthyPodEvictionPolicy'),
  });
}
