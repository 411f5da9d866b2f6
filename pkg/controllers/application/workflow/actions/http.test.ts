import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { httpRequest } from './http.ts';

const server = createServer((request, response) => {
  if (request.url === '/large') response.end('x'.repeat(1024 * 1024 + 1));
  else if (request.url === '/slow') response.writeHead(200).write('a');
  else if (request.url === '/type') response.end(request.headers['content-type'] ?? 'none');
  else response.writeHead(418, { 'x-kind': 'tea' }).end(`${request.method ?? ''} ${request.headers['a'] as string}`);
});
let url = '';
const never = new AbortController().signal;

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('an answer of any status is returned', async () => {
  const params = { method: 'POST', url, request: { header: { a: 'b' }, body: { c: 1 } } };
  expect(await httpRequest(params, never)).toMatchObject({
    kind: 'returned',
    returns: { statusCode: 418, body: 'POST b', header: { 'X-Kind': ['tea'] } },
  });
});

test.each([
  ['none where it has other headers', { a: 'b' }, 'none'],
  ['that of its headers', { 'Content-Type': 'text/csv' }, 'text/csv'],
  ['JSON where it has no headers', {}, 'application/json'],
])('the Content-Type of a request is %s', async (_, header, body) => {
  const params = { method: 'POST', url: `${url}/type`, request: { header, body: 'a' } };
  expect(await httpRequest(params, never)).toMatchObject({ returns: { body } });
});

test.each([
  ['too large', { url: '/large' }, 'the answer is larger than 1048576 bytes'],
  ['too slow', { url: '/slow', request: { timeout: '100ms' } }, 'timeout'],
  ['without a server', { url: 'http://127.0.0.1:65533/' }, 'ECONNREFUSED'],
  ['to nowhere', { url: 'nonsense:' }, 'nonsense:'],
])('one that is %s is a failure that says so', async (_, params, message) => {
  const at = params.url.startsWith('/') ? url + params.url : params.url;
  const result = await httpRequest({ ...params, url: at }, never);
  expect(result).toEqual({ kind: 'failed', message: expect.stringContaining(message) });
});

test('a call that is aborted rejects', async () => {
  await expect(httpRequest({ url }, AbortSignal.abort(new Error('lost the Lease')))).rejects.toThrow('lost the Lease');
});
