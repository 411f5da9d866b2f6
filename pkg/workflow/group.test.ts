import { expect, test } from '@jest/globals';
import { groupChange } from './group.ts';
import type { PlannedStep } from './plan.ts';
import type { Run } from './run.ts';

const group = { name: 'g', type: 'step-group', subSteps: [{ name: 'a' }, { name: 'b' }] } as unknown as PlannedStep;
const runWith = (...phases: readonly string[]): Run =>
  ({ steps: new Map(phases.map((phase, i) => ['ab'.charAt(i), { phase }])) }) as unknown as Run;

test.each([
  [['suspending'], { phase: 'suspending' }],
  [['succeeded'], { phase: 'running' }],
  [['succeeded', 'pending'], { phase: 'pending' }],
  [['skipped', 'skipped'], { phase: 'skipped', reason: 'Skip' }],
  [['succeeded', 'skipped'], { phase: 'succeeded' }],
])('a group with steps that are %j is %j', (phases, change) => {
  expect(groupChange(runWith(...phases), group)).toEqual(change);
});
