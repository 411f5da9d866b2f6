/** A place in the table by which a policy in the API server chooses shards. */
export interface SlotShare {
  readonly id: string;
  readonly weight: number;
}

/** How many slots there are; a prime, so that hashes fall evenly. */
export const slotCount = 1021;
const codeBase = 36;

/**
 * Which shard has which slot: in proportion to the weights, and as it was before wherever that can be, so that a shard
 * that comes or goes changes its own share only. Empty without shards.
 */
export function slotTable(shares: readonly SlotShare[], before: readonly string[] = []): readonly string[] {
  const left = quotas(shares);
  if (left.size === 0) return [];
  const kept = Array.from({ length: slotCount }, (_, i) => {
    const id = before[i] ?? '';
    const open = left.get(id) ?? 0;
    if (open === 0) return undefined;
    left.set(id, open - 1);
    return id;
  });
  const free = interleaved(left);
  return kept.map((id) => id ?? free.pop() ?? '');
}

/** The Applications of a shard beside its share. */
export interface FilledShare extends SlotShare {
  readonly applications: number;
}

/** Fewer for each shard are no measure. */
const fewest = 20;
/** A shard that lacks a tenth of its share gets four tenths more of new Applications, at most twice as many. */
const gain = 4;
/** Corrections come in steps, so that a table is not written for every Application. */
const step = 1 / 8;

/** Weights by which new Applications level the counts: names do not fall quite evenly, and shards join late. */
export function levelled(shares: readonly FilledShare[]): readonly SlotShare[] {
  const total = shares.reduce((sum, { applications }) => sum + applications, 0);
  const weights = shares.reduce((sum, { weight }) => sum + weight, 0);
  if (total < fewest * shares.length || weights <= 0) return shares.map(({ id, weight }) => ({ id, weight }));
  return shares.map(({ id, weight, applications }) => {
    const fair = (total * weight) / weights;
    const ratio = 1 + gain * (1 - applications / Math.max(fair, 1e-9));
    const factor = Math.min(2, Math.max(1 / 2, Math.round(ratio / step) * step));
    return { id, weight: weight * factor };
  });
}

/** Slots for each shard, largest remainders rounded up. */
function quotas(shares: readonly SlotShare[]): Map<string, number> {
  const heavy = shares.filter(({ weight }) => weight > 0).sort((a, b) => (a.id < b.id ? -1 : 1));
  const total = heavy.reduce((sum, { weight }) => sum + weight, 0);
  const exact = heavy.map(({ id, weight }) => ({ id, slots: (weight / total) * slotCount }));
  const result = new Map(exact.map(({ id, slots }) => [id, Math.floor(slots)]));
  const missing = slotCount - [...result.values()].reduce((sum, slots) => sum + slots, 0);
  const byRemainder = [...exact].sort((a, b) => (b.slots % 1) - (a.slots % 1) || (a.id < b.id ? -1 : 1));
  for (const { id } of byRemainder.slice(0, heavy.length === 0 ? 0 : missing))
    result.set(id, (result.get(id) ?? 0) + 1);
  return result;
}

/** The ids as often as they are left, mixed, so that neighbouring slots differ. */
function interleaved(left: ReadonlyMap<string, number>): string[] {
  const places = [...left].flatMap(([id, slots]) =>
    Array.from({ length: slots }, (_, i) => ({ id, at: (i + 0.5) / slots })),
  );
  return places.sort((a, b) => b.at - a.at || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
}

/**
 * The table as data of a ConfigMap that a policy can read cheaply: two characters for each slot in `slots`, and for each
 * of these codes the shard under `s<code>`.
 */
export function slotData(table: readonly string[]): Readonly<Record<string, string>> {
  const ids = [...new Set(table)].sort();
  const codes = new Map(ids.map((id, i) => [id, i.toString(codeBase).padStart(2, '0')]));
  const shards = [...codes].map(([id, code]) => [`s${code}`, id] as const);
  return { slots: table.map((id) => codes.get(id) ?? '').join(''), ...Object.fromEntries(shards) };
}

/** Reads a table back; empty when the data is none. */
export function readSlots(data: Readonly<Record<string, string>> | undefined): readonly string[] {
  const codes = data?.['slots']?.match(/../g) ?? [];
  return codes.length === slotCount ? codes.map((code) => data?.[`s${code}`] ?? '') : [];
}

/** The characters of keys; others count as none of them. */
const alphabet = '-./0123456789abcdefghijklmnopqrstuvwxyz';
/** Characters beyond these do not count. */
const countedChars = 128;

/** The slot of `namespace/name`; the policy in templates/system computes the very same in CEL. */
export function slotOf(key: string): number {
  let sum = 0;
  for (let i = 0; i < Math.min(key.length, countedChars); i += 1) {
    sum += (alphabet.indexOf(key[i] ?? '') + 2) * ((i + 1) * (i + 1) * 131 + 7 * i + 13);
  }
  return sum % slotCount;
}
