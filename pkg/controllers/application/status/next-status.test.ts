import { describe, expect, test } from '@jest/globals';
import type { ApplicationStatus, ServiceStatus, WorkflowStatus } from '../../../apis/application-status.ts';
import type { Condition } from '../../../../machinery/src/meta.ts';
import type { Fact } from './next-status.ts';
import { nextStatus } from './next-status.ts';

const time = '2026-01-01T00:00:00Z';
const before = '2025-12-31T00:00:00Z';

/** `Type`, or `Type: message` for a condition that is false. */
const condition = (text: string, reason = text.includes(':') ? 'ReconcileError' : 'Available'): Condition => {
  const [type = '', message] = text.split(': ');
  if (message === undefined) return { type, status: 'True', reason, lastTransitionTime: before };
  return { type, status: 'False', reason, message, lastTransitionTime: before };
};
const conditions = (...texts: readonly string[]): readonly Condition[] => texts.map((text) => condition(text));
const shown = ({ conditions: list = [] }: ApplicationStatus): readonly string[] =>
  list.map(({ type, status, message }) => (status === 'True' ? type : `${type}: ${message ?? ''}`));

const workflow = (appRevision: string, status = 'executing'): WorkflowStatus => ({
  appRevision,
  mode: 'DAG-DAG',
  status,
  suspend: false,
  terminated: false,
  finished: false,
});
const service = (name: string, healthy: boolean): ServiceStatus => ({ name, namespace: 'default', healthy });

interface Case {
  readonly name: string;
  readonly old: ApplicationStatus;
  readonly fact: Fact;
  /** Everything of the status but the conditions. */
  readonly want: ApplicationStatus;
  readonly wantConditions: readonly string[];
}

