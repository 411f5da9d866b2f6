const compiled = new Map<string, RegExp>();
const limit = 2000;

/**
 * A pattern in Go's RE2 syntax as a JavaScript regular expression; one that matches nothing when it has no counterpart.
 * Inline flags at the beginning, `\A`, `\z` and named groups are translated.
 */
export function patternOf(pattern: string): RegExp {
  const known = compiled.get(pattern);
  if (known) return known;
  if (compiled.size >= limit) compiled.clear();
  const regex = compile(pattern) ?? /(?!)/;
  compiled.set(pattern, regex);
  return regex;
}

/** Whether a pattern can be compiled. */
export function isPattern(pattern: string): boolean {
  return compile(pattern) !== undefined;
}

function compile(pattern: string): RegExp | undefined {
  const [, inline = '', rest = ''] = /^(?:\(\?([ims]+)\))?([\s\S]*)$/.exec(pattern) ?? [];
  const source = rest
    .replaceAll('(?P<', '(?<')
    .replace(/\\[AzQE]/g, (escape) => ({ '\\A': '^', '\\z': '$' })[escape] ?? '');
  const flags = [...new Set(inline)].join('');
  for (const unicode of ['u', '']) {
    try {
      return new RegExp(source, flags + unicode);
    } catch {
      // Without the flag `u` JavaScript is more lenient about escapes, as RE2 is; the next round tries that.
    }
  }
  return undefined;
}
