import { describe, expect, test } from '@jest/globals';
import { isAlreadyExists, isConflict, isForbidden, isGone, isInvalid, isNotFound } from '../apis/api-error.ts';
import { apiErrorOf } from './answer.ts';

const status = (more: object): string =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', ...more });
const errorOf = (code: number, text = '', headers: Readonly<Record<string, string | string[]>> = {}) =>
  apiErrorOf({ status: code, text, headers }, 'GET /x');

describe('the error of an answer', () => {
  test('is the Status that the API server sends', () => {
    const error = errorOf(
      404,
      status({ code: 404, reason: 'NotFound', message: 'pods "a" not found', details: { name: 'a' } }),
    );
    expect(error).toMatchObject({
      code: 404,
      reason: 'NotFound',
      message: 'pods "a" not found',
      status: { details: { name: 'a' } },
    });
  });

  test('has the code of the answer where the Status has none', () => {
    expect(errorOf(403, status({ reason: 'Forbidden' }))).toMatchObject({ code: 403, reason: 'Forbidden' });
  });

  test.each([
    {
      code: 404,
      text: '404 page not found\n',
      reason: 'NotFound',
      message: 'GET /x: the server answered 404: 404 page not found',
    },
    { code: 503, text: '', reason: 'ServiceUnavailable', message: 'GET /x: the server answered 503' },
    { code: 502, text: '<html>', reason: 'Unknown', message: 'GET /x: the server answered 502: <html>' },
    {
      code: 500,
      text: '{"kind": "Other"}',
      reason: 'InternalError',
      message: 'GET /x: the server answered 500: {"kind": "Other"}',
    },
    { code: 429, text: '{broken', reason: 'TooManyRequests', message: 'GET /x: the server answered 429: {broken' },
  ])('of $code with the text $text is $reason', ({ code, text, reason, message }) => {
    expect(errorOf(code, text)).toMatchObject({ code, reason, message });
  });

  test('has the begin of a long text', () => {
    expect(errorOf(500, 'x'.repeat(10_000)).message.length).toBeLessThan(400);
  });

  test.each<{ headers: Readonly<Record<string, string | string[]>>; text?: string; ms: number | undefined }>([
    { headers: {}, ms: undefined },
    { headers: { 'retry-after': '3' }, ms: 3_000 },
    { headers: { 'retry-after': ['2', '9'] }, ms: 2_000 },
    { headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }, ms: undefined },
    { headers: { 'retry-after': '-1' }, ms: undefined },
    { headers: {}, text: status({ details: { retryAfterSeconds: 5 } }), ms: 5_000 },
    { headers: { 'retry-after': '1' }, text: status({ details: { retryAfterSeconds: 5 } }), ms: 1_000 },
  ])('may be tried again after $ms ms with $headers', ({ headers, text, ms }) => {
    expect(errorOf(429, text, headers).retryAfterMs).toBe(ms);
  });
});

test.each([
  { reason: 'NotFound', code: 404, is: isNotFound },
  { reason: 'Conflict', code: 409, is: isConflict },
  { reason: 'AlreadyExists', code: 409, is: isAlreadyExists },
  { reason: 'Expired', code: 410, is: isGone },
  { reason: '', code: 410, is: isGone },
  { reason: 'Invalid', code: 422, is: isInvalid },
  { reason: 'BadRequest', code: 400, is: isInvalid },
  { reason: 'Forbidden', code: 403, is: isForbidden },
])('an answer of $code "$reason" is of its kind alone', ({ reason, code, is }) => {
  const all = [isNotFound, isConflict, isAlreadyExists, isGone, isInvalid, isForbidden];
  const error = errorOf(code, status({ reason, code }));
  expect(all.filter((one) => one(error))).toEqual([is]);
  expect(all.filter((one) => one(new Error(reason)))).toEqual([]);
});