const cases: readonly Case[] = [
  {
    name: 'a new Application is parsed and has a revision',
    old: {},
    fact: { kind: 'prepared' },
    want: {},
    wantConditions: ['Parsed', 'Revision'],
  },
  {
    name: 'a mistake was corrected',
    old: { conditions: conditions('Parsed: unknown trait', 'Ready: unknown trait') },
    fact: { kind: 'prepared' },
    want: {},
    wantConditions: ['Parsed', 'Ready: unknown trait', 'Revision'],
  },
  {
    name: 'a restart at once drops the run',
    old: { workflow: workflow('v1'), workflowRestartScheduledAt: before },
    fact: { kind: 'restartDecided', restart: true, scheduledAt: undefined },
    want: {},
    wantConditions: [],
  },
  {
    name: 'a restart later keeps the run',
    old: { workflow: workflow('v1') },
    fact: { kind: 'restartDecided', restart: false, scheduledAt: time },
    want: { workflow: workflow('v1'), workflowRestartScheduledAt: time },
    wantConditions: [],
  },
  {
    name: 'another revision is the latest',
    old: { latestRevision: { name: 'app-v1', revision: 1 } },
    fact: { kind: 'revisionChosen', latestRevision: { name: 'app-v2', revision: 2 } },
    want: { latestRevision: { name: 'app-v2', revision: 2 } },
    wantConditions: [],
  },
  {
    name: 'lost trackers drop the run',
    old: { status: 'running', workflow: workflow('v1', 'succeeded') },
    fact: { kind: 'trackersLost' },
    want: { status: 'running' },
    wantConditions: [],
  },
  {
    name: 'a run without steps names its revision',
    old: { workflow: workflow('v1') },
    fact: { kind: 'runUnplanned', desired: 'v2' },
    want: { workflow: { appRevision: 'v2', mode: '', suspend: false, terminated: false, finished: false } },
    wantConditions: ['Policy'],
  },
  {
    name: 'environments show where they were delivered',
    old: {},
    fact: {
      kind: 'environmentsPlaced',
      environments: [
        { policy: 'p', env: 'test', namespace: 'a' },
        { policy: 'p', env: 'test', namespace: 'b' },
        { policy: 'p', env: 'prod', namespace: '' },
      ],
      revision: 'v1',
    },
    want: {
      policy: [
        {
          name: 'p',
          type: 'env-binding',
          status: {
            envs: [
              { env: 'test', placements: [{ cluster: 'local', namespace: 'b' }] },
              { env: 'prod', placements: [{ cluster: 'local', namespace: '' }] },
            ],
            clusterConnections: [{ clusterName: 'local', lastActiveRevision: 'v1' }],
          },
        },
      ],
    },
    wantConditions: [],
  },
  {
    name: 'the same run keeps true conditions of another writer as they are',
    old: { workflow: workflow('v1'), conditions: [condition('Policy', 'Other'), condition('Render: wrong')] },
    fact: { kind: 'runOpened', desired: 'v1' },
    want: { workflow: workflow('v1') },
    wantConditions: ['Policy', 'Render'],
  },
  {
    name: 'a new run drops the conditions of the last one',
    old: {
      status: 'running',
      services: [service('web', true)],
      conditions: conditions('Parsed', 'Workflow', 'Ready', 'Synced: forbidden'),
    },
    fact: { kind: 'runBegun', workflow: workflow('v2', 'initializing') },
    want: { status: 'rendering', services: [service('web', true)], workflow: workflow('v2', 'initializing') },
    wantConditions: ['Parsed'],
  },
  {
    name: 'steps were executed',
    old: { workflow: workflow('v1', 'initializing') },
    fact: { kind: 'stepsExecuted', workflow: workflow('v1') },
    want: { workflow: workflow('v1') },
    wantConditions: [],
  },
  {
    name: 'services were assessed',
    old: { services: [service('web', false)] },
    fact: { kind: 'servicesAssessed', services: [service('web', true)] },
    want: { services: [service('web', true)] },
    wantConditions: [],
  },
  {
    name: 'steps delivered a resource',
    old: { status: 'rendering' },
    fact: { kind: 'resourcesApplied', resources: [{ kind: 'Service', name: 'web' }] },
    want: { status: 'rendering', appliedResources: [{ kind: 'Service', name: 'web' }] },
    wantConditions: [],
  },
  {
    name: 'a step is retried',
    old: { conditions: conditions('Parsed') },
    fact: { kind: 'runExecuting', failing: 'step "a": no' },
    want: { status: 'runningWorkflow' },
    wantConditions: ['Parsed', 'Workflow: step "a": no', 'Ready: step "a": no'],
  },
  {
    name: 'a retried step does not fail any more',
    old: { conditions: conditions('Parsed', 'Workflow: step "a": no', 'Ready: step "a": no') },
    fact: { kind: 'runExecuting', failing: undefined },
    want: { status: 'runningWorkflow' },
    wantConditions: ['Parsed'],
  },
  {
    name: 'steps wait, and a failure of another stage stays',
    old: { conditions: conditions('Ready: forbidden') },
    fact: { kind: 'runExecuting', failing: undefined },
    want: { status: 'runningWorkflow' },
    wantConditions: ['Ready: forbidden'],
  },
  {
    name: 'the run is suspended',
    old: {},
    fact: { kind: 'runSuspended' },
    want: { status: 'workflowSuspending' },
    wantConditions: [],
  },
  {
    name: 'the run succeeded',
    old: { status: 'runningWorkflow', conditions: conditions('Workflow: no', 'Ready: no') },
    fact: { kind: 'runSucceeded', workflow: workflow('v1', 'succeeded') },
    want: { status: 'runningWorkflow', workflow: workflow('v1', 'succeeded') },
    wantConditions: ['Workflow', 'Ready: no'],
  },
  {
    name: 'the run failed',
    old: { conditions: conditions('Render') },
    fact: { kind: 'runFailed', workflow: workflow('v1', 'failed'), message: 'no' },
    want: { workflow: workflow('v1', 'failed') },
    wantConditions: ['Render', 'Workflow: no', 'Ready: no'],
  },
  {
    name: 'a failed run',
    old: {},
    fact: { kind: 'runStopped', phase: 'failed' },
    want: { status: 'workflowFailed' },
    wantConditions: [],
  },
  {
    name: 'a terminated run',
    old: {},
    fact: { kind: 'runStopped', phase: 'terminated' },
    want: { status: 'workflowTerminated' },
    wantConditions: [],
  },
  {
    name: 'everything is delivered and healthy',
    old: { services: [service('web', true)] },
    fact: { kind: 'delivered', appliedResources: [{ kind: 'Deployment', name: 'web' }] },
    want: {
      status: 'running',
      services: [service('web', true)],
      appliedResources: [{ kind: 'Deployment', name: 'web' }],
    },
    wantConditions: [],
  },
  {
    name: 'one of two services is unhealthy',
    old: { status: 'running', services: [service('web', true), service('db', false)] },
    fact: { kind: 'delivered', appliedResources: [] },
    want: { status: 'unhealthy', services: [service('web', true), service('db', false)], appliedResources: [] },
    wantConditions: [],
  },
  {
    name: 'nothing is left to delete',
    old: { conditions: conditions('StateKeep: forbidden', 'Synced: forbidden', 'Ready: forbidden') },
    fact: { kind: 'collected', waitingFor: [] },
    want: {},
    wantConditions: ['Ready'],
  },
  {
    name: 'a resource stays',
    old: { conditions: conditions('Ready') },
    fact: { kind: 'collected', waitingFor: ['ConfigMap default/a', 'ConfigMap default/b'] },
    want: {},
    wantConditions: ['Ready: waiting for ConfigMap default/a to be deleted, at least 2 left'],
  },
  {
    name: 'the Application is being deleted',
    old: { status: 'running', conditions: conditions('Ready') },
    fact: { kind: 'deleting', waitingFor: ['Service default/web'] },
    want: { status: 'deleting' },
    wantConditions: ['Ready: waiting for Service default/web to be deleted, at least 1 left'],
  },
  {
    name: 'policies changed the Application',
    old: { status: 'running' },
    fact: {
      kind: 'policiesApplied',
      policies: [{ name: 'team', namespace: 'default', applied: true }],
      configMap: 'application-policies-default-web',
    },
    want: {
      status: 'running',
      appliedApplicationPolicies: [{ name: 'team', namespace: 'default', applied: true }],
      applicationPoliciesConfigMap: 'application-policies-default-web',
    },
    wantConditions: [],
  },
  {
    name: 'a stage failed',
    old: { status: 'running', conditions: conditions('Ready') },
    fact: { kind: 'failed', condition: 'StateKeep', phase: 'running', message: 'forbidden' },
    want: { status: 'running' },
    wantConditions: ['Ready: forbidden', 'StateKeep: forbidden'],
  },
];

