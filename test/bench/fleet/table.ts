/** One line of the report. */
export interface Row {
  readonly row: string;
  readonly target: string;
  readonly measured: string;
}

/** Lays rows out under one heading. */
export function table(rows: readonly Row[]): string {
  const all = [{ row: 'row', target: 'target', measured: 'measured' }, ...rows];
  const wide = Math.max(...all.map(({ row }) => row.length));
  const wider = Math.max(...all.map(({ target }) => target.length));
  return all.map(({ row, target, measured }) => `${row.padEnd(wide)}  ${target.padEnd(wider)}  ${measured}`).join('\n');
}
