import { expect, test } from '@jest/globals';
import { application } from '../../../../test/support/application-bed.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { annotations, labels } from '../../../apis/names.ts';
import type { Standing, Term } from './standing.ts';
import { standingOf } from './standing.ts';

const unsharded: Term = {
  shard: undefined,
  drainOnly: false,
  controllerVersion: 'v1',
  ignoreAppWithoutControllerVersion: false,
};
const sharded: Term = { ...unsharded, shard: 's' };
const own = { [labels.scheduledShardId]: 's' };
const moving = { ...own, [labels.shardMove]: 't' };
const acknowledged = JSON.stringify({ id: 'm', from: 's', to: 't', quiesced: 'acknowledged' });
const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };

interface Case {
  readonly name: string;
  readonly term: Term;
  readonly metadata: Partial<KubeObject['metadata']>;
  readonly lateWriteMs?: number;
  readonly want: Partial<Standing>;
}

test.each<Case>([
  { name: 'any Application without sharding', term: unsharded, metadata: {}, want: { do: 'reconcile' } },
  {
    name: 'an Application of another shard without sharding',
    term: unsharded,
    metadata: { labels: own },
    want: { do: 'reconcile' },
  },
  { name: 'an Application of this shard', term: sharded, metadata: { labels: own }, want: { do: 'reconcile' } },
  { name: 'an unassigned Application', term: sharded, metadata: {}, want: { do: 'ignore' } },
  {
    name: 'an Application of another shard',
    term: sharded,
    metadata: { labels: { [labels.scheduledShardId]: 't' } },
    want: { do: 'ignore' },
  },
  {
    name: 'a paused Application',
    term: sharded,
    metadata: { labels: { ...own, [labels.pause]: 'true' } },
    want: { do: 'pause' },
  },
  {
    name: 'an Application of another controller version',
    term: unsharded,
    metadata: { annotations: { [annotations.controllerVersionRequire]: 'v2' } },
    want: { do: 'ignore' },
  },
  {
    name: 'an Application without a version where one is required',
    term: { ...unsharded, ignoreAppWithoutControllerVersion: true },
    metadata: {},
    want: { do: 'ignore' },
  },
  {
    name: 'an Application of this version where one is required',
    term: { ...unsharded, ignoreAppWithoutControllerVersion: true },
    metadata: { annotations: { [annotations.controllerVersionRequire]: 'v1' } },
    want: { do: 'reconcile' },
  },
  { name: 'a requested move', term: sharded, metadata: { labels: moving }, want: { do: 'write', acknowledges: true } },
  {
    name: 'a requested move with late writes',
    term: sharded,
    metadata: { labels: moving },
    lateWriteMs: 700,
    want: { do: 'wait', forMs: 700 },
  },
  {
    name: 'a requested move of a paused Application',
    term: sharded,
    metadata: { labels: { ...moving, [labels.pause]: 'true' } },
    want: { do: 'write', acknowledges: true },
  },
  {
    name: 'a requested move of an Application that is being deleted, which is cancelled at once',
    term: sharded,
    metadata: { labels: moving, ...deleted },
    lateWriteMs: 700,
    want: { do: 'write', acknowledges: false },
  },
  {
    name: 'the same in a process that only hands over',
    term: { ...sharded, drainOnly: true },
    metadata: { labels: moving, ...deleted },
    want: { do: 'write', acknowledges: true },
  },
  {
    name: 'an acknowledged move',
    term: sharded,
    metadata: { labels: moving, annotations: { [annotations.shardMove]: acknowledged } },
    want: { do: 'leave' },
  },
  {
    name: 'an acknowledged move without its label',
    term: sharded,
    metadata: { labels: own, annotations: { [annotations.shardMove]: acknowledged } },
    want: { do: 'write', acknowledges: false },
  },
  {
    name: 'an Application of a process that only hands over',
    term: { ...sharded, drainOnly: true },
    metadata: { labels: own },
    want: { do: 'leave' },
  },
])('the standing of $name', ({ term, metadata, lateWriteMs = 0, want }) => {
  expect(standingOf(application({ components: [] }, metadata), term, lateWriteMs)).toMatchObject(want);
});

test('an Application that is gone is ignored', () => {
  expect(standingOf(undefined, unsharded, 0)).toEqual({ do: 'ignore' });
});
