import { faultGroups, injectedGroups } from './plan.ts';
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
  /** The folder with the programs of a real control plane; the embedded one is used when absent. */
  readonly assets: string | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Reads the settings of a run from the environment. Throws with the variable and the remedy. */
export function settingsOf(env: Variables): Settings {
  const assets = env['KUBEBUILDER_ASSETS'] === '' ? undefined : env['KUBEBUILDER_ASSETS'];
  return {
    rounds: numberOf(env, 'ROUNDS', 1),
    seed: numberOf(env, 'SEED', 1),
    apps: numberOf(env, 'APPS', 200),
    shards: numberOf(env, 'SHARDS', 5),
    seconds: numberOf(env, 'DURATION', 40),
    everySeconds: numberOf(env, 'EVERY', 1.5),
    changesPerSecond: numberOf(env, 'CHANGES', 8),
    groups: groupsOf(env['FAULTS'], assets !== undefined),
    quiesceSeconds: numberOf(env, 'QUIESCE', 150),
    leaseSeconds: numberOf(env, 'LEASE', 6),
    keep: (env['KEEP'] ?? '') !== '',
    assets,
  };
}

function numberOf(env: Variables, name: string, otherwise: number): number {
  const text = env[name] ?? '';
  const value = text === '' ? otherwise : Number(text);
  if (!(value > 0)) throw new Error(`${name}=${text}: must be a number above 0`);
  return value;
}

function groupsOf(text: string | undefined, isReal: boolean): readonly FaultGroup[] {
  const possible = faultGroups.filter((group) => !isReal || !injectedGroups.includes(group));
  if (text === undefined || text === '') return possible;
  if (text === 'none') return [];
  return text.split(',').map((name) => {
    const group = possible.find((known) => known === name);
    if (group) return group;
    const isInjected = injectedGroups.some((known) => known === name);
    if (isInjected) throw new Error(`FAULTS: ${name} needs the embedded API; unset KUBEBUILDER_ASSETS`);
    throw new Error(`FAULTS: unknown "${name}"; use none or some of ${possible.join(',')}`);
  });
}
