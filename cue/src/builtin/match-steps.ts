/** Characters of the text, times characters of the pattern, that one step stands for. */
const STEP = 256;
const REPEATED = 16;

/** The steps that a match is charged: a pattern with counted repetitions is larger than its text. */
export function matchSteps(text: string, pattern: string): number {
  return Math.floor((text.length * pattern.length * (pattern.includes('{') ? REPEATED : 1)) / STEP);
}
