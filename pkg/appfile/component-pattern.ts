import { RE2JS } from 're2js';

/** Whether a pattern of an override policy is the name of one component. */
export const isName = (pattern: string): boolean => /^[a-z0-9.-]+$/.test(pattern);

/**
 * Whether a component's name is the one that a pattern states: a regular expression of RE2 for the whole name, in which `*`
 * stands for any text. It takes a time linear in the name, whatever the pattern; one that does not compile matches nothing.
 */
export function matchesPattern(name: string, pattern: string): boolean {
  if (isName(pattern)) return name === pattern;
  const compiled = compile(pattern);
  return compiled.ok && compiled.value.matches(name);
}

/** Why a pattern does not compile; undefined where it does. */
export function patternProblem(pattern: string): string | undefined {
  const compiled = compile(pattern);
  return compiled.ok ? undefined : compiled.problem;
}

type Compiled = { readonly ok: true; readonly value: RE2JS } | { readonly ok: false; readonly problem: string };

function compile(pattern: string): Compiled {
  try {
    return { ok: true, value: RE2JS.compile(pattern.replaceAll('*', '.*')) };
  } catch (error) {
    return { ok: false, problem: (error as Error).message };
  }
}
