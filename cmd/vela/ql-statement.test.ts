import { expect, test } from '@jest/globals';
import { parseStatement } from './ql-statement.ts';

test.each([
  [
    'a-view{x=1, y="1", z=true, s=some-text}.status.list[0]',
    { x: 1, y: '1', z: true, s: 'some-text' },
    'status.list[0]',
  ],
  ['a-view', {}, 'status'],
  ['a-view{}', {}, 'status'],
  ['a-view{a=b=c}.output', { a: 'b=c' }, 'output'],
])('reads %s', (text, parameter, exported) => {
  expect(parseStatement(text)).toEqual({ view: 'a-view', parameter, exported });
});

test.each(['', 'A{a=b}', 'a{b}', 'a{b=c', 'a b', 'a{b=c}x'])('refuses %j', (text) => {
  expect(parseStatement(text)).toBeUndefined();
});
