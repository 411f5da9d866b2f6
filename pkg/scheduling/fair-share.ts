/** The properties that decide the share of one shard. */
export interface Sharer {
  readonly id: string;
  readonly weight: number;
  /** Infinity for no limit. */
  readonly capacity: number;
}

/**
 * Divides a total by weight; the excess over the capacity of one is divided among the others. The shares add up to
 * the total unless all capacities together are less, or no shard has a weight.
 */
export function fairShares(total: number, sharers: readonly Sharer[]): ReadonlyMap<string, number> {
  const shares = new Map(sharers.map(({ id }) => [id, 0]));
  let open = sharers.filter(({ weight, capacity }) => weight > 0 && capacity > 0);
  let left = total;
  while (open.length > 0 && left > 0) {
    const weights = open.reduce((sum, { weight }) => sum + weight, 0);
    const perWeight = left / weights;
    const full = open.filter(({ weight, capacity }) => weight * perWeight > capacity);
    if (full.length === 0) {
      for (const { id, weight } of open) shares.set(id, weight * perWeight);
      break;
    }
    for (const { id, capacity } of full) {
      shares.set(id, capacity);
      left -= capacity;
    }
    open = open.filter((sharer) => !full.includes(sharer));
  }
  return shares;
}
