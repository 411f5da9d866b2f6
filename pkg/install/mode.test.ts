import { describe, expect, test } from '@jest/globals';
import { modeConflict, modeOfArgs } from './mode.ts';
import type { Mode, Running } from './mode.ts';

const sharded: Mode = { isSharded: true, elects: true };
const single: Mode = { isSharded: false, elects: true };
const alone: Mode = { isSharded: false, elects: false };

describe('modeOfArgs', () => {
  test.each([
    { args: [], mode: alone },
    { args: ['--enable-leader-election'], mode: single },
    { args: ['--enable-leader-election', '--enable-leader-election=false'], mode: alone },
    { args: ['--enable-sharding'], mode: sharded },
    { args: ['--enable-leader-election', '--enable-sharding=false'], mode: single },
  ])('$args', ({ args, mode }) => {
    expect(modeOfArgs(args)).toEqual(mode);
  });
});

describe('modeConflict', () => {
  const of = (controller: Mode | undefined, ...shards: string[]): Running => ({
    controller,
    shards,
    alone: shards.filter((id) => id.startsWith('alone')),
  });
  test.each<{ name: string; running: Running; wanted: Mode; says: RegExp | undefined }>([
    { name: 'a first installation', running: of(undefined), wanted: single, says: undefined },
    { name: 'the same mode', running: of(sharded, 'shard-0'), wanted: sharded, says: undefined },
    { name: 'sharding on', running: of(single), wanted: sharded, says: undefined },
    { name: 'sharding off without shards', running: of(sharded), wanted: single, says: undefined },
    {
      name: 'sharding off with shards',
      running: of(sharded, 'shard-0', 'shard-1'),
      wanted: single,
      says: /shards are at work \(shard-0, shard-1\).*vela addon disable vela-core-shard-manager/,
    },
    {
      name: 'shards of an installation that is gone',
      running: of(undefined, 'a'),
      wanted: single,
      says: /at work \(a\)/,
    },
    {
      name: 'sharding off with a shard that was installed alone',
      running: of(undefined, 'alone-f'),
      wanted: single,
      says: /Remove them first: vela uninstall --shard-only --shard-id=alone-f$/,
    },
    { name: 'election off', running: of(single), wanted: alone, says: /leader election is on/ },
    { name: 'election on', running: of(alone), wanted: single, says: /does not elect/ },
  ])('$name', ({ running, wanted, says }) => {
    const conflict = modeConflict(running, wanted);
    if (says) expect(conflict).toMatch(says);
    else expect(conflict).toBeUndefined();
  });
});
