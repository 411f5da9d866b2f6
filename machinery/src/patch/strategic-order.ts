import { isMap } from './json.ts';

/** What makes two items of a merged list the same: the value of the merge key, or a scalar itself. */
export function identify(item: unknown, mergeKey: string | undefined): string {
  return JSON.stringify([mergeKey !== undefined && isMap(item) ? item[mergeKey] : item]);
}

/**
 * Brings a merged list into order: items that the patch names in the patch's order, the server's own in the server's
 * order, interleaved so that a server item stands before the first patch item that follows it on the server.
 */
export function enforceOrder(
  merged: readonly unknown[],
  patchOrder: readonly unknown[],
  serverOrder: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] {
  const rank = (order: readonly unknown[]) => {
    const ranks = new Map<string, number>();
    order.forEach((item, i) => {
      const id = identify(item, mergeKey);
      if (!ranks.has(id)) ranks.set(id, i);
    });
    return (item: unknown) => ranks.get(identify(item, mergeKey)) ?? -1;
  };
  const inPatch = rank(patchOrder);
  const onServer = rank(serverOrder);
  const fromPatch = merged.filter((item) => inPatch(item) >= 0).sort((a, b) => inPatch(a) - inPatch(b));
  const fromServer = merged.filter((item) => inPatch(item) < 0).sort((a, b) => onServer(a) - onServer(b));
  return interleave(fromServer, fromPatch, onServer);
}

function interleave(left: unknown[], right: unknown[], rank: (item: unknown) => number): unknown[] {
  const out: unknown[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const [l, r] = [rank(left[i]), rank(right[j])];
    if (l >= 0 && r >= 0 && l < r) out.push(left[i++]);
    else out.push(right[j++]);
  }
  return [...out, ...left.slice(i), ...right.slice(j)];
}
