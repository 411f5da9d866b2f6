import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { since } from '../age.ts';

/** What stands in one cell of a table. */
export type Cell = string | number | boolean | null;

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

/** The table of a kind: its columns, and an object's cells in their order. */
export interface Printer {
  readonly columns: readonly Column[];
  cells(object: KubeObject, now: number): readonly Cell[];
}

/** Columns of text as kubectl lists them: `Name` first; a trailing `+` means "only when wide", `#` a number, `?` a boolean. */
export function columns(...names: readonly string[]): Column[] {
  return names.map((given) => {
    const wide = given.endsWith('+');
    const name = given.replace(/[+#?]/g, '');
    return {
      name,
      type: given.includes('#') ? 'integer' : given.includes('?') ? 'boolean' : 'string',
      format: name === 'Name' ? 'name' : '',
      description: name === 'Name' ? 'Name must be unique within a namespace.' : name,
      priority: wide ? 1 : 0,
    };
  });
}

export function nameOf(object: KubeObject): string {
  return object.metadata.name ?? '';
}

export function ageOf(object: KubeObject, now: number): string {
  return since(object.metadata.creationTimestamp, now);
}

export const none = '<none>';

/** `key=value` of a map, sorted, joined by commas; `<none>` for an empty one. */
export function labelsText(map: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(map).map(([key, value]) => `${key}=${String(value)}`);
  return pairs.length === 0 ? none : pairs.sort().join(',');
}
