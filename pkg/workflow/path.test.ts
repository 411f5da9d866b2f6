import { describe, expect, test } from '@jest/globals';
import { fakeExpressions } from '../../test/support/application-bed.ts';
import { parseDuration } from './duration.ts';
import { getPath, parsePath, setPath } from './path.ts';
import { decideRestart } from './restart.ts';
import { invalidOutput, outputValues } from './variables.ts';

test.each([
  { text: 'a.b[0].c', want: ['a', 'b', '0', 'c'] },
  { text: 'traits["my-trait"].x', want: ['traits', 'my-trait', 'x'] },
  { text: 'a-b.c', want: ['a-b', 'c'] },
  { text: 'a + b', want: undefined },
  { text: '', want: undefined },
])('path $text', ({ text, want }) => {
  expect(parsePath(text)).toEqual(want);
});

test('a value is set without changing the original', () => {
  const before = { a: { list: [{ x: 1 }] } };
  expect(setPath(before, ['a', 'list', '0', 'y'], 2)).toEqual({ a: { list: [{ x: 1, y: 2 }] } });
  expect(setPath(before, ['b', '0'], 'new')).toEqual({ ...before, b: ['new'] });
  expect(getPath(before, ['a', 'list', '0', 'x'])).toBe(1);
  expect(getPath(before, ['a', 'nothing', 'x'])).toBeUndefined();
});

describe('outputs', () => {
  const produced = { output: { status: { ip: '1' }, $returns: { value: 2 } } };
  const read = (valueFrom: string) => outputValues([{ name: 'v', valueFrom }], produced, fakeExpressions);

  test.each([
    { valueFrom: 'output.status.ip', want: '1' },
    { valueFrom: 'output.value', want: 2 },
    { valueFrom: 'output.status.ip + "x"', want: '1x' },
  ])('are read from what a step left behind, or an action returned: $valueFrom', async ({ valueFrom, want }) => {
    expect(await read(valueFrom)).toEqual({ variables: { v: want }, problems: '' });
  });

  test.each([
    { valueFrom: 'output.nothing', tried: 'output.$returns.nothing' },
    { valueFrom: 'output.$returns.nothing', tried: 'output.$returns.nothing' },
    { valueFrom: 'other.nothing', tried: 'other.nothing.$returns' },
  ])('are null where the path $valueFrom leads nowhere, and the problem names the last path tried', async (given) => {
    const { valueFrom, tried } = given;
    const problem = `failed to get output from ${valueFrom}: failed to lookup value: var(path=${tried}) not exist\n`;
    expect(await read(valueFrom)).toEqual({ variables: { v: null }, problems: problem });
  });

  test('with an expression that refers to nothing are null, and the problem names the expression', async () => {
    expect(await read('other.x + 1')).toEqual({
      variables: { v: null },
      problems: expect.stringContaining('failed to get output from other.x + 1: ') as unknown,
    });
  });

  test.each(['output.status.ip + 1', 'output.status.ip +'])(
    'with the wrong expression %s are invalid',
    async (text) => {
      expect(await read(text)).toMatchObject({
        invalid: expect.stringContaining(`output "v": valueFrom: ${text} cannot be evaluated: `) as unknown,
      });
    },
  );

  test('are checked before a step leaves anything behind', async () => {
    const check = (valueFrom: string) => invalidOutput([{ name: 'v', valueFrom }], fakeExpressions);
    expect(await check('output.status.ip + ')).toContain(
      'output "v": valueFrom: output.status.ip + cannot be evaluated',
    );
    expect(await check('output.nothing')).toBeUndefined();
    expect(await check('output.nothing + 1')).toBeUndefined();
  });
});

test.each([
  { text: '1h30m', want: 5_400_000 },
  { text: '500ms', want: 500 },
  { text: '1.5s', want: 1500 },
  { text: '2d', want: 172_800_000 },
  { text: '5', want: undefined },
  { text: '1m x', want: undefined },
])('duration $text', ({ text, want }) => {
  expect(parseDuration(text)).toBe(want);
});

const now = Date.UTC(2026, 0, 1, 12);
const ended = '2026-01-01T11:00:00Z';
test.each([
  { name: 'now', asked: 'true', want: { restart: true, forgetRequest: true } },
  {
    name: 'now, while it still runs',
    asked: 'true',
    finished: false,
    want: { restart: false, scheduledAt: '2026-01-01T12:00:00Z' },
  },
  {
    name: 'at a time to come',
    asked: '2026-01-01T13:00:00Z',
    want: { restart: false, waitMs: 3_600_000, forgetRequest: true },
  },
  { name: 'a while after its end', asked: '2h', want: { restart: false, waitMs: 3_600_000, forgetRequest: false } },
  { name: 'a while after its end, which is over', asked: '30m', want: { restart: true } },
  { name: 'as recorded', scheduledAt: '2026-01-01T11:30:00Z', want: { restart: true, scheduledAt: undefined } },
  { name: 'before it ended', scheduledAt: '2026-01-01T10:00:00Z', want: { restart: false, scheduledAt: undefined } },
  { name: 'by nonsense', asked: 'soon', want: { restart: false, forgetRequest: false } },
])('a restart is asked for $name', ({ asked, scheduledAt, finished = true, want }) => {
  expect(decideRestart({ asked, scheduledAt, finished, endTime: ended, now })).toMatchObject(want);
});
