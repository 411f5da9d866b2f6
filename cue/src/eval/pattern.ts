import { RE2JS } from 're2js';
import { Bottom, type TextPattern } from './model.ts';

const MAX_LENGTH = 10_000;

/** Compiles a pattern of RE2's syntax, with a time linear in the text; a Bottom where its syntax is wrong. */
export function compilePattern(source: string): TextPattern | Bottom {
  if (source.length > MAX_LENGTH) return new Bottom('eval', 'pattern is too long');
  try {
    const compiled = RE2JS.compile(source);
    return { test: (text) => compiled.matcher(text).find() };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return new Bottom('eval', `invalid regexp: ${reason}`);
  }
}
