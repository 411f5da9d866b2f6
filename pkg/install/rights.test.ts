import { describe, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { packageRoot } from '../assets/root.ts';
import { readSetValues } from '../render/set-values.ts';
import { renderTemplates } from './render.ts';
import { rulesOf } from './rights.ts';
import type { Rule } from './rights.ts';
import { rightsTables } from './rights-table.ts';
import { loadTemplates } from './templates.ts';

const root = packageRoot(import.meta.dirname);
const loaded = await loadTemplates(join(root, 'templates'));
const templates = { ...loaded, crds: [], definitions: [] };
const [master, shard] = ['kubevela-vela-core', 'kubevela-vela-core-shard'];

function render(...set: string[]): KubeObject[] {
  const given = readSetValues(set);
  if (!given.ok) throw new Error(given.problems.join('; '));
  return renderTemplates(templates, given.values, { version: '1.2.3' });
}

function rights(objects: readonly KubeObject[], account: string): string[] {
  return [...rulesOf(objects, account)].flatMap(([place, rules]) =>
    rules.flatMap(({ verbs, apiGroups, resources, resourceNames = [] }: Rule) =>
      verbs.flatMap((verb) =>
        apiGroups.flatMap((group) =>
          resources.map((resource) => [place, verb, group, resource, ...resourceNames].join(' ').trim()),
        ),
      ),
    ),
  );
}

const dangerous =
  /(^| )(bind|escalate) |serviceaccounts\/token|admissionregistration.* (create|delete)|customresourcedefinitions|\*/;

describe('rights', () => {
  test('an installation has an account for shards only with sharding', () => {
    const accounts = (objects: readonly KubeObject[]): unknown[] =>
      objects.filter(({ kind }) => kind === 'ServiceAccount').map(({ metadata }) => metadata.name);
    expect(accounts(render())).toEqual([master]);
    expect(accounts(render('sharding.enabled=true'))).toEqual([master, shard]);
    expect(accounts(render('sharding.enabled=true', 'serviceAccount.shardName=s'))).toEqual([master, 's']);
    const given = render('sharding.enabled=true', 'serviceAccount.create=false', 'serviceAccount.name=own');
    expect(rights(given, 'own').length).toBeGreaterThan(0);
    expect(rights(given, 'own-shard')).toEqual([]);
  });

  test('no account may bind, escalate, impersonate, make tokens, or write webhooks, policies and custom kinds', () => {
    const objects = render('sharding.enabled=true');
    for (const account of [master, shard]) {
      expect(rights(objects, account).filter((right) => dangerous.test(right))).toEqual([]);
      expect(rights(objects, account).filter((right) => right.includes('impersonate'))).toEqual([]);
      expect(rights(objects, account).filter((right) => /^ ?(list|watch)  ?secrets/.test(right))).toEqual([]);
    }
  });

  test('rights=namespaces delivers there and nowhere else', () => {
    const objects = render('sharding.enabled=true', 'rights=namespaces=a,b');
    const delivers = rights(objects, shard).filter((right) => right.endsWith('create apps deployments'));
    expect(delivers).toEqual(['a create apps deployments', 'b create apps deployments']);
    const roles = objects.filter(({ metadata }) => metadata.name === 'kubevela-vela-core:deliver');
    expect(roles.map(({ kind }) => kind)).toEqual(['Role', 'RoleBinding', 'Role', 'RoleBinding']);
  });

  test.each([
    { set: 'rights=everything', says: 'rights: must be cluster, namespaces=a,b or admin, not "everything"' },
    { set: 'rights=namespaces=A', says: 'rights: must be cluster' },
    { set: 'rights=namespaces=', says: 'rights: must be cluster' },
  ])('refuses $set', ({ set, says }) => {
    expect(() => render(set)).toThrow(says);
  });

  test('rights=admin has no policy that would limit it', () => {
    const names = render('rights=admin').map(({ kind, metadata }) => `${kind}/${metadata.name ?? ''}`);
    expect(names).toContain('ClusterRoleBinding/kubevela-vela-core:cluster-admin');
    expect(names.filter((name) => name.endsWith('-rights'))).toEqual([]);
  });

  test('Applications that act as an account of their namespace take the right to impersonate that account alone', () => {
    const set = ['sharding.enabled=true', 'authentication.enabled=true', 'authentication.serviceAccount=deployer'];
    const objects = render(...set, 'authentication.namespaces={a,b}');
    const acting = rights(objects, shard).filter((right) => right.includes('impersonate'));
    expect(acting).toEqual([
      'impersonate authentication.k8s.io userextras/flotilla.dev/holder',
      'a impersonate  serviceaccounts deployer',
      'b impersonate  serviceaccounts deployer',
    ]);
    expect(rights(objects, shard).filter((right) => right.includes('deployments'))).toEqual([]);
    expect(JSON.stringify(objects.find(({ kind }) => kind === 'Deployment'))).toContain(
      '--authentication-default-user=system:serviceaccount:{namespace}:deployer',
    );
    expect(() => render(...set)).toThrow('authentication.namespaces: must name the namespaces');
  });

  test('Applications that act as their authors take the right to impersonate everybody, as in KubeVela', () => {
    const acting = rights(render('authentication.enabled=true'), master).filter((right) =>
      right.includes('impersonate'),
    );
    expect(acting).toContain('impersonate  users');
    expect(acting).toContain('impersonate  groups');
  });
});

test('docs/reference/rights.md lists every rule and why', async () => {
  const file = join(root, 'docs/reference/rights.md');
  const text = await readFile(file, 'utf8');
  const [start, end] = ['<!-- begin of the tables -->\n', '<!-- end of the tables -->'];
  const [before = '', rest = ''] = text.split(start);
  const after = rest.slice(rest.indexOf(end));
  const wanted = `${before}${start}\n${rightsTables(loaded.rights, loaded.defaults)}\n${after}`;
  if (process.env['UPDATE']) await writeFile(file, wanted);
  else expect(text).toBe(wanted);
});
