import { describe, expect, test } from '@jest/globals';
import { annotations, labels } from '../apis/names.ts';
import type { LabelSelector, ShardPartition } from '../apis/shard-partition.ts';
import { shardView } from '../../test/support/shard-views.ts';
import { boundsOf, isWithin, obstacleOf } from './bounds.ts';
import { parseSelector, selects } from './selector.ts';

const views = [
  shardView('eu-1', { labels: { region: 'eu', tier: 'gold' } }),
  shardView('eu-2', { labels: { region: 'eu' } }),
  shardView('us-1', { labels: { region: 'us', tier: 'gold' } }),
];

const partition = (name: string, selector: LabelSelector): ShardPartition => ({
  apiVersion: 'flotilla.dev/v1alpha1',
  kind: 'ShardPartition',
  metadata: { name },
  spec: { selector },
});
const partitions = new Map([
  ['eu', partition('eu', { matchLabels: { region: 'eu' } })],
  ['asia', partition('asia', { matchLabels: { region: 'asia' } })],
  ['bad', partition('bad', { matchExpressions: [{ key: 'region', operator: 'In', values: [] }] })],
]);

const bound = (app: { partition?: string; selector?: string }, namespace: typeof app = {}) => {
  const metadata = (of: typeof app) => ({
    ...(of.partition !== undefined && { labels: { [labels.shardPartition]: of.partition } }),
    ...(of.selector !== undefined && { annotations: { [annotations.shardSelector]: of.selector } }),
  });
  return boundsOf({ metadata: metadata(app) }, metadata(namespace), (name) => partitions.get(name));
};
const within = (...args: Parameters<typeof bound>): readonly string[] =>
  views.filter((view) => isWithin(bound(...args), view)).map(({ id }) => id);

describe('where an Application may go', () => {
  test.each<[string, Parameters<typeof bound>, readonly string[]]>([
    ['anywhere', [{}], ['eu-1', 'eu-2', 'us-1']],
    ['its partition', [{ partition: 'eu' }], ['eu-1', 'eu-2']],
    ['its own before its namespace’s', [{ partition: 'eu' }, { partition: 'asia' }], ['eu-1', 'eu-2']],
    ['its namespace’s', [{}, { partition: 'eu' }], ['eu-1', 'eu-2']],
    ['what it selects', [{ selector: 'tier=gold' }], ['eu-1', 'us-1']],
    ['what both select', [{ selector: 'tier=gold' }, { selector: 'region in (eu, asia)' }], ['eu-1']],
    ['what it selects in its partition', [{ partition: 'eu', selector: '!tier' }], ['eu-2']],
    ['one by its id', [{ selector: 'flotilla.dev/shard=us-1' }], ['us-1']],
    ['nowhere: no such partition', [{ partition: 'mars' }], []],
    ['nowhere: a bad selector beside a good one', [{ selector: 'tier=gold' }, { selector: 'a b' }], []],
  ])('%s', (_name, args, ids) => {
    expect(within(...args)).toEqual(ids);
  });

  test.each<[Parameters<typeof bound>, string, string]>([
    [[{ partition: 'mars' }], 'UnknownPartition', 'shardpartition "mars" does not exist: create it'],
    [[{ partition: 'bad' }], 'InvalidSelector', 'shardpartition "bad": matchExpressions: region In needs values'],
    [[{}, { selector: 'x==' + '=' }], 'InvalidSelector', 'of the namespace: "x===" is no label selector'],
    [[{ partition: 'asia' }], 'NoShardInPartition', 'no shard is chosen by shardpartition "asia": label one'],
    [[{ selector: 'a=b' }], 'NoShardInPartition', 'shard-selector of the application'],
  ])('%j: %s', (args, reason, message) => {
    expect(obstacleOf(bound(...args), views)).toEqual({ reason, message: expect.stringContaining(message) });
  });

  test('names the state of each shard that could take it', () => {
    const tired = [
      shardView('a', { phase: 'Suspect' }),
      shardView('b', { cordoned: true }),
      shardView('c', { capacity: 5, applications: 7 }),
      shardView('d', { draining: true }),
    ];
    expect(obstacleOf(bound({}), tired)).toEqual({
      reason: 'NoShardAvailable',
      message: 'no shard is available: a is Suspect, b is cordoned, c is full (7 of 5), d is draining',
    });
    expect(obstacleOf(bound({}), []).message).toBe('no shard is available: there is none, start one');
  });
});

describe('a selector as text', () => {
  const of = { region: 'eu', tier: 'gold', empty: '' };
  test.each<[string, boolean]>([
    ['region=eu', true],
    ['region == eu , tier=gold', true],
    ['region!=eu', false],
    ['zone!=a', true],
    ['tier in (silver,gold)', true],
    ['tier notin (silver, gold)', false],
    ['zone notin (a)', true],
    ['tier', true],
    ['!tier', false],
    ['!zone,empty=', true],
    ['region=us', false],
  ])('%s: %s', (text, isSelected) => {
    expect(selects(parseSelector(text) ?? { matchLabels: { none: 'this' } }, of)).toBe(isSelected);
  });

  test.each(['', ' , ', 'a b', 'a in ()x', 'in (a)', 'a=b=c', 'a in (b', '!', '=a'])('refuses "%s"', (text) => {
    expect(parseSelector(text)).toBeUndefined();
  });
});