describe('the next status', () => {
  test.each(cases)('after $fact.kind: $name', ({ old, fact, want, wantConditions }) => {
    const next = nextStatus(old, fact, time);
    const { conditions: _, ...rest } = next;
    expect(rest).toEqual(want);
    expect(shown(next)).toEqual(wantConditions);
  });

  test('covers every kind of fact', () => {
    const kinds: Record<Fact['kind'], true> = Object.fromEntries(cases.map(({ fact }) => [fact.kind, true])) as never;
    expect(Object.keys(kinds).sort()).toEqual([...factKinds].sort());
  });

  test.each(cases)('does not change by the same fact again: $name', ({ old, fact }) => {
    const next = nextStatus(old, fact, time);
    expect(nextStatus(next, fact, '2026-01-02T00:00:00Z')).toEqual(next);
  });
});

/** The compiler refuses a kind that is missing or unknown. */
const factKinds = Object.keys({
  policiesApplied: 0,
  prepared: 0,
  restartDecided: 0,
  revisionChosen: 0,
  trackersLost: 0,
  runUnplanned: 0,
  runOpened: 0,
  runBegun: 0,
  stepsExecuted: 0,
  environmentsPlaced: 0,
  servicesAssessed: 0,
  resourcesApplied: 0,
  runExecuting: 0,
  runSuspended: 0,
  runSucceeded: 0,
  runFailed: 0,
  runStopped: 0,
  delivered: 0,
  collected: 0,
  deleting: 0,
  failed: 0,
} satisfies Record<Fact['kind'], 0>);
