import type { LabelPair } from '../storage/collection.ts';
import { isInt64, SelectorParser } from './selector-parser.ts';
import type { Requirement } from './selector-parser.ts';

export type Labels = Readonly<Record<string, string>>;
/** Whether labels are selected. */
export interface LabelTest {
  (labels: Labels): boolean;
  /** What is selected has these, beside whatever else is asked for. */
  readonly pairs: readonly LabelPair[];
}

/** undefined stands for everything. */
export type LabelMatcher = LabelTest | undefined;

const empty: Labels = Object.freeze({});
export const labelsOf = (object: { readonly metadata: { readonly labels?: Labels } }): Labels =>
  object.metadata.labels ?? empty;

/** The matcher of a label selector in its text form. Throws BadRequest when the text is none. */
export function parseLabelSelector(text: string | undefined): LabelMatcher {
  if (text === undefined || text.trim() === '') return undefined;
  const requirements = new SelectorParser(text).parse();
  const pairs = requirements.flatMap(({ key, operator, values: [value = ''] }) =>
    operator === '=' ? [{ key, value }] : [],
  );
  const test = (labels: Labels): boolean => requirements.every((requirement) => holds(requirement, labels));
  return Object.assign(test, { pairs });
}

const whole = (text = '0'): bigint => BigInt(text.replace('+', ''));

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const has = Object.hasOwn(labels, key);
  const value = labels[key] ?? '';
  switch (operator) {
    case 'exists':
      return has;
    case '!':
      return !has;
    case '=':
    case 'in':
      return has && values.includes(value);
    case '!=':
    case 'notin':
      return !has || !values.includes(value);
    case 'gt':
      return isInt64(value) && whole(value) > whole(values[0]);
    case 'lt':
      return isInt64(value) && whole(value) < whole(values[0]);
  }
}
