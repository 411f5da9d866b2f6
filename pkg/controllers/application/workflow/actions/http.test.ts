import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { httpRequest } from './http.ts';

const server = createServer((request, response) => {
  if (request.url === '/large') response.end('x'.repeat(1024 * 1024 + 1));
  else if (request.url === '/slow') response.writeHead(200).write('a');
  else if (request.url === '/moved') response.writeHead(307, { location: '/body' }).end();
  else if (request.url === '/found') response.writeHead(302, { location: '/body' }).end();
  else if (request.url === '/loop') response.writeHead(302, { location: `/loop` }).end();
  else if (request.url === '/body') echo(request, response);
  else if (request.url === '/type') response.end(request.headers['content-type'] ?? 'none');
  else response.writeHead(418, { 'x-kind': 'tea' }).end(`${request.method ?? ''} ${request.headers['a'] as string}`);
});

function echo(request: IncomingMessage, response: ServerResponse): void {
  let text = '';
  request.on('data', (chunk: Buffer) => (text += chunk.toString()));
  request.on('end', () =>
    response.end(`${request.method ?? ''} ${request.headers.authorization ?? ''} ${text}`.replaceAll('  ', ' ')),
  );
}
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
  ['GET', '/body', 'GET {"a":1}'],
  ['DELETE', '/body', 'DELETE {"a":1}'],
  ['PUT', '/moved', 'PUT {"a":1}'],
  ['POST', '/found', 'GET '],
])('the body of a %s to %s arrives as "%s"', async (method, path, body) => {
  const params = { method, url: url + path, request: { body: '{"a":1}' } };
  expect(await httpRequest(params, never)).toMatchObject({ returns: { statusCode: 200, body } });
});

test('user and password of an address are sent', async () => {
  const params = { url: `${url.replace('//', '//me:a%20b@')}/body` };
  expect(await httpRequest(params, never)).toMatchObject({ returns: { body: 'GET Basic bWU6YSBi ' } });
});

test('headers that belong to the connection do not stop a request', async () => {
  const header = { 'Content-Length': '99', Connection: 'close', 'Transfer-Encoding': 'chunked' };
  const params = { method: 'POST', url: `${url}/body`, request: { header, body: 'a' } };
  expect(await httpRequest(params, never)).toMatchObject({ returns: { body: 'POST a' } });
});

test.each([
  ['too large', { url: '/large' }, 'the answer is larger than 1048576 bytes'],
  ['too slow', { url: '/slow', request: { timeout: '100ms' } }, 'timeout'],
  ['without a server', { url: 'http://127.0.0.1:65533/' }, 'ECONNREFUSED'],
  // browsers refuse this port; KubeVela sends to it
  ['without a server on a port that browsers refuse', { url: 'http://127.0.0.1:1/' }, 'ECONNREFUSED'],
  ['endless', { url: '/loop' }, 'edirect'],
  ['with a wrong timeout', { url: '/slow', request: { timeout: 'soon' } }, 'request.timeout "soon" is not a duration'],
  ['to nowhere', { url: 'nonsense:' }, 'nonsense:'],
])('one that is %s is a failure that says so', async (_, params, message) => {
  const at = params.url.startsWith('/') ? url + params.url : params.url;
  const result = await httpRequest({ ...params, url: at }, never);
  expect(result).toEqual({ kind: 'failed', message: expect.stringContaining(message) });
});

test('a call that is aborted rejects', async () => {
  await expect(httpRequest({ url }, AbortSignal.abort(new Error('lost the Lease')))).rejects.toThrow('lost the Lease');
});
