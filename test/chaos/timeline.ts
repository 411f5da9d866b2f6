import type { AuditedWrite } from './audit.ts';
import type { Version } from './history.ts';

/** A time, in resourceVersions, in which something was so; `to` is not part of it. */
export interface Span<T> {
  readonly from: number;
  readonly to: number;
  readonly value: T;
}

/** The right of a pod to write to a family: it holds the Lease of the shard that the Application names. */
export type Grant = Span<string>;

/** Turns states, in their order, into spans; equal neighbours become one. */
export function spansOf<T>(states: readonly { readonly rv: number; readonly value: T }[]): readonly Span<T>[] {
  const spans: { from: number; to: number; value: T }[] = [];
  for (const { rv, value } of [...states].sort((a, b) => a.rv - b.rv)) {
    const last = spans.at(-1);
    if (last?.value === value) continue;
    if (last) last.to = rv;
    spans.push({ from: rv, to: Infinity, value });
  }
  return spans;
}

/** The writers that are allowed for each Application, from the observed Leases and Applications. */
export class Grants {
  readonly #holders = new Map<string, readonly Span<string | undefined>[]>();
  readonly #labels = new Map<string, readonly Span<string | undefined>[]>();
  readonly #grants = new Map<string, readonly Grant[]>();

  constructor(versions: readonly Version[], writes: readonly AuditedWrite[]) {
    // a holder does not know at once that a person took its Lease, and no other process has it yet
    const byHand = new Set(writes.flatMap(({ plural, pod, after }) => (plural === 'leases' && !pod ? [after] : [])));
    const seen = versions.filter((version) => isLease(version) && !version.isDeleted && !byHand.has(version.rv));
    for (const [shard, states] of groupBy([...seen, ...unseen(versions, writes)], (version) => version.shard)) {
      this.#holders.set(shard, spansOf(states.map(({ rv, holder }) => ({ rv, value: holder }))));
    }
    // a deleted Application keeps its last owner, which has to clean up
    const applications = versions.filter(({ plural, isDeleted }) => plural === 'applications' && !isDeleted);
    for (const [key, states] of groupBy(applications, (version) => version.key)) {
      this.#labels.set(key, spansOf(states.map(({ rv, shard }) => ({ rv, value: shard }))));
    }
  }

  /** The holders of a shard's Lease, in order. */
  holdersOf(shard: string): readonly Span<string | undefined>[] {
    return this.#holders.get(shard) ?? [];
  }

  /** Of one Application, in the order in which they began. */
  of(application: string): readonly Grant[] {
    const known = this.#grants.get(application);
    if (known) return known;
    const grants: Grant[] = [];
    for (const label of this.#labels.get(application) ?? []) {
      for (const holder of label.value === undefined ? [] : this.holdersOf(label.value)) {
        const [from, to] = [Math.max(label.from, holder.from), Math.min(label.to, holder.to)];
        if (holder.value !== undefined && from < to) grants.push({ from, to, value: holder.value });
      }
    }
    grants.sort((a, b) => a.from - b.from);
    this.#grants.set(application, grants);
    return grants;
  }
}

const isLease = ({ plural }: Version): boolean => plural === 'leases';

/** Writes of holders to Leases that no watch showed, because the API server was killed right after them. */
function unseen(versions: readonly Version[], writes: readonly AuditedWrite[]): readonly Version[] {
  const seen = versions.filter(isLease);
  const numbers = new Set(seen.map(({ rv }) => rv));
  const template = new Map(seen.map((version) => [version.key, version]));
  return writes.flatMap((write) => {
    const known = write.plural === 'leases' ? template.get(write.key) : undefined;
    const isOwn = write.pod !== undefined && write.fieldManager !== 'vela-shard' && write.verb !== 'delete';
    if (!known || !isOwn || write.after === 0 || numbers.has(write.after)) return [];
    return [{ ...known, rv: write.after, at: write.at, isDeleted: false, holder: write.pod }];
  });
}

export function groupBy<T>(
  items: readonly T[],
  keyOf: (item: T) => string | undefined,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
