import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'node:https';
import type { PeerCertificate } from 'node:tls';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import type { AdmissionAnswer } from './admission-review.ts';
import { newCertificateSet, renewServing } from './certificate.ts';
import { WebhookServer } from './server.ts';

const certificates = await newCertificateSet(['127.0.0.1'], Date.now());
const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };

let server: WebhookServer;
let port: number;
let clock: FakeClock;

beforeEach(async () => {
  clock = new FakeClock();
  server = new WebhookServer({
    host: '127.0.0.1',
    port: 0,
    clock,
    logger: silentLogger(),
    timeoutMs: 1000,
    handlers: {
      '/allow': () => ({ allowed: true }),
      '/label': (review) => ({
        allowed: true,
        object: { ...object, metadata: { ...review.object?.metadata, labels: { 'a/b': 'c' } } },
        warnings: ['careful'],
      }),
      '/deny': () => ({ allowed: false, code: 400, message: 'no' }),
      '/throw': () => {
        throw new Error('broken');
      },
      '/hang': () => new Promise<AdmissionAnswer>(() => undefined),
    },
  });
  port = await server.listen(certificates);
});

afterEach(async () => {
  await server.close();
});

interface Answer {
  readonly code: number;
  readonly body: {
    readonly apiVersion?: string;
    readonly response?: Readonly<Record<string, unknown>>;
    readonly message?: string;
  };
  readonly peer: PeerCertificate;
}

const peerOf = (socket: object): PeerCertificate =>
  (socket as { getPeerCertificate(): PeerCertificate }).getPeerCertificate();

function ask(path: string, body: string, method = 'POST'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, path, method, ca: certificates.ca, agent: false },
      (response) => {
        const peer = peerOf(response.socket);
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          resolve({
            code: response.statusCode ?? 0,
            body: JSON.parse(Buffer.concat(chunks).toString()) as Answer['body'],
            peer,
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const review = (version = 'v1', more: object = {}): string =>
  JSON.stringify({
    apiVersion: `admission.k8s.io/${version}`,
    kind: 'AdmissionReview',
    request: {
      uid: 'u-1',
      operation: 'CREATE',
      kind: {},
      resource: {},
      userInfo: { username: 'jane' },
      object,
      ...more,
    },
  });

describe('WebhookServer', () => {
  test.each(['v1', 'v1beta1'])('answers a review of %s in that version', async (version) => {
    const { code, body } = await ask('/allow?timeout=10s', review(version));
    expect(code).toBe(200);
    expect(body).toEqual({
      apiVersion: `admission.k8s.io/${version}`,
      kind: 'AdmissionReview',
      response: { uid: 'u-1', allowed: true },
    });
  });

  test('sends what was changed as a JSON patch', async () => {
    const { body } = await ask('/label', review());
    const { patch, ...rest } = body.response ?? {};
    expect(rest).toEqual({ uid: 'u-1', allowed: true, patchType: 'JSONPatch', warnings: ['careful'] });
    expect(JSON.parse(Buffer.from(String(patch), 'base64').toString())).toEqual([
      { op: 'add', path: '/metadata/labels', value: { 'a/b': 'c' } },
    ]);
  });

  test('refuses with a message', async () => {
    const { code, body } = await ask('/deny', review());
    expect(code).toBe(200);
    expect(body.response).toEqual({
      uid: 'u-1',
      allowed: false,
      status: { status: 'Failure', message: 'no (requestUID=u-1)', reason: 'BadRequest', code: 400 },
    });
  });

  test('leaves what it cannot decide to the failure policy', async () => {
    expect(await ask('/throw', review())).toMatchObject({ code: 500, body: { message: 'broken' } });
  });

  test('and what takes too long', async () => {
    const answer = ask('/hang', review());
    while (clock.sleeping === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(1000);
    expect(await answer).toMatchObject({ code: 504, body: { message: 'no decision within 1000 ms' } });
  });

  test.each([
    {
      name: 'an unknown path',
      path: '/nowhere',
      body: review(),
      method: 'POST',
      code: 404,
      says: 'no webhook at /nowhere',
    },
    { name: 'a GET', path: '/allow', body: '', method: 'GET', code: 405, says: 'only POST' },
    { name: 'no JSON', path: '/allow', body: '{', method: 'POST', code: 400, says: 'not an AdmissionReview' },
    {
      name: 'another kind',
      path: '/allow',
      body: '{"kind":"Pod"}',
      method: 'POST',
      code: 400,
      says: 'not an AdmissionReview',
    },
    { name: 'another version', path: '/allow', body: review('v2'), method: 'POST', code: 400, says: 'must be one of' },
    {
      name: 'no request',
      path: '/allow',
      body: '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}',
      method: 'POST',
      code: 400,
      says: 'has no request',
    },
  ])('answers $name with $code', async ({ path, body, method, code, says }) => {
    const answer = await ask(path, body, method);
    expect(answer.code).toBe(code);
    expect(answer.body.message).toContain(says);
  });

  test('refuses bodies without end', async () => {
    const answer = await ask('/allow', 'x'.repeat(9 * 1024 * 1024)).catch((error: unknown) => error);
    const refused = answer as { code?: number | string };
    expect([413, 'EPIPE', 'ECONNRESET']).toContain(refused.code);
  });

  test('shows a new certificate from the next connection on', async () => {
    const before = (await ask('/allow', review())).peer.serialNumber;
    server.setCertificate(await renewServing(certificates, ['127.0.0.1'], Date.now()));
    const after = (await ask('/allow', review())).peer.serialNumber;
    expect(after).not.toBe(before);
  });
});
