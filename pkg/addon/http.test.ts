import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { ScenarioServer } from '../../test/support/scenario-server.ts';
import type { SeenRequest } from '../../test/support/scenario-server.ts';
import { download, send } from './http.ts';

const { signal } = new AbortController();
let server: ScenarioServer;
let other: ScenarioServer;

beforeAll(async () => {
  server = await new ScenarioServer(() => undefined).start();
  other = await new ScenarioServer((_, response) => void response.end('from elsewhere')).start();
});
afterAll(() => Promise.all([server.stop(), other.stop()]));
beforeEach(() => {
  server.requests.length = 0;
  other.requests.length = 0;
});

const play = (scenario: (request: SeenRequest, response: ServerResponse) => void): void => {
  server.play(scenario);
};
const paths = (): readonly string[] => server.requests.map(({ path }) => path);

describe('a request to a registry', () => {
  test('yields status, headers and body of any answer', async () => {
    play((_, response) => void response.writeHead(404, { 'x-a': 'b' }).end('nothing'));
    const answer = await send(server.url, {}, { signal });
    expect(answer).toMatchObject({ status: 404, headers: { 'x-a': 'b' } });
    expect(answer.body.toString()).toBe('nothing');
  });

  test('keeps binary bodies as they are, and sends them', async () => {
    const body = Buffer.from([0, 255, 10, 13, 128]);
    play(
      ({ method, headers }, response) =>
        void response.writeHead(method === 'POST' ? 201 : 500, { 'x-type': headers['content-type'] ?? '' }).end(body),
    );
    const answer = await send(server.url, {}, { method: 'POST', headers: { 'content-type': 'x/y' }, body, signal });
    expect({ status: answer.status, type: answer.headers['x-type'], body: answer.body }).toEqual({
      status: 201,
      type: 'x/y',
      body,
    });
  });

  test.each([
    { access: {}, sent: undefined },
    { access: { username: '', password: 'x' }, sent: undefined },
    { access: { username: 'me', password: 'pä:ss' }, sent: `Basic ${Buffer.from('me:pä:ss').toString('base64')}` },
    { access: { username: 'me' }, sent: `Basic ${Buffer.from('me:').toString('base64')}` },
  ])('with $access sends $sent', async ({ access, sent }) => {
    play((_, response) => void response.end());
    await send(server.url, access, { signal });
    expect(server.requests[0]?.headers.authorization).toBe(sent);
  });

  test('follows redirections, relative ones too', async () => {
    play(({ path }, response) => {
      if (path === '/a') response.writeHead(302, { location: '/b/c' }).end();
      else if (path === '/b/c') response.writeHead(308, { location: 'd' }).end();
      else response.end('there');
    });
    expect((await send(`${server.url}/a`, {}, { signal })).body.toString()).toBe('there');
    expect(paths()).toEqual(['/a', '/b/c', '/b/d']);
  });

  test('keeps its password on the same host alone', async () => {
    play(({ path }, response) => void response.writeHead(302, { location: path === '/a' ? '/b' : other.url }).end());
    await send(`${server.url}/a`, { username: 'me', password: 'secret' }, { signal });
    expect(server.requests.map(({ headers }) => headers.authorization !== undefined)).toEqual([true, true]);
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  test('ends after five redirections', async () => {
    play((_, response) => void response.writeHead(302, { location: '/again' }).end());
    await expect(send(server.url, {}, { signal })).rejects.toMatchObject({
      reason: 'Registry',
      message: expect.stringContaining('too many redirections'),
    });
    expect(paths()).toHaveLength(6);
  });

  test('takes a redirection without an address for an answer', async () => {
    play((_, response) => void response.writeHead(302).end('moved'));
    expect(await send(server.url, {}, { signal })).toMatchObject({ status: 302 });
  });

  test('names the address that does not answer', async () => {
    await expect(send('http://127.0.0.1:1/x', {}, { signal })).rejects.toMatchObject({
      reason: 'Registry',
      message: expect.stringMatching(/^http:\/\/127\.0\.0\.1:1\/x cannot be read: /),
    });
    await expect(send('no address', {}, { signal })).rejects.toMatchObject({
      reason: 'Registry',
      message: expect.stringMatching(/^no address cannot be read: /),
    });
  });

  test('that breaks off is a failure of the registry', async () => {
    play((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      response.destroy();
    });
    await expect(send(server.url, {}, { signal })).rejects.toMatchObject({ reason: 'Registry' });
  });

  test('ends with the reason of Ctrl-C', async () => {
    const stopping = new AbortController();
    play(() => {
      stopping.abort(new Error('stopped by SIGINT'));
    });
    await expect(send(server.url, {}, { signal: stopping.signal })).rejects.toThrow('stopped by SIGINT');
  });
});

describe('a download', () => {
  test('is the body of a successful answer', async () => {
    play((_, response) => void response.end('content'));
    expect((await download(server.url, {}, { signal })).toString()).toBe('content');
  });

  test.each([
    { status: 404, hint: '' },
    { status: 500, hint: '' },
    { status: 401, hint: '; are user name and password right?' },
    { status: 403, hint: '; are user name and password right?' },
  ])('answered with $status is refused$hint', async ({ status, hint }) => {
    play((_, response) => void response.writeHead(status).end('no'));
    await expect(download(`${server.url}/x`, {}, { signal })).rejects.toThrow(
      `${server.url}/x answered ${status}${hint}`,
    );
  });
});
