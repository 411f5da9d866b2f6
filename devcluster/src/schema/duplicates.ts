interface Level {
  /** Undefined for a list. */
  readonly keys: Set<string> | undefined;
  readonly path: string;
  index: number;
  key: string;
}

/** The paths of keys that stand twice in an object of a JSON text, in order; of the text's syntax only what is valid JSON. */
export function duplicateFields(text: string): string[] {
  const found: string[] = [];
  const open: Level[] = [];
  let last = '';
  // Strings as wholes, and the punctuation between them; numbers and words do not matter.
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)) {
    const top = open.at(-1);
    if (token === '{' || token === '[') open.push(newLevel(token, top));
    else if (token === '}' || token === ']') open.pop();
    else if (token === ',' && top) top.index++;
    else if (token === ':' && top?.keys) noteKey(top, JSON.parse(last) as string, found);
    last = token;
  }
  return found;
}

function newLevel(token: string, parent: Level | undefined): Level {
  const path = parent === undefined ? '' : pathOf(parent);
  return { keys: token === '{' ? new Set() : undefined, path, index: 0, key: '' };
}

function noteKey(level: Level, key: string, found: string[]): void {
  level.key = key;
  if (level.keys?.has(key)) found.push(pathOf(level));
  level.keys?.add(key);
}

function pathOf({ keys, path, index, key }: Level): string {
  if (!keys) return `${path}[${index}]`;
  return path === '' ? key : `${path}.${key}`;
}
