import { expect, test } from '@jest/globals';
import { warningsOf } from './answer.ts';

test.each<{ header: string | string[] | undefined; want: readonly string[] }>([
  { header: undefined, want: [] },
  { header: '299 - "policy/v1beta1 is deprecated"', want: ['policy/v1beta1 is deprecated'] },
  { header: ['299 - "one, \\"two\\""', '299 kube "three"'], want: ['one, "two"', 'three'] },
  { header: '299 - "a", 299 - "b"', want: ['a', 'b'] },
  { header: '199 - "of a proxy"', want: [] },
])('warnings of $header are $want', ({ header, want }) => {
  expect(warningsOf({ headers: { warning: header } })).toEqual(want);
});
