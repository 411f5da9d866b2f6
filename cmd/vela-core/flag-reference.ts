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
