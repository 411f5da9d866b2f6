import { seededRandom } from '../../machinery/src/clock/clock.ts';

/** What `FAULTS=` chooses from. */
export const faultGroups = [
  'kill',
  'stop',
  'block',
  'api',
  'errors',
  'master',
  'scale',
  'label',
  'lease',
  'move',
  'twin',
  'partition',
  'clock',
  'rollout',
  'policy',
] as const;

export type FaultGroup = (typeof faultGroups)[number];

/** Faults of the API server itself, for which only the embedded one can be asked. */
export const injectedGroups: readonly FaultGroup[] = ['errors'];

/** Each kind of fault with its group, how often it is chosen among others, and how often it may strike in a round. */
export const faultTable = {
  killShard: { group: 'kill', weight: 4, most: 99 },
  killMaster: { group: 'kill', weight: 2, most: 99 },
  pauseShard: { group: 'stop', weight: 5, most: 99 },
  pauseMaster: { group: 'stop', weight: 2, most: 2 },
  blockShard: { group: 'block', weight: 4, most: 99 },
  restartApi: { group: 'api', weight: 1, most: 1 },
  stallApi: { group: 'api', weight: 1, most: 2 },
  delayRequests: { group: 'errors', weight: 2, most: 99 },
  refuseRequests: { group: 'errors', weight: 2, most: 99 },
  loseAnswers: { group: 'errors', weight: 2, most: 99 },
  dropWatches: { group: 'errors', weight: 2, most: 99 },
  lagWatches: { group: 'errors', weight: 3, most: 99 },
  breakConnections: { group: 'errors', weight: 1, most: 99 },
  masterDown: { group: 'master', weight: 2, most: 2 },
  joinShard: { group: 'scale', weight: 2, most: 2 },
  leaveShard: { group: 'scale', weight: 2, most: 2 },
  removeLabel: { group: 'label', weight: 2, most: 99 },
  nonsenseLabel: { group: 'label', weight: 2, most: 99 },
  foreignLabel: { group: 'label', weight: 2, most: 99 },
  deleteLease: { group: 'lease', weight: 2, most: 99 },
  editLease: { group: 'lease', weight: 2, most: 99 },
  askForMoves: { group: 'move', weight: 5, most: 99 },
  startTwin: { group: 'twin', weight: 2, most: 2 },
  cutOff: { group: 'partition', weight: 3, most: 99 },
  jumpClock: { group: 'clock', weight: 2, most: 99 },
  rollOut: { group: 'rollout', weight: 1, most: 1 },
  deletePolicy: { group: 'policy', weight: 2, most: 99 },
  deleteBinding: { group: 'policy', weight: 2, most: 99 },
  deleteHolder: { group: 'policy', weight: 2, most: 99 },
  deleteFleet: { group: 'policy', weight: 1, most: 99 },
} as const satisfies Readonly<Record<string, { group: FaultGroup; weight: number; most: number }>>;

export type FaultKind = keyof typeof faultTable;

export interface PlannedFault {
  readonly atMs: number;
  readonly kind: FaultKind;
  /** For the choices that the fault makes itself, such as its victim. */
  readonly seed: number;
}

export interface PlanSettings {
  /** For how long faults strike and Applications change. */
  readonly seconds: number;
  /** Mean time between two faults. */
  readonly everySeconds: number;
  readonly groups: readonly FaultGroup[];
}

/** Which faults strike when: the same for the same seed and settings. */
export function planOf(seed: number, { seconds, everySeconds, groups }: PlanSettings): readonly PlannedFault[] {
  const random = seededRandom(seed);
  const left = new Map<FaultKind, number>();
  for (const kind of Object.keys(faultTable) as FaultKind[]) {
    if (groups.includes(faultTable[kind].group)) left.set(kind, faultTable[kind].most);
  }
  const plan: PlannedFault[] = [];
  for (let atMs = 0; left.size > 0;) {
    atMs += everySeconds * 1000 * (0.5 + random());
    if (atMs >= seconds * 1000) break;
    const kind = choose([...left.keys()], random);
    plan.push({ atMs: Math.round(atMs), kind, seed: Math.floor(random() * 2 ** 31) });
    const rest = (left.get(kind) ?? 0) - 1;
    if (rest > 0) left.set(kind, rest);
    else left.delete(kind);
  }
  return plan;
}

function choose(kinds: readonly FaultKind[], random: () => number): FaultKind {
  const total = kinds.reduce((sum, kind) => sum + faultTable[kind].weight, 0);
  let at = random() * total;
  for (const kind of kinds) {
    at -= faultTable[kind].weight;
    if (at < 0) return kind;
  }
  return kinds.at(-1) ?? 'killShard';
}
