import { parseFile } from '../src/syntax/parser.ts';
import { evaluateOurs } from './differential/ours.ts';
import { PACKAGES } from './builtins/packages.ts';

/** What an expression gives: JSON text, the class of its error, or `compile`. Imports are added by the names in it. */
export function resultOf(expr: string): string {
  const imports = PACKAGES.filter((path) => new RegExp(`\\b${path.split('/').at(-1) ?? path}\\.`).test(expr));
  const source = [...imports.map((path) => `import "${path}"`), `r: ${expr}`].join('\n');
  parseFile('r.cue', source);
  const { compile, outcomes } = evaluateOurs(source, ['r']);
  const [outcome] = outcomes ?? [];
  return compile === undefined ? (outcome?.value ?? outcome?.error ?? 'crash') : 'compile';
}
