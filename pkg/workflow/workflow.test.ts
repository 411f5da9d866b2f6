import { describe, expect, test } from '@jest/globals';
import type { WorkflowStatus } from '../apis/application-status.ts';
import type { WorkflowStep } from '../apis/workflow.ts';
import { fakeExpressions } from '../../test/support/application-bed.ts';
import { advance } from './advance.ts';
import { inOrder } from './order.ts';
import type { Decision } from './condition.ts';
import { decide } from './condition.ts';
import { planWorkflow } from './generate.ts';
import type { WorkflowPlan } from './plan.ts';
import type { Run } from './run.ts';
import { newRun, runStatus, storedRun } from './run.ts';
import type { Outcome, RetryLimits } from './settle.ts';
import { msToNextAttempt, runPhase, settle } from './settle.ts';

const limits = { maxFailures: 3, maxWaitBackoffMs: 60_000, maxFailedBackoffMs: 300_000 };
const start = Date.UTC(2026, 0, 1);
const context = { name: 'app' };
const components = ['a', 'b', 'c'].map((name) => ({ name, type: 'web' }));

function plan(steps: readonly (Partial<WorkflowStep> & { readonly name: string })[], mode?: string): WorkflowPlan {
  const typed = steps.map((s) => ({ type: 'deploy', ...s }));
  const result = planWorkflow({
    workflow: { steps: typed, ...(mode !== undefined && { mode: { steps: mode } }) },
    referred: undefined,
    components,
    policies: [],
  });
  if (!result.ok) throw new Error(result.problems.join('; '));
  return result.plan;
}

/** What executing a step comes to, by step name; a list is one outcome for each pass. */
type Script = Readonly<Record<string, Outcome | readonly Outcome[]>>;
const ok: Outcome = { kind: 'succeeded' };
const wait: Outcome = { kind: 'waiting', message: 'not yet' };
const fail: Outcome = { kind: 'failed', reason: 'Execute', message: 'boom' };
const broken: Outcome = { kind: 'failed', reason: 'Action', message: 'bad' };

/** Plays a run and returns one line for each pass: the phase, what was executed, and the state of the steps. */
class Player {
  readonly plan: WorkflowPlan;
  run: Run = newRun('app-v1', start);
  limits: RetryLimits = limits;
  now = start;
  #ids = 0;
  readonly #script: Script;
  readonly #executions = new Map<string, number>();

  constructor(of: WorkflowPlan, script: Script = {}) {
    this.plan = of;
    this.#script = script;
  }

