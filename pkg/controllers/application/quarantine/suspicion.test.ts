import { expect, test } from '@jest/globals';
import { annotations } from '../../../apis/names.ts';
import type { Suspicion } from './suspicion.ts';
import { afterCrash, duringAttempt, pauseLeftMs, quarantineMessage, suspicionOf } from './suspicion.ts';

const minute = 60_000;

test.each<{ name: string; before: Suspicion | undefined; want: Suspicion }>([
  { name: 'an Application without a record', before: undefined, want: { crashes: 1, at: 9 } },
  { name: 'a suspect', before: { crashes: 1, at: 5 }, want: { crashes: 2, at: 9 } },
  {
    name: 'a suspect during an attempt',
    before: { crashes: 2, at: 5, inAdvance: true },
    want: { crashes: 2, at: 5, inAdvance: true },
  },
])('a crash of $name is counted once', ({ before, want }) => {
  expect(afterCrash(before, 9)).toEqual(want);
});

test('an attempt counts its crash in advance', () => {
  expect(duringAttempt({ crashes: 1, at: 5 }, 9)).toEqual({ crashes: 2, at: 9, inAdvance: true });
});

test.each([
  { crashes: 1, want: undefined },
  { crashes: 2, want: 'after 1 min' },
  { crashes: 3, want: 'after 2 min' },
  { crashes: 50, want: 'after 60 min' },
])('the message after $crashes crashes ends with "$want"', ({ crashes, want }) => {
  const message = quarantineMessage({ crashes, at: 0 });
  expect(message?.slice(message.indexOf('after'))).toBe(want);
});

test.each([
  { crashes: 1, ago: 0, left: 0 },
  { crashes: 2, ago: 0, left: minute },
  { crashes: 2, ago: 50_000, left: 10_000 },
  { crashes: 4, ago: 0, left: 4 * minute },
  { crashes: 50, ago: 0, left: 60 * minute },
  { crashes: 2, ago: -1e9, left: minute },
])('after $crashes crashes, the last $ago ms ago, the pause lasts another $left ms', ({ crashes, ago, left }) => {
  expect(pauseLeftMs({ crashes, at: 5_000_000 }, 5_000_000 + ago)).toBe(left);
});

test('a crash that was counted in advance is read', () => {
  const text = '{"crashes":2,"at":1,"inAdvance":true}';
  expect(suspicionOf({ metadata: { annotations: { [annotations.crashes]: text } } })).toEqual({
    crashes: 2,
    at: 1,
    inAdvance: true,
  });
});

test.each(['', 'x', '{}', '[]', '{"crashes":"2","at":1}', '{"crashes":0,"at":1}'])('%p is no crash record', (text) => {
  expect(suspicionOf({ metadata: { annotations: { [annotations.crashes]: text } } })).toBeUndefined();
});
