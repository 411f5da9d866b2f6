import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { packageRoot } from '../assets/root.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { renderSystem } from './render.ts';
import { checkShardId, sharedArguments, shardObjects, shardOnlyValues } from './shard-only.ts';

async function objectsOf(id: string): Promise<readonly KubeObject[]> {
  const options = { templatesDir: join(packageRoot(import.meta.dirname), 'templates'), version: '0.1.0' };
  const masterArgs = ['--feature-gates=ZstdResourceTracker=true'];
  return shardObjects(await renderSystem(shardOnlyValues, options), { id, masterArgs });
}

test('a single shard is a Deployment with an account and rights of its own, and nothing else', async () => {
  const objects = await objectsOf('shard-f');
  const kinds = new Set(objects.map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual([
    'ClusterRole',
    'ClusterRoleBinding',
    'Deployment',
    'Role',
    'RoleBinding',
    'ServiceAccount',
  ]);
  for (const { metadata } of objects) expect(metadata.name).toMatch(/^kubevela-vela-core-shard-f(:|$)/);
  const bindings = objects.filter(({ kind }) => kind.endsWith('Binding'));
  for (const { metadata, subjects, roleRef } of bindings as (KubeObject & { subjects: object; roleRef: object })[]) {
    expect(subjects).toMatchObject([
      { kind: 'ServiceAccount', name: 'kubevela-vela-core-shard-f', namespace: 'vela-system' },
    ]);
    expect(roleRef).toMatchObject({ name: metadata.name });
  }
});

test('its pods carry the labels by which a master of KubeVela discovers shards, and agree with its arguments', async () => {
  const deployment = (await objectsOf('shard-f')).find(({ kind }) => kind === 'Deployment');
  const labels = {
    'app.kubernetes.io/name': 'vela-core',
    'app.kubernetes.io/instance': 'kubevela-slave',
    'controller.core.oam.dev/shard-id': 'shard-f',
  };
  expect(deployment).toMatchObject({
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { serviceAccountName: 'kubevela-vela-core-shard-f' } },
    },
  });
  const text = JSON.stringify(deployment?.['spec']);
  for (const arg of [
    '--enable-sharding',
    '--shard-id=shard-f',
    '--foreign-master',
    '--feature-gates=ZstdResourceTracker=true',
  ])
    expect(text).toContain(`"${arg}"`);
  expect(text).not.toMatch(/--use-webhook|--schedulable-shards/);
});

test('of the arguments of a master those are shared that all controllers must agree on', () => {
  const args = [
    '--metrics-addr=:8080',
    '--feature-gates=ZstdResourceTracker=true',
    '--feature-gates=EnableGlobalPolicies=true',
    '--feature-gates=MultiStageComponentApply= true',
    '--application-revision-limit=2',
    '--schedulable-shards=',
  ];
  expect(sharedArguments(args)).toEqual([
    '--feature-gates=ZstdResourceTracker=true',
    '--feature-gates=EnableGlobalPolicies=true',
    '--application-revision-limit=2',
  ]);
});

test.each(['master', '', 'Upper', 'a/b', 'x'.repeat(41)])('the shard id "%s" is refused', (id) => {
  expect(() => {
    checkShardId(id);
  }).toThrow('--shard-id: must be');
});