  async pass(): Promise<string> {
    const visited = new Set<string>();
    const executed: string[] = [];
    const moment = { now: this.now, newId: () => `id${++this.#ids}` };
    let decisions = new Map<string, Decision>();
    let round = { before: this.run, visited: new Set<string>() };
    for (;;) {
      const next = advance(this.run, { plan: this.plan, context, visited, decisions, ...moment });
      this.run = next.run;
      const state = { plan: this.plan, run: this.run, context };
      const decided = next.undecided.map(async (s) => [s.name, await decide(s, state, fakeExpressions)] as const);
      decisions = new Map(await Promise.all(decided));
      if (decisions.size > 0) continue;
      if (next.ready.length === 0) break;
      for (const step of next.ready) {
        visited.add(step.name);
        executed.push(step.name);
        this.run = settle(this.run, { step, outcome: this.#outcome(step.name) }, this.limits, moment);
      }
      this.run = inOrder(this.run, this.plan, round);
      round = { before: this.run, visited: new Set(visited) };
    }
    this.run = inOrder(this.run, this.plan, round);
    // Everything that a successor knows comes from what is stored.
    const { failures, variables, marks } = this.run;
    const phase = runPhase(this.plan, this.run);
    const stored = JSON.parse(JSON.stringify(runStatus(this.plan, this.run, phase))) as WorkflowStatus;
    this.run = storedRun(stored, { failures, variables, marks });
    return `${phase} [${executed.join(' ')}] ${this.states()}`;
  }

  states(): string {
    return [...this.run.steps.values()]
      .map((s) => `${s.name ?? ''}:${s.phase ?? ''}${s.reason ? `/${s.reason}` : ''}`)
      .join(' ');
  }

  next(): number | undefined {
    return msToNextAttempt(this.plan, this.run, this.limits, this.now);
  }

  #outcome(name: string): Outcome {
    const scripted = this.#script[name] ?? ok;
    if (!Array.isArray(scripted)) return scripted as Outcome;
    const count = this.#executions.get(name) ?? 0;
    this.#executions.set(name, count + 1);
    const list = scripted as readonly Outcome[];
    return list[Math.min(count, list.length - 1)] ?? ok;
  }
}

async function play(of: WorkflowPlan, script: Script, passes: number): Promise<string[]> {
  const player = new Player(of, script);
  const lines: string[] = [];
  for (let i = 0; i < passes; i++) lines.push(await player.pass());
  return lines;
}

describe('a run', () => {
  test.each([
    {
      name: 'step by step goes on in one pass as far as it can',
      steps: [{ name: 'a' }, { name: 'b' }],
      script: { b: [wait, ok] },
      want: ['executing [a b] a:succeeded b:running/Wait', 'succeeded [b] a:succeeded b:succeeded'],
    },
    {
      name: 'step by step does not begin a step before the one in front of it has finished',
      steps: [{ name: 'a' }, { name: 'b' }],
      script: { a: [wait, ok] },
      want: ['executing [a] a:running/Wait', 'succeeded [a b] a:succeeded b:succeeded'],
    },
    {
      name: 'as a graph begins everything that waits for nothing',
      mode: 'DAG',
      steps: [{ name: 'a' }, { name: 'b', dependsOn: ['a'] }, { name: 'c' }],
      script: { a: [wait, ok] },
      want: [
        'executing [a c] a:running/Wait c:succeeded b:pending',
        'succeeded [a b] a:succeeded c:succeeded b:succeeded',
      ],
    },
    {
      name: 'tries a failing step again and gives up in the end, skipping the rest',
      steps: [{ name: 'a' }, { name: 'b' }],
      script: { a: fail },
      want: [
        'executing [a] a:failed/Execute',
        'executing [a] a:failed/Execute',
        'failed [a] a:failed/FailedAfterRetries b:skipped/Skip',
      ],
    },
    {
      name: 'ends at once with a step that can never succeed, but runs what always runs',
      steps: [{ name: 'a' }, { name: 'b' }, { name: 'c', if: 'always' }],
      script: { a: broken },
      want: ['failed [a c] a:failed/Action b:skipped/Skip c:succeeded'],
    },
    {
      name: 'decides by the state of other steps',
      steps: [
        { name: 'a' },
        { name: 'on-failure', if: 'status.a.failed' },
        { name: 'on-success', if: 'status.a.succeeded' },
      ],
      script: {},
      want: ['succeeded [a on-success] a:succeeded on-failure:skipped/Skip on-success:succeeded'],
    },
    {
      name: 'fails a step at once if its condition cannot be evaluated',
      steps: [{ name: 'a' }, { name: 'gate', if: 'status.unknown.failed' }, { name: 'b' }],
      script: {},
      want: ['failed [a] a:succeeded gate:failed/Expression b:skipped/Skip'],
    },
    {
      name: 'skips a step if an operator of its condition does not fit the values',
      steps: [{ name: 'a' }, { name: 'gate', if: 'status.a.phase + 1 == 2' }, { name: 'b', if: 'status.gate.skipped' }],
      script: {},
      want: ['succeeded [a b] a:succeeded gate:skipped/Skip b:succeeded'],
    },
    {
      name: 'fails a step at once if its condition is no expression',
      steps: [{ name: 'gate', if: 'foo(' }, { name: 'b' }],
      script: {},
      want: ['failed [] gate:failed/Expression b:skipped/Skip'],
    },
    {
      name: 'fails a step if its condition is no boolean',
      steps: [{ name: 'a', if: '1 + 1' }],
      script: {},
      want: ['failed [] a:failed/Expression'],
    },
    {
      name: 'shows the steps of a DAG in the order of their first execution',
      mode: 'DAG',
      steps: [
        { name: 'a', dependsOn: ['b'] },
        { name: 'b', dependsOn: ['c'] },
        { name: 'c' },
        { name: 'd', if: 'false' },
      ],
      script: {},
      want: ['succeeded [c b a] c:succeeded d:skipped/Skip a:succeeded b:succeeded'],
    },
    {
      name: 'shows no step of a DAG that waits while nothing was executed',
      mode: 'DAG',
      steps: [{ name: 'a', dependsOn: ['b'] }, { name: 'b' }],
      script: { b: wait },
      want: ['executing [b] b:running/Wait a:pending'],
    },
    {
      name: 'knows the step of a component by the component too',
      steps: [
        { name: 'first', type: 'apply-component', properties: { component: 'a' } },
        { name: 'b', if: 'status.a.succeeded && status.first.succeeded' },
      ],
      script: {},
      want: ['succeeded [first b] first:succeeded b:succeeded'],
    },
    {
      name: 'gives null for an output of a step that failed without it',
      steps: [
        { name: 'a', outputs: [{ name: 'v', valueFrom: 'output.x' }] },
        { name: 'b', if: 'always', inputs: [{ from: 'v', parameterKey: 'x' }] },
      ],
      script: { a: broken },
      want: ['failed [a b] a:failed/Action b:succeeded'],
    },
    {
      name: 'hands on what a step that failed has given',
      steps: [
        { name: 'a', outputs: [{ name: 'v', valueFrom: 'output.x' }] },
        { name: 'b', if: 'inputs.v == 7', inputs: [{ from: 'v' }] },
      ],
      script: { a: { ...broken, variables: { v: 7 } } as Outcome },
      want: ['failed [a b] a:failed/Action b:succeeded'],
    },
    {
      name: 'ends where a step waits for an input that no step gives',
      steps: [{ name: 'a', inputs: [{ from: 'nothing' }] }, { name: 'b' }],
      script: {},
      want: ['failed [] a:failed/Input b:skipped/Skip'],
    },
    {
      name: 'ends where steps wait for each other',
      mode: 'DAG',
      steps: [
        { name: 'a', dependsOn: ['b'] },
        { name: 'b', dependsOn: ['a'] },
      ],
      script: {},
      want: ['failed [] a:failed/Input b:skipped/Skip'],
    },
    {
      name: 'ends where a step waits for one behind it',
      steps: [{ name: 'a', dependsOn: ['b'] }, { name: 'b' }],
      script: {},
      want: ['failed [] a:failed/Input b:skipped/Skip'],
    },
    {
      name: 'ends where a group waits for what is behind it',
      steps: [
        { name: 'g', type: 'step-group', subSteps: [{ name: 'x', type: 'deploy', inputs: [{ from: 'late' }] }] },
        { name: 'b', outputs: [{ name: 'late', valueFrom: 'output.x' }] },
      ],
      script: {},
      want: ['failed [] g:failed/Input x:failed/Input b:skipped/Skip'],
    },
    {
      name: 'runs a group as a graph and is done when all of it is',
      steps: [
        {
          name: 'g',
          type: 'step-group',
          subSteps: [
            { name: 'x', type: 'deploy' },
            { name: 'y', type: 'deploy' },
          ],
        },
        { name: 'b' },
      ],
      script: { x: [wait, ok] },
      want: [
        'executing [x y] g:running x:running/Wait y:succeeded',
        'succeeded [x b] g:succeeded x:succeeded y:succeeded b:succeeded',
      ],
    },
    {
      name: 'skips what is in a group that is skipped',
      steps: [{ name: 'g', type: 'step-group', if: 'false', subSteps: [{ name: 'x', type: 'deploy' }] }, { name: 'b' }],
      script: {},
      want: ['succeeded [b] g:skipped/Skip x:skipped/Skip b:succeeded'],
    },
    {
      name: 'waits for the value of an input',
      mode: 'DAG',
      steps: [
        { name: 'a', inputs: [{ from: 'v', parameterKey: 'x' }] },
        { name: 'b', outputs: [{ name: 'v', valueFrom: 'output.x' }] },
      ],
      script: { b: { kind: 'succeeded', variables: { v: 1 } } as const },
      want: ['succeeded [b a] b:succeeded a:succeeded'],
    },
  ])('$name', async ({ steps, mode, script, want }) => {
    expect(await play(plan(steps, mode), script as Script, want.length)).toEqual(want);
  });

  test('counts the timeout of a step from the end of its wait for others', async () => {
    const steps = [{ name: 'a', timeout: '90s', dependsOn: ['b'] }, { name: 'b' }];
    const player = new Player(plan(steps, 'DAG'), { a: wait, b: [wait, ok] });
    expect(await player.pass()).toBe('executing [b] b:running/Wait a:pending');
    player.now += 100_000;
    expect(await player.pass()).toBe('executing [b a] b:succeeded a:running/Wait');
    player.now += 100_000;
    expect(await player.pass()).toBe('failed [] b:succeeded a:failed/Timeout');
  });

  test('stops at a suspend step until the user resumes it', async () => {
    const player = new Player(plan([{ name: 's', type: 'suspend' }, { name: 'b' }]));
    expect(await player.pass()).toBe('suspending [] s:suspending/Suspend');
    expect(player.next()).toBeUndefined();
    expect(await player.pass()).toBe('suspending [] s:suspending/Suspend');
    player.run = { ...player.run, suspend: false };
    expect(await player.pass()).toBe('succeeded [b] s:succeeded b:succeeded');
  });

  test('goes on by itself after the duration of a suspend step', async () => {
    const player = new Player(plan([{ name: 's', type: 'suspend', properties: { duration: '1m' } }, { name: 'b' }]));
    await player.pass();
    expect(player.next()).toBe(60_000);
    player.now += 59_000;
    expect(await player.pass()).toContain('suspending');
    player.now += 1_000;
    expect(await player.pass()).toBe('succeeded [b] s:succeeded b:succeeded');
  });

  test('ends a step that takes longer than it may', async () => {
    const player = new Player(plan([{ name: 'a', timeout: '30s' }, { name: 'b' }]), { a: wait });
    await player.pass();
    player.now += 29_000;
    expect(player.next()).toBe(1000);
    player.now += 1000;
    expect(await player.pass()).toBe('failed [] a:failed/Timeout b:skipped/Skip');
  });

  test('executes an overdue step once more where others wait for its outputs', async () => {
    const outputs = [{ name: 'v', valueFrom: 'output.x' }];
    const steps = [
      { name: 'a', timeout: '3s', outputs },
      { name: 'b', if: 'always', inputs: [{ from: 'v' }] },
    ];
    const player = new Player(plan(steps), { a: { kind: 'waiting', message: 'not yet', variables: { v: 1 } } });
    expect(await player.pass()).toBe('executing [a] a:running/Wait');
    expect(player.run.variables).toEqual({});
    player.now += 3000;
    expect(await player.pass()).toBe('failed [a b] a:failed/Timeout b:succeeded');
    expect(player.run.variables).toEqual({ v: 1 });
  });

  test('stops where an action suspends a step, and executes that again once it is resumed', async () => {
    const suspends: Outcome = { kind: 'suspended', message: 'ask', label: 'pause' };
    const player = new Player(plan([{ name: 'a' }, { name: 'b' }]), { a: [suspends, ok] });
    expect(await player.pass()).toBe('suspending [a] a:suspending/Suspend');
    expect(player.next()).toBeUndefined();
    expect(Object.keys(player.run.marks)).toContain('id1.pause.suspendTimeStamp');
    expect(await player.pass()).toBe('suspending [] a:suspending/Suspend');
    player.run = { ...player.run, suspend: false };
    expect(await player.pass()).toBe('succeeded [a b] a:succeeded b:succeeded');
  });

  test('goes on by itself after the duration for which an action suspends a step', async () => {
    const suspends: Outcome = { kind: 'suspended', message: '', label: 'pause', durationMs: 5000 };
    const player = new Player(plan([{ name: 'a' }]), { a: [suspends, ok] });
    await player.pass();
    expect(player.next()).toBe(5000);
    player.now += 5000;
    expect(await player.pass()).toBe('succeeded [a] a:succeeded');
  });

  test('suspends instead of failing where that is wanted, and tries the step again once it is resumed', async () => {
    const player = new Player(plan([{ name: 'a' }, { name: 'b' }]), { a: [fail, fail, fail, fail, ok] });
    player.limits = { ...limits, suspendOnFailure: true };
    for (let i = 0; i < 2; i++) expect(await player.pass()).toBe('executing [a] a:failed/Execute');
    expect(await player.pass()).toBe('suspending [a] a:failed/Execute');
    expect(player.run.message).toContain('resume the workflow');
    expect(player.next()).toBeUndefined();
    expect(await player.pass()).toBe('suspending [] a:failed/Execute');
    player.run = { ...player.run, suspend: false };
    expect(await player.pass()).toBe('executing [a] a:failed/Execute');
    expect(player.run.message).toBe('');
    expect(await player.pass()).toBe('succeeded [a b] a:succeeded b:succeeded');
  });

  test('executes a step that waits, and one that fails, less and less often', async () => {
    const waiting = new Player(plan([{ name: 'a' }]), { a: wait });
    const delays: (number | undefined)[] = [];
    for (const later of [0, 1000, 4000, 100_000]) {
      waiting.now = start + later;
      await waiting.pass();
      delays.push(waiting.next());
    }
    expect(delays).toEqual([1000, 1000, 4000, 60_000]);
    const failing = new Player(plan([{ name: 'a' }]), { a: fail });
    await failing.pass();
    expect(failing.next()).toBe(1000);
  });

  test('says terminated when the user ended it', async () => {
    const player = new Player(plan([{ name: 'a' }, { name: 'b' }]), { a: wait });
    await player.pass();
    const a = player.run.steps.get('a');
    const ended = new Map([['a', { id: a?.id ?? '', name: 'a', phase: 'failed', reason: 'Terminate' }]]);
    player.run = { ...player.run, terminated: true, steps: ended };
    expect(await player.pass()).toBe('terminated [] a:failed/Terminate b:skipped/Skip');
  });
});

describe('a plan', () => {
  const source = { workflow: undefined, referred: undefined, components, policies: [] };
  const names = (result: ReturnType<typeof planWorkflow>) =>
    result.ok ? result.plan.steps.map((s) => `${s.name}:${s.type}`) : result.problems;

  test('of an Application without a workflow applies its components as a graph', () => {
    const result = planWorkflow(source);
    expect(names(result)).toEqual(['a', 'b', 'c'].map((n) => `${n}:apply-component`));
    expect(result.ok && result.plan.mode).toEqual({ steps: 'DAG', subSteps: 'DAG' });
  });

  test.each([
    { name: 'a topology each', policies: ['topology', 'topology'], want: ['deploy-p0:deploy', 'deploy-p1:deploy'] },
    { name: 'an override alone', policies: ['override'], want: ['deploy:deploy'] },
  ])('deploys by $name', ({ policies, want }) => {
    const named = policies.map((type, i) => ({ name: `p${i}`, type }));
    expect(names(planWorkflow({ ...source, policies: named }))).toEqual(want);
  });

  test.each([
    {
      name: 'an unknown type',
      steps: [{ name: 'a', type: 'webhook' }],
      want: 'type "webhook", which has no WorkflowStepDefinition; built in are',
    },
    {
      name: 'a name twice',
      steps: [
        { name: 'a', type: 'deploy' },
        { name: 'a', type: 'deploy' },
      ],
      want: 'two steps are named "a"',
    },
    {
      name: 'an unknown dependency',
      steps: [{ name: 'a', type: 'deploy', dependsOn: ['z'] }],
      want: 'depends on unknown step "z"',
    },
    {
      name: 'an unknown component',
      steps: [{ name: 'a', type: 'apply-component', properties: { component: 'z' } }],
      want: 'unknown component "z"',
    },
    { name: 'a bad timeout', steps: [{ name: 'a', type: 'deploy', timeout: 'soon' }], want: 'not a duration' },
    {
      name: 'a gate that is a text',
      steps: [{ name: 'a', type: 'deploy', properties: { auto: 'false' } }],
      want: 'step "a" has auto "false", which is neither true nor false',
    },
    {
      name: 'a suspension that would never end',
      steps: [{ name: 'a', type: 'suspend', properties: { duration: '1 hour' } }],
      want: 'step "a" has duration "1 hour", which is not a duration such as "5m"',
    },
  ])('is refused for $name', ({ steps, want }) => {
    expect(names(planWorkflow({ ...source, workflow: { steps } })).join()).toContain(want);
  });

  test('puts inputs of a step into the component that it applies, as those of the component', () => {
    const component = { name: 'z', type: 'web', inputs: [{ from: 'two', parameterKey: 'traits[0].properties.x' }] };
    const inputs = [{ from: 'one', parameterKey: 'image' }, { from: 'only-wait' }];
    const steps = [{ name: 'z', type: 'apply-component', properties: { component: 'z' }, inputs }];
    const result = planWorkflow({ ...source, components: [component], workflow: { steps } });
    expect(result.ok && result.plan.steps[0]?.inputs).toEqual([
      { from: 'one', parameterKey: 'value.properties.image' },
      { from: 'only-wait' },
      { from: 'two', parameterKey: 'value.traits[0].properties.x' },
    ]);
  });

  test('makes a dependency on a component one on the step that applies it', () => {
    const [a] = components;
    const dependent = { name: 'z', type: 'web', dependsOn: ['a'] };
    const steps = [
      { name: 'first', type: 'apply-component', properties: { component: 'a' } },
      { name: 'second', type: 'apply-component', properties: { component: 'z' } },
    ];
    const result = planWorkflow({ ...source, components: a ? [a, dependent] : [], workflow: { steps } });
    expect(result.ok && result.plan.steps[1]?.dependsOn).toEqual(['first']);
  });
});
