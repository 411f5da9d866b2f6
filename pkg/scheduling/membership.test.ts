import { describe, expect, test } from '@jest/globals';
import type { ShardSpec } from '../apis/shard.ts';
import { viewOf } from './membership.ts';
import type { LeaseFacts, ShardFacts } from './shards.ts';

const rules = { leaseDurationMs: 15_000 };
const lease: LeaseFacts = {
  holder: 'pod_1',
  durationMs: 15_000,
  epoch: 3,
  renewTime: 't',
  unchangedMs: 1_000,
  homeShard: 'a',
  isDraining: false,
  report: { load: { applications: 7, backlog: 1, busy: 0.5 } },
};
const ready = [{ name: 'p', ready: true }];
const unready = [{ name: 'p', ready: false }];

function facts(given: Partial<ShardFacts>): ShardFacts {
  return { id: 'a', lease, pods: ready, spec: undefined, ...given };
}

const released = (unchangedMs: number, applications = 7): LeaseFacts => ({
  ...lease,
  holder: undefined,
  unchangedMs,
  report: { load: { applications, backlog: 0, busy: 0 } },
});
const silent = (unchangedMs: number): LeaseFacts => ({ ...lease, unchangedMs });

describe('the phase of a shard', () => {
  test.each<{ name: string; given: Partial<ShardFacts>; phase: string; isAvailable: boolean }>([
    { name: 'its process renews and its pod is ready', given: {}, phase: 'Ready', isAvailable: true },
    { name: 'it has no pod but renews', given: { pods: [] }, phase: 'Ready', isAvailable: true },
    { name: 'its pod is not ready', given: { pods: unready }, phase: 'Ready', isAvailable: false },
    { name: 'its pod is new', given: { lease: undefined, pods: unready }, phase: 'Joining', isAvailable: false },
    {
      name: 'its pod is ready and no lease can be seen',
      given: { lease: undefined },
      phase: 'Joining',
      isAvailable: true,
    },
    { name: 'nothing of it is left', given: { lease: undefined, pods: [] }, phase: 'Gone', isAvailable: false },
    { name: 'it is between two pods', given: { lease: released(1_000) }, phase: 'Joining', isAvailable: true },
    {
      name: 'it was stopped with work left',
      given: { lease: released(60_000), pods: [] },
      phase: 'Suspect',
      isAvailable: false,
    },
    {
      name: 'it was stopped and was empty',
      given: { lease: released(16_000, 0), pods: [] },
      phase: 'Gone',
      isAvailable: false,
    },
    { name: 'it is just in time', given: { lease: silent(15_000) }, phase: 'Ready', isAvailable: true },
    { name: 'it stopped renewing', given: { lease: silent(15_001) }, phase: 'Suspect', isAvailable: false },
    {
      name: 'it says itself that it renews seldom',
      given: { lease: { ...silent(20_000), durationMs: 40_000 } },
      phase: 'Ready',
      isAvailable: true,
    },
    {
      name: 'it has not renewed for very long, without a pod',
      given: { lease: silent(400_000), pods: [] },
      phase: 'Gone',
      isAvailable: false,
    },
    {
      name: 'another works for it',
      given: { lease: { ...lease, homeShard: 'b' }, pods: [] },
      phase: 'Adopted',
      isAvailable: false,
    },
    {
      name: 'another hands its applications over',
      given: { lease: { ...lease, homeShard: 'master', isDraining: true } },
      phase: 'Evacuating',
      isAvailable: false,
    },
    {
      name: 'its holder says nothing about itself',
      given: { lease: { ...lease, homeShard: undefined } },
      phase: 'Ready',
      isAvailable: true,
    },
  ])('when $name is $phase', ({ given, phase, isAvailable }) => {
    expect(viewOf(facts(given), rules)).toMatchObject({ phase, isAvailable });
  });

  test.each<{ name: string; spec: ShardSpec; isAvailable: boolean }>([
    { name: 'nothing', spec: {}, isAvailable: true },
    { name: 'a cordon', spec: { unschedulable: true }, isAvailable: false },
    { name: 'a drain', spec: { drain: true }, isAvailable: false },
    { name: 'no weight', spec: { weight: 0 }, isAvailable: false },
    { name: 'a capacity that is reached', spec: { capacity: 7 }, isAvailable: false },
    { name: 'a capacity with room', spec: { capacity: 8 }, isAvailable: true },
  ])('with $name available is $isAvailable', ({ spec, isAvailable }) => {
    expect(viewOf(facts({ spec }), rules).isAvailable).toBe(isAvailable);
  });

  test('what people say goes before what the process says', () => {
    const reporting: LeaseFacts = { ...lease, report: { ...lease.report, capacity: 5 } };
    expect(viewOf(facts({ lease: reporting }), rules)).toMatchObject({ capacity: 5, isAvailable: false });
    expect(viewOf(facts({ lease: reporting, spec: { capacity: 50 } }), rules)).toMatchObject({ capacity: 50 });
  });
});
