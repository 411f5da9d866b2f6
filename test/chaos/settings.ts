import { faultGroups } from './plan.ts';
import type { FaultGroup, PlanSettings } from './plan.ts';

/** What a round is made of. */
export interface Settings extends PlanSettings {
  readonly rounds: number;
  readonly seed: number;
  readonly apps: number;
  readonly shards: number;
  /** Changes of Applications in a second. */
  readonly changesPerSecond: number;
  /** Until when all must be well after the last fault. */
  readonly quiesceSeconds: number;
  /** Of the Leases of shards and of the master. */
  readonly leaseSeconds: number;
  /** Keep the folder of a round that passed, too. */
  readonly keep: boolean;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Reads the settings of a run from the environment. Throws with the variable and the remedy. */
export function settingsOf(env: Variables): Settings {
  return {
    rounds: numberOf(env, 'ROUNDS', 1),
    seed: numberOf(env, 'SEED', 1),
    apps: numberOf(env, 'APPS', 200),
    shards: numberOf(env, 'SHARDS', 5),
    seconds: numberOf(env, 'DURATION', 40),
    everySeconds: numberOf(env, 'EVERY', 1.5),
    changesPerSecond: numberOf(env, 'CHANGES', 8),
    groups: groupsOf(env['FAULTS']),
    quiesceSeconds: numberOf(env, 'QUIESCE', 150),
    leaseSeconds: numberOf(env, 'LEASE', 6),
    keep: (env['KEEP'] ?? '') !== '',
  };
}

function numberOf(env: Variables, name: string, otherwise: number): number {
  const text = env[name] ?? '';
  const value = text === '' ? otherwise : Number(text);
  if (!(value > 0)) throw new Error(`${name}=${text}: must be a number above 0`);
  return value;
}

function groupsOf(text: string | undefined): readonly FaultGroup[] {
  if (text === undefined || text === '') return faultGroups;
  if (text === 'none') return [];
  return text.split(',').map((name) => {
    const group = faultGroups.find((known) => known === name);
    if (!group) throw new Error(`FAULTS: unknown "${name}"; use none or some of ${faultGroups.join(',')}`);
    return group;
  });
}
