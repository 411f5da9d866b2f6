import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { newLogger } from '../../../machinery/src/logging/logger.ts';
import { newClusterKeys, type ClusterKeys } from '../auth/pki.ts';
import type { AdmissionRequest } from '../contract/admission.ts';
import { Webhooks } from './webhooks.ts';

const deployments: Resource = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};
const deployment: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a', namespace: 'default', labels: { app: 'a' } },
  spec: {},
};
const rules = [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['*'], resources: ['deployments'] }];

interface Review {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request: {
    readonly uid: string;
    readonly resource: { readonly version: string };
    readonly requestResource: { readonly version: string };
    readonly object: KubeObject | null;
    readonly oldObject: KubeObject | null;
  };
}
type Answer = Record<string, unknown> | string;

let keys: ClusterKeys;
let server: Server;
let port = 0;
let reviews: { path: string; review: Review }[] = [];
let answers: Record<string, (review: Review) => Answer> = {};

beforeAll(async () => {
  keys = await newClusterKeys(Date.now());
  server = createServer({ key: keys.serverKey, cert: keys.serverCert }, (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Review;
      const path = (incoming.url ?? '').split('?')[0] ?? '';
      reviews.push({ path, review });
      const answer = answers[path]?.(review) ?? {};
      const response = { uid: review.request.uid, allowed: true, ...(typeof answer === 'string' ? {} : answer) };
      outgoing.end(
        typeof answer === 'string'
          ? answer
          : JSON.stringify({ apiVersion: review.apiVersion, kind: review.kind, response }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

let open: Webhooks[] = [];

beforeEach(() => {
  reviews = [];
  answers = {};
});

afterEach(() => {
  for (const webhooks of open) webhooks.close();
  open = [];
});

function hook(name: string, more: object = {}): Record<string, unknown> {
  const caBundle = Buffer.from(keys.caCert).toString('base64');
  return {
    name: `${name}.example.com`,
    clientConfig: { url: `https://127.0.0.1:${port}/${name}`, caBundle },
    rules,
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    timeoutSeconds: 5,
    ...more,
  };
}

function plugin(hooks: { mutating?: object[]; validating?: object[] }): Webhooks {
  const configuration = (name: string, webhooks: object[] = []): KubeObject => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'X',
    metadata: { name },
    webhooks,
  });
  let uids = 0;
  const webhooks = new Webhooks({
    list: (_, plural) => [configuration('c', plural.startsWith('mutating') ? hooks.mutating : hooks.validating)],
    namespace: (name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { team: 'a' } } }),
    equivalents: ({ version }) =>
      ['v1', 'v1beta1'].filter((other) => other !== version).map((other) => ({ ...deployments, version: other })),
    authorizer: undefined,
    complete: (_, object) => object,
    resolveService: (namespace, name) =>
      namespace === 'default' && name === 'kubernetes' ? { host: '127.0.0.1', port } : undefined,
    newUid: () => `uid-${uids++}`,
    logger: newLogger({ level: 'silent' }),
  });
  open.push(webhooks);
  return webhooks;
}

function request(more: Partial<AdmissionRequest> = {}): AdmissionRequest & { readonly warnings: string[] } {
  const warnings: string[] = [];
  return {
    operation: 'CREATE',
    resource: deployments,
    subresource: '',
    namespace: 'default',
    name: 'a',
    object: deployment,
    oldObject: undefined,
    user: { name: 'alice', groups: ['g'] },
    dryRun: false,
    options: undefined,
    warn: (text) => warnings.push(text),
    warnings,
    ...more,
  };
}

const patch = (operations: object[]) => ({
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
});

/** `allowed`, or the code and text of the refusal. */
async function verdict(webhooks: Webhooks, asked: AdmissionRequest): Promise<string> {
  try {
    await webhooks.validate(asked);
    return 'allowed';
  } catch (error) {
    const { status } = error as { status: { code: number; message: string } };
    return `${status.code} ${status.message}`;
  }
}

describe('the choice of webhooks', () => {
  test.each<{ name: string; hook?: object; more?: Partial<AdmissionRequest>; want: number }>([
    { name: 'a rule that covers the request', want: 1 },
    { name: 'not for a subresource', more: { subresource: 'scale' }, want: 0 },
    {
      name: 'for every subresource',
      hook: { rules: [{ ...rules[0], resources: ['*/*'] }] },
      more: { subresource: 'scale' },
      want: 1,
    },
    { name: 'not for cluster-scoped kinds only', hook: { rules: [{ ...rules[0], scope: 'Cluster' }] }, want: 0 },
    { name: 'another version, as equivalent', hook: { rules: [{ ...rules[0], apiVersions: ['v1beta1'] }] }, want: 1 },
    {
      name: 'no other version, exactly',
      hook: { rules: [{ ...rules[0], apiVersions: ['v1beta1'] }], matchPolicy: 'Exact' },
      want: 0,
    },
    { name: 'labels of the object', hook: { objectSelector: { matchLabels: { app: 'a' } } }, want: 1 },
    {
      name: 'labels of the old object',
      hook: { objectSelector: { matchLabels: { app: 'b' } } },
      more: { operation: 'UPDATE', oldObject: { ...deployment, metadata: { labels: { app: 'b' } } } },
      want: 1,
    },
    { name: 'other labels of the namespace', hook: { namespaceSelector: { matchLabels: { team: 'b' } } }, want: 0 },
    {
      name: 'a condition that holds',
      hook: { matchConditions: [{ name: 'c', expression: "request.userInfo.username == 'alice'" }] },
      want: 1,
    },
    {
      name: 'a condition that does not',
      hook: { matchConditions: [{ name: 'c', expression: 'object.metadata.name == "b"' }] },
      want: 0,
    },
    {
      name: 'webhook configurations never',
      hook: { rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }] },
      more: {
        resource: { ...deployments, group: 'admissionregistration.k8s.io', plural: 'mutatingwebhookconfigurations' },
      },
      want: 0,
    },
  ])('$name', async ({ hook: own = {}, more, want }) => {
    expect(await verdict(plugin({ validating: [hook('h', own)] }), request(more))).toBe('allowed');
    expect(reviews).toHaveLength(want);
  });

  test('an equivalent version gets the object in that version', async () => {
    await verdict(
      plugin({ validating: [hook('h', { rules: [{ ...rules[0], apiVersions: ['v1beta1'] }] })] }),
      request(),
    );
    expect(reviews[0]?.review.request).toMatchObject({
      resource: { version: 'v1beta1' },
      requestResource: { version: 'v1' },
      object: { apiVersion: 'apps/v1beta1' },
      oldObject: null,
    });
  });

  test('an old webhook is asked in its own version', async () => {
    await verdict(plugin({ validating: [hook('h', { admissionReviewVersions: ['v1beta1'] })] }), request());
    expect(reviews[0]?.review.apiVersion).toBe('admission.k8s.io/v1beta1');
  });
});

