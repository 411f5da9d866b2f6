import { describe, expect, test } from '@jest/globals';
import type { ShardSpec } from '../apis/shard.ts';
import { planFailover } from './failover.ts';
import type { FailoverRules } from './failover.ts';
import { viewOf } from './membership.ts';
import type { LeaseFacts, ShardView } from './shards.ts';

const rules: FailoverRules = { mode: 'adopt', leaseDurationMs: 15_000, ownGraceMs: 15_000, absentGraceMs: 2_000 };

interface Given extends Partial<LeaseFacts> {
  readonly pods?: number;
  readonly applications?: number;
  readonly spec?: ShardSpec;
}

function shard(id: string, { pods = 1, applications = 10, spec, ...lease }: Given = {}): ShardView {
  const facts: LeaseFacts = {
    holder: `${id}_x`,
    durationMs: 15_000,
    epoch: 1,
    renewTime: `${id} then`,
    unchangedMs: 0,
    homeShard: id,
    isDraining: false,
    report: { load: { applications, backlog: 0, busy: 0 } },
    ...lease,
  };
  const names = Array.from({ length: pods }, (_, i) => ({ name: `${id}-${i}`, ready: true }));
  return viewOf({ id, lease: facts, pods: names, spec }, rules);
}

const dead = { unchangedMs: 40_000 };
const plan = (views: readonly ShardView[], more: Partial<FailoverRules> = {}) =>
  planFailover(views, { ...rules, ...more });
const invitation = { shard: 'a', epoch: 1, renewTime: 'a then' };

describe('planFailover', () => {
  test('does nothing while everybody is well', () => {
    expect(plan([shard('master'), shard('a'), shard('b')])).toEqual({ takeovers: [], orphans: [], hold: undefined });
  });

  test('asks the least busy process', () => {
    const views = [shard('master'), shard('a', dead), shard('b'), shard('c', { applications: 3 })];
    expect(plan(views).takeovers).toEqual([{ to: 'c', invitation }]);
  });

  test('spreads the shards of several dead processes', () => {
    const views = ['d', 'e', 'f'].map((id) => shard(id));
    const { takeovers } = plan([shard('master'), shard('a', dead), shard('b', dead), ...views]);
    expect(takeovers.map(({ to }) => to)).toEqual(['d', 'e']);
  });

  test.each<{ name: string; given: Given; isOrphan: boolean }>([
    { name: 'with a pod that may still take the lease', given: { unchangedMs: 29_000 }, isOrphan: false },
    { name: 'with a pod that does not acquire the lease', given: { unchangedMs: 31_000 }, isOrphan: true },
    { name: 'without a pod', given: { unchangedMs: 17_500, pods: 0 }, isOrphan: true },
    { name: 'with a lease that has just run out', given: { unchangedMs: 16_000, pods: 0 }, isOrphan: false },
    { name: 'that is being restarted', given: { holder: undefined, unchangedMs: 10_000 }, isOrphan: false },
    { name: 'with a restart that fails', given: { holder: undefined, unchangedMs: 16_000 }, isOrphan: true },
    { name: 'that was stopped', given: { holder: undefined, unchangedMs: 16_000, pods: 0 }, isOrphan: true },
    {
      name: 'that was stopped and has nothing left',
      given: { holder: undefined, unchangedMs: 16_000, pods: 0, applications: 0 },
      isOrphan: false,
    },
    { name: 'that another one works for', given: { homeShard: 'b' }, isOrphan: false },
    { name: 'with a dead adopter', given: { homeShard: 'b', unchangedMs: 40_000, pods: 0 }, isOrphan: true },
  ])('takes a shard $name for an orphan: $isOrphan', ({ given, isOrphan }) => {
    const views = [shard('master'), shard('a', given), shard('b'), shard('c')];
    expect(plan(views).orphans).toEqual(isOrphan ? ['a'] : []);
  });

  test('never invites a process that is dead, adopts, is drained, or did not respond', () => {
    const views = [
      shard('master'),
      shard('a', dead),
      shard('b', dead),
      shard('c', { spec: { drain: true } }),
      shard('d', { homeShard: 'e' }),
      shard('e'),
      shard('f'),
    ];
    const refused = (_: string, invitee: string): boolean => invitee === 'e';
    expect(plan(views, { refused }).takeovers.map(({ to }) => to)).toEqual(['f', 'f']);
  });

  test('a process that worked for two shards is one that died, and another one takes both', () => {
    const views = [shard('master'), shard('a', { ...dead, homeShard: 'b' }), shard('b', dead), shard('c')];
    expect(plan(views).takeovers.map(({ to }) => to)).toEqual(['c', 'c']);
  });

  test('invites the master last, and lets it work where it is of the same class', () => {
    expect(plan([shard('master'), shard('a', dead)]).takeovers).toEqual([{ to: 'master', invitation }]);
    const special = [shard('master'), shard('a', { ...dead, spec: { class: 'big' } }), shard('b'), shard('c')];
    expect(plan(special).takeovers).toEqual([{ to: 'master', invitation: { ...invitation, drain: true } }]);
  });

  test('invites no process of another partition', () => {
    const groupOf = ({ id }: ShardView): string => (id === 'a' || id === 'd' ? 'east' : 'west');
    const views = [shard('master'), shard('a', dead), shard('b', { applications: 0 }), shard('c'), shard('d')];
    expect(plan(views, { groupOf }).takeovers).toEqual([{ to: 'd', invitation }]);
    const lonely = views.filter(({ id }) => id !== 'd');
    expect(plan(lonely, { groupOf }).takeovers).toEqual([{ to: 'master', invitation: { ...invitation, drain: true } }]);
  });

  test('evacuation is the master handing everything over', () => {
    const views = [shard('master'), shard('a', dead), shard('b'), shard('c')];
    expect(plan(views, { mode: 'evacuate' }).takeovers).toEqual([
      { to: 'master', invitation: { ...invitation, drain: true } },
    ]);
  });

  test.each<{ name: string; views: readonly ShardView[]; more?: Partial<FailoverRules>; hold: string }>([
    {
      name: 'most seem to be dead at once',
      views: [shard('master'), shard('a', dead), shard('b', dead), shard('c')],
      hold: '2 of 3 shards seem to be dead at once',
    },
    {
      name: 'one is an orphan and another one has just fallen silent',
      views: [shard('master'), shard('a', dead), shard('b', { unchangedMs: 16_000 }), shard('c')],
      hold: '2 of 3 shards seem to be dead at once',
    },
    { name: 'it is off', views: [shard('a', dead), shard('b')], more: { mode: 'off' }, hold: 'failover is off' },
    {
      name: 'no shard is eligible',
      views: [shard('master', { holder: undefined }), shard('a', dead)],
      hold: 'no live shard is eligible to adopt them',
    },
  ])('does nothing and says why when $name', ({ views, more, hold }) => {
    expect(plan(views, more)).toMatchObject({ takeovers: [], hold });
  });
});
