import { flags } from './flags.ts';

/** The list of flags for people. */
export function flagReference(): string {
  const lines = flags.map(({ name, kind, fallback, describe, idle }) => {
    const value = kind === 'truth' ? '' : ` ${kind}`;
    const notes = [fallback === '' ? '' : `default ${fallback}`, idle ? 'without effect yet' : ''].filter(
      (note) => note !== '',
    );
    return `  --${`${name}${value}`.padEnd(60)} ${describe}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}\n`;
  });
  return `vela-core: delivers the applications of a cluster, or of one shard of it\n\n${lines.join('')}`;
}

const typeNames: Readonly<Record<string, string>> = { truth: 'bool', workers: 'integer or `auto`' };

/**
 * Returns the rows of the table in docs/reference/flags.md.
 *
 * @testonly
 */
export function flagRows(): string {
  const rows = flags.map(({ name, kind, fallback, describe, idle }) => {
    const value = fallback === '' ? '' : `\`${fallback}\``;
    return `| \`--${name}\` | ${typeNames[kind] ?? kind} | ${value} | ${describe}${idle ? ' *(without effect yet)*' : ''} |\n`;
  });
  return rows.join('');
}
