/** The order of two values of one type: numbers, texts, booleans, times and durations. */
export function compareValues(a: unknown, b: unknown): number {
  const [left, right] = [ordered(a), ordered(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function ordered(value: unknown): string | number | bigint {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
      return value;
    case 'boolean':
      return Number(value);
    default: {
      const plain: unknown = value?.valueOf();
      if (typeof plain === 'number' || typeof plain === 'bigint') return plain;
      throw new Error('list elements must be comparable');
    }
  }
}

/** Whether two values are equal in CEL: numbers of all types by their value, everything else as it is nested. */
export function equalValues(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  const [left, right] = [plainOf(a), plainOf(b)];
  if (isNumber(left) && isNumber(right)) return left == right;
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, i) => equalValues(item, right[i]));
  const [mine, theirs] = [entriesOf(left), entriesOf(right)];
  if (mine === undefined || theirs?.size !== mine.size) return false;
  return [...mine].every(([key, value]) => theirs.has(key) && equalValues(value, theirs.get(key)));
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** Unsigned numbers, times and durations as numbers. */
function plainOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? value.valueOf() : value;
}

function entriesOf(value: unknown): Map<unknown, unknown> | undefined {
  if (value instanceof Map) return value as Map<unknown, unknown>;
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? new Map<unknown, unknown>(Object.entries(value))
    : undefined;
}