describe('answers', () => {
  const failed = '500 Internal error occurred: failed calling webhook "h.example.com": ';
  test.each<{ name: string; answer?: Answer; hook?: object; want: string | RegExp }>([
    {
      name: 'denied without a word',
      answer: { allowed: false },
      want: '400 admission webhook "h.example.com" denied the request without explanation',
    },
    {
      name: 'denied with a message and a code',
      answer: { allowed: false, status: { code: 418, message: 'teapot' } },
      want: '418 admission webhook "h.example.com" denied the request: teapot',
    },
    { name: 'no JSON', answer: 'nonsense', want: new RegExp(`^${failed}`) },
    {
      name: 'no response',
      answer: '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}',
      want: `${failed}webhook response was absent`,
    },
    { name: 'another uid', answer: { uid: 'x' }, want: `${failed}expected response.uid="uid-0", got "x"` },
    { name: 'failure that may be', answer: 'nonsense', hook: { failurePolicy: 'Ignore' }, want: 'allowed' },
    { name: 'a service', hook: { clientConfig: undefined }, want: 'allowed' },
    {
      name: 'a condition that fails',
      hook: { matchConditions: [{ name: 'c', expression: 'object.none' }] },
      want: /^403 deployments.apps "a" is forbidden: /,
    },
  ])('$name', async ({ answer = {}, hook: own = {}, want }) => {
    answers['/h'] = () => answer;
    const caBundle = Buffer.from(keys.caCert).toString('base64');
    const service = {
      clientConfig: { service: { namespace: 'default', name: 'kubernetes', path: '/h', port: 443 }, caBundle },
    };
    const config = 'clientConfig' in own ? service : own;
    const got = await verdict(plugin({ validating: [hook('h', config)] }), request());
    if (typeof want === 'string') expect(got).toBe(want);
    else expect(got).toMatch(want);
  });

  test('that come from a stranger are not believed', async () => {
    const { caCert } = await newClusterKeys(Date.now());
    const clientConfig = { url: `https://127.0.0.1:${port}/h`, caBundle: Buffer.from(caCert).toString('base64') };
    expect(await verdict(plugin({ validating: [hook('h', { clientConfig })] }), request())).toContain(
      'tls: failed to verify certificate',
    );
    expect(reviews).toEqual([]);
  });

  test('of a service without endpoints', async () => {
    const clientConfig = { service: { namespace: 'default', name: 'none', port: 443 } };
    expect(await verdict(plugin({ validating: [hook('h', { clientConfig })] }), request())).toContain(
      'no endpoints available for service "none"',
    );
  });

  test('warn, also when they deny', async () => {
    answers['/h'] = () => ({ allowed: false, warnings: ['first', 'second'] });
    const asked = request();
    await verdict(plugin({ validating: [hook('h')] }), asked);
    expect(asked.warnings).toEqual(['first', 'second']);
  });

  test('to a dry run are not asked for where there may be side effects', async () => {
    const webhooks = plugin({ validating: [hook('h', { sideEffects: 'Unknown' })] });
    expect(await verdict(webhooks, request({ dryRun: true }))).toBe(
      '400 admission webhook "h.example.com" does not support dry run',
    );
  });
});

describe('mutation', () => {
  const label = (name: string) => (review: Review) =>
    patch([
      {
        op: 'add',
        path: '/metadata/labels/order',
        value: `${review.request.object?.metadata.labels?.['order'] ?? ''}${name}`,
      },
    ]);

  test('happens in order, each seeing what was left', async () => {
    answers = { '/a': label('a'), '/b': label('b') };
    const result = await plugin({ mutating: [hook('a'), hook('b')] }).mutate(request());
    expect(result?.metadata.labels).toEqual({ app: 'a', order: 'ab' });
  });

  test('calls a webhook with a reinvocation policy again when others changed the object', async () => {
    answers = {
      '/a': (review) => (review.request.object?.metadata.labels?.['order'] === undefined ? {} : label('A')(review)),
      '/b': label('b'),
    };
    const result = await plugin({ mutating: [hook('a', { reinvocationPolicy: 'IfNeeded' }), hook('b')] }).mutate(
      request(),
    );
    expect(result?.metadata.labels?.['order']).toBe('bA');
    expect(reviews.map(({ path }) => path)).toEqual(['/a', '/b', '/a']);
  });

  test('that cannot be applied is a failure', async () => {
    answers = { '/a': () => patch([{ op: 'remove', path: '/none' }]) };
    await expect(plugin({ mutating: [hook('a')] }).mutate(request())).rejects.toMatchObject({ code: 500 });
  });
});
