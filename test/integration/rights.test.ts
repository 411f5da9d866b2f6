import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { installSystem } from '../../pkg/install/install.ts';
import { renderSystem } from '../../pkg/install/render.ts';
import { rulesOf } from '../../pkg/install/rights.ts';
import type { Rule } from '../../pkg/install/rights.ts';
import { namespaceResource } from '../support/applications.ts';
import { AccountApi } from '../support/account-api.ts';
import { attempts } from '../support/escalations.ts';
import { eventually } from '../support/fleet.ts';
import { startTestApi } from '../support/test-api.ts';
import type { TestApi } from '../support/test-api.ts';

const accounts = { master: 'kubevela-vela-core', shard: 'kubevela-vela-core-shard' };
const outside = ['Deployment', 'Service', 'MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];
let api: TestApi;
let admin: ClosableKubeClient;
let objects: readonly KubeObject[];
const clients: { master?: AccountApi; shard?: AccountApi } = {};

beforeAll(async () => {
  api = await startTestApi();
  const connection = await loadConnection({ kubeconfig: api.kubeconfig, env: {} });
  const [clock, random] = [systemClock, systemRandom];
  admin = newKubeClient(connection, { qps: 0, burst: 0, userAgent: 'test', clock, random });
  objects = await render({ sharding: { enabled: true } });
  await installSystem(admin, objects, { clock, wait: false }, new AbortController().signal);
  clients.master = await AccountApi.inPod(admin, connection, accounts.master, 'master-0');
  clients.shard = await AccountApi.inPod(admin, connection, accounts.shard, 'shard-0');
  await targets(admin);
  await policyIsInForce(clients.shard);
}, 120_000);

afterAll(async () => {
  await Promise.all([clients.master?.close(), clients.shard?.close(), admin.close()]);
  await api.stop();
});

async function render(values: JsonObject): Promise<KubeObject[]> {
  const templatesDir = join(packageRoot(), 'templates');
  return (await renderSystem(values, { templatesDir, version: '0.0.0' })).filter((o) => !outside.includes(o.kind));
}

/** What is attacked: a namespace with an account that may everything, and a Secret. */
async function targets(client: KubeClient): Promise<void> {
  await client.create(namespaceResource, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'victim' } });
  const place = '/api/v1/namespaces/victim';
  await client.raw('POST', `${place}/serviceaccounts`, { metadata: { name: 'admin' } });
  await client.raw('POST', `${place}/secrets`, { metadata: { name: 'password' }, data: { p: 'eA==' } });
  const lease = { metadata: { name: 'other' }, spec: { holderIdentity: 'another' } };
  await client.raw('POST', '/apis/coordination.k8s.io/v1/namespaces/victim/leases', lease);
  const held = { metadata: { name: 'kubevela' }, spec: { holderIdentity: 'master-0_1_2', leaseDurationSeconds: 15 } };
  await client.raw('POST', `/apis/coordination.k8s.io/v1/namespaces/${systemNamespace}/leases`, held);
}

/** A policy is taken up some moments after it was written. */
async function policyIsInForce(client: AccountApi): Promise<void> {
  await eventually(
    'the policy to be in force',
    async () => {
      const token = { metadata: { generateName: 'probe-' }, type: 'bootstrap.kubernetes.io/token' };
      const { code } = await client.send('POST', '/api/v1/namespaces/victim/secrets?dryRun=All', token);
      if (code !== 403) throw new Error(`answered ${code}`);
    },
    60,
  );
}

/** A list of single rights: `verb group/resource name`. */
function flat(rules: readonly Partial<Rule>[]): string[] {
  const all = rules.flatMap(({ verbs = [], apiGroups = [], resources = [], resourceNames = [''] }) =>
    verbs.flatMap((verb) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => resourceNames.map((name) => `${verb} ${group}/${resource} ${name}`.trim())),
      ),
    ),
  );
  return [...new Set(all)].sort();
}

async function reviewed(client: AccountApi, namespace: string): Promise<string[]> {
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
  const { json } = await client.send('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', review);
  const { status } = json as { readonly status: { readonly resourceRules: readonly Partial<Rule>[] } };
  return flat(status.resourceRules).filter((right) => !/^create auth\w+.k8s.io\/selfsubject/.test(right));
}

describe('what each account may do is what the templates say', () => {
  test.each(['master', 'shard'] as const)('%s', async (role) => {
    const client = clients[role];
    if (!client) throw new Error('not connected');
    const rules = rulesOf(objects, accounts[role]);
    const everywhere = rules.get('') ?? [];
    expect(await reviewed(client, 'victim')).toEqual(flat(everywhere));
    expect(await reviewed(client, systemNamespace)).toEqual(
      flat([...everywhere, ...(rules.get(systemNamespace) ?? [])]),
    );
    expect(flat(everywhere).filter((right) => right.includes('*'))).toEqual([]);
  });

  test('shards may do less than the master', () => {
    const of = (account: string): string[] => flat([...rulesOf(objects, account).values()].flat());
    const master = new Set(of(accounts.master));
    expect(of(accounts.shard).filter((right) => !master.has(right))).toEqual([]);
    expect(master.size).toBeGreaterThan(of(accounts.shard).length);
  });
});

describe.each(['shard', 'master'] as const)('an attacker that holds the token of the %s', (role) => {
  test.each(attempts.filter(({ by }) => by === undefined || by === role))('cannot $name', async (attempt) => {
    const client = clients[role];
    if (!client) throw new Error('not connected');
    for (const { method, path, body, type, headers } of attempt.requests) {
      const { code, text } = await client.send(method, path, body, { type, headers });
      expect({ code, text: code === 403 ? '' : text }).toEqual({ code: 403, text: '' });
    }
  });
});

test('there are at least 30 attempts', () => {
  expect(attempts.length).toBeGreaterThanOrEqual(30);
});
