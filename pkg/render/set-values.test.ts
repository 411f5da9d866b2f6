import { describe, expect, test } from '@jest/globals';
import { readSetValues } from './set-values.ts';

describe('readSetValues', () => {
  test.each([
    { given: ['a=1'], want: { a: 1 } },
    { given: ['a=01', 'b=-7', 'c=1.5'], want: { a: '01', b: -7, c: '1.5' } },
    { given: ['a=true', 'b=false', 'c=null', 'd=yes'], want: { a: true, b: false, c: null, d: 'yes' } },
    { given: ['a="true"', "b='1'"], want: { a: 'true', b: '1' } },
    { given: ['a.b.c=x'], want: { a: { b: { c: 'x' } } } },
    { given: ['a.b=1,a.c=2'], want: { a: { b: 1, c: 2 } } },
    { given: ['a={x,1}', 'b={}'], want: { a: ['x', 1], b: [] } },
    { given: ['a=x,y', 'b=1'], want: { a: ['x', 'y'], b: 1 } },
    { given: ['a=x,y,b=1'], want: { a: ['x', 'y'], b: 1 } },
    { given: ['a[0].b=1', 'a[1].b=2'], want: { a: [{ b: 1 }, { b: 2 }] } },
    { given: ['a=x\\,y'], want: { a: 'x,y' } },
    { given: ['a.b\\.c/d=1'], want: { a: { 'b.c/d': 1 } } },
    { given: ['a=b=c'], want: { a: 'b=c' } },
    { given: ['a='], want: { a: '' } },
    { given: ['a=1', 'a=2'], want: { a: 2 } },
  ])('reads $given', ({ given, want }) => {
    expect(readSetValues(given)).toEqual({ ok: true, values: want });
  });

  test.each([
    { given: ['a'], says: '"a" is not an assignment' },
    { given: ['=1'], says: '"" is not a key' },
    { given: ['a..b=1'], says: 'is not a key' },
    { given: ['a[x]=1'], says: 'is not a key' },
    { given: ['a[100000]=1'], says: 'is not a key' },
    { given: ['__proto__.x=1'], says: 'is not a key' },
    { given: ['a=1', 'a.b=2'], says: '"a.b" contradicts an earlier assignment' },
    { given: ['a.b=1', 'a[0]=2'], says: 'contradicts' },
  ])('refuses $given', ({ given, says }) => {
    const reading = readSetValues(given);
    expect(reading.ok ? '' : reading.problems.join('; ')).toContain(says);
  });
});
