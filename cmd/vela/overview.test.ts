import { expect, test } from '@jest/globals';
import type { Application } from '../../pkg/apis/application.ts';
import { lineOf, overviewOf, tablesOf } from './overview.ts';
import type { ShardRow } from './shards.ts';

const shard = (id: string, busy: number, more: Partial<ShardRow> = {}): ShardRow =>
  ({
    shard: id,
    phase: 'Ready',
    ready: 1,
    pods: [{}],
    applications: 2,
    load: { busy, backlog: 3 },
    ...more,
  }) as ShardRow;

function application(name: string, status: Application['status'], shardId = 'shard-0'): Application {
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: {
      name,
      namespace: 'prod',
      generation: 1,
      labels: { 'controller.core.oam.dev/scheduled-shard-id': shardId },
    },
    spec: { components: [] },
    ...(status && { status: { observedGeneration: 1, ...status } }),
  };
}

const running = { status: 'running' } as const;

test.each([
  { what: 'one that runs', app: application('a', running), problem: undefined },
  { what: 'one that no controller has seen', app: application('a', undefined), problem: 'waiting for a controller' },
  { what: 'one without a shard', app: application('a', running, ''), problem: 'has no shard' },
  {
    what: 'one that runs, and is unhealthy',
    app: application('a', { ...running, services: [{ name: 'web', healthy: false, message: 'Ready:0/1' }] }),
    problem: 'unhealthy (web: Ready:0/1)',
  },
  {
    what: 'one that waits for a component',
    app: application('a', {
      status: 'runningWorkflow',
      services: [{ name: 'web', healthy: false, message: 'Ready:0/1' }],
    }),
    problem: 'runningWorkflow (web: Ready:0/1)',
  },
  {
    what: 'one that changed since',
    app: {
      ...application('a', running),
      metadata: { name: 'a', generation: 2, labels: { 'controller.core.oam.dev/scheduled-shard-id': 's' } },
    },
    problem: 'running',
  },
])('$what', ({ app, problem }) => {
  expect(lineOf(app, true).problem).toBe(problem);
});

test('an installation without shards misses none', () => {
  expect(lineOf(application('a', running, ''), false).problem).toBeUndefined();
});

test('shows the busiest shard first, counts phases, and cuts a long list', () => {
  const lines = ['c', 'a', 'b'].map((name) => lineOf(application(name, { status: 'rendering' }), true));
  const all = [...lines, lineOf(application('d', running), true)];
  const shards = [shard('shard-0', 0.2), shard('shard-1', 0.9, { phase: 'Adopted', adoptedBy: 'shard-0', ready: 0 })];
  expect(tablesOf(overviewOf(shards, all), 2)).toEqual({
    shards: [
      ['SHARD', 'PHASE', 'READY', 'BUSY', 'BACKLOG', 'APPLICATIONS'],
      ['shard-1', 'Adopted by shard-0', '0/1', '90%', '3', '2'],
      ['shard-0', 'Ready', '1/1', '20%', '3', '2'],
    ],
    summary: '4 Applications: 3 rendering, 1 running',
    problems: [
      ['NAMESPACE', 'APPLICATION', 'SHARD', 'PROGRESS'],
      ['prod', 'a', 'shard-0', 'rendering'],
      ['prod', 'b', 'shard-0', 'rendering'],
    ],
    more: 'and 1 more that need attention',
  });
});
