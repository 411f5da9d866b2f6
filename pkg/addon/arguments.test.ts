import { describe, expect, test } from '@jest/globals';
import { mergeArguments } from './arguments.ts';

describe('arguments of an addon that is enabled again', () => {
  test.each([
    { name: 'stay without new ones', stored: { nShards: 3, cpu: '1' }, given: {}, args: { nShards: 3, cpu: '1' } },
    {
      name: 'are merged',
      stored: { nShards: 3, a: { b: 1, c: 2 } },
      given: { a: { c: 3 } },
      args: { nShards: 3, a: { b: 1, c: 3 } },
    },
    { name: 'are taken back by null', stored: { nShards: 3, cpu: '1' }, given: { cpu: null }, args: { nShards: 3 } },
    {
      name: 'give way to another way to say the same',
      stored: { shardNames: ['a'] },
      given: { nShards: 2 },
      args: { nShards: 2 },
    },
  ])('$name', ({ stored, given, args }) => {
    expect(mergeArguments(stored, given).args).toEqual(args);
  });

  test('are named when they are kept', () => {
    expect(mergeArguments({ nShards: 3, cpu: '1', memory: '1Gi' }, { cpu: '2' }).kept).toEqual(['nShards', 'memory']);
  });
});
