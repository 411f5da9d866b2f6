import { describe, expect, test } from '@jest/globals';
import { failure } from '../../test/support/memory-api.ts';
import { ApiError, TransportError } from '../../pkg/apis/api-error.ts';
import { failureOf, messageOf, usageFailure } from './failure.ts';
import { CliError } from './io.ts';

const { signal } = new AbortController();

const missing = new ApiError({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  code: 404,
  reason: 'NotFound',
  message: 'applications.core.oam.dev "web" not found',
  details: { name: 'web', kind: 'applications' },
});

describe('what a command ends with', () => {
  test.each<{ name: string; error: unknown; message: string; exitCode: number; hint?: RegExp }>([
    {
      name: 'its own failure',
      error: new CliError('no', { exitCode: 4, hint: 'wait' }),
      message: 'no',
      exitCode: 4,
      hint: /^wait$/,
    },
    {
      name: 'a wrong command line',
      error: usageFailure('--file needs a value'),
      message: '--file needs a value',
      exitCode: 2,
      hint: /vela COMMAND --help/,
    },
    { name: 'an object that is absent', error: missing, message: missing.message, exitCode: 3 },
    {
      name: 'a kind that is not served',
      error: failure(404, 'NotFound', 'the server could not find the requested resource'),
      message: 'the server could not find the requested resource',
      exitCode: 3,
      hint: /vela install/,
    },
    {
      name: 'credentials that are not accepted',
      error: failure(401, 'Unauthorized', 'Unauthorized'),
      message: 'Unauthorized',
      exitCode: 1,
      hint: /credentials/,
    },
    {
      name: 'a missing right',
      error: failure(403, 'Forbidden', 'user may not list pods'),
      message: 'user may not list pods',
      exitCode: 1,
      hint: /right named above/,
    },
    { name: 'a conflict', error: failure(409, 'Conflict', 'modified'), message: 'modified', exitCode: 1 },
    {
      name: 'an object that is invalid',
      error: failure(422, 'Invalid', 'spec.x: wrong'),
      message: 'spec.x: wrong',
      exitCode: 1,
    },
    {
      name: 'an API server that is not there',
      error: new TransportError('Unreachable', 'connect ECONNREFUSED'),
      message: 'connect ECONNREFUSED',
      exitCode: 1,
      hint: /vela dev up/,
    },
    { name: 'an unexpected error', error: new TypeError('x is undefined'), message: 'x is undefined', exitCode: 1 },
    { name: 'a value that is no error', error: 'broken', message: 'broken', exitCode: 1 },
  ])('for $name', ({ error, message, exitCode, hint }) => {
    const ended = failureOf(error, signal);
    expect(ended).toMatchObject({ message, exitCode });
    if (hint) expect(ended.hint).toMatch(hint);
    else expect(ended.hint).toBeUndefined();
  });

  test('is status 130 after Ctrl-C, whatever failed because of it', () => {
    expect(failureOf(new Error('socket closed'), AbortSignal.abort())).toEqual({
      message: 'interrupted',
      exitCode: 130,
    });
  });
});

test.each([
  [new Error('a'), 'a'],
  [{ message: 7 }, '7'],
  ['text', 'text'],
  [null, 'null'],
  [undefined, 'undefined'],
])('the message of %p is "%s"', (error, message) => {
  expect(messageOf(error)).toBe(message);
});
