import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { FakeClock } from '../../../machinery/src/clock/fake.ts';
import { budgetStatus } from './disruption.ts';
import type { BudgetSpec } from './disruption.ts';

const pod = (name: string, isReady = true): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
});
const budget = (spec: BudgetSpec, status?: object): KubeObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'b', generation: 4 },
  spec,
  ...(status && { status }),
});
const pods = (ready: number, others = 0): KubeObject[] =>
  Array.from({ length: ready + others }, (_, i) => pod(`p${i}`, i < ready));

// [spec, ready, not ready, scale] -> [allowed, healthy, desired, expected]
test.each<[BudgetSpec, [number, number, number], [number, number, number, number]]>([
  [{ minAvailable: 2 }, [3, 0, 3], [1, 3, 2, 3]],
  [{ minAvailable: 2 }, [1, 2, 3], [0, 1, 2, 3]],
  [{ minAvailable: '50%' }, [5, 0, 5], [2, 5, 3, 5]],
  [{ minAvailable: '50%' }, [4, 0, 5], [1, 4, 3, 5]],
  [{ maxUnavailable: 1 }, [3, 0, 3], [1, 3, 2, 3]],
  [{ maxUnavailable: 1 }, [2, 1, 3], [0, 2, 2, 3]],
  [{ maxUnavailable: '30%' }, [10, 0, 10], [3, 10, 7, 10]],
  [{ maxUnavailable: 5 }, [2, 0, 2], [2, 2, 0, 2]],
  [{ maxUnavailable: 1 }, [0, 0, 0], [0, 0, 0, 0]],
  [{}, [1, 0, 1], [0, 1, 1, 1]],
])('%j with %j', (spec, [ready, others, scale], [allowed, healthy, desired, expected]) => {
  expect(budgetStatus(budget(spec), pods(ready, others), scale, new FakeClock())).toMatchObject({
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    observedGeneration: 4,
    conditions: [{ type: 'DisruptionAllowed', status: allowed > 0 ? 'True' : 'False' }],
  });
});

test('an evicted pod counts as gone until it is, or until its deletion must have failed', async () => {
  const clock = new FakeClock();
  const disruptedPods = { p0: new Date(clock.now()).toISOString(), gone: new Date(clock.now()).toISOString() };
  const evicted = budget({ minAvailable: 2 }, { disruptedPods });
  expect(budgetStatus(evicted, pods(3), 3, clock)).toMatchObject({
    currentHealthy: 2,
    disruptionsAllowed: 0,
    disruptedPods: { p0: disruptedPods.p0 },
  });
  await clock.advance(2 * 60_000 + 1000);
  const later = budgetStatus(evicted, pods(3), 3, clock);
  expect(later.disruptionsAllowed).toBe(1);
  expect(later.disruptedPods).toBeUndefined();
});
