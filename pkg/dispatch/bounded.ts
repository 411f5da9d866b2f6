/** Maps a list with at most `limit` calls under way; every item is tried, then the first failures are thrown together. */
export async function mapBounded<T, R>(
  items: readonly T[],
  limit: number,
  map: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const failures: unknown[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) {
      try {
        results[i] = await map(items[i] as T);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, summary(failures.map(textOf)));
  return results;
}

const maxShown = 3;

/** The messages of the first failures, and how many more there are. */
function summary(messages: readonly string[]): string {
  const shown = messages.length > maxShown + 1 ? messages.slice(0, maxShown) : messages;
  const more = messages.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more objects failed`] : [])].join('; ');
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
