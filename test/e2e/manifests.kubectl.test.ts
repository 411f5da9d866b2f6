import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DocReader } from '../support/doc-reader.ts';

/** An installation from deploy/ by kubectl alone. */
let reader: DocReader;

beforeAll(async () => {
  reader = await DocReader.start();
}, 120_000);

afterAll(() => reader.end(), 60_000);

test('the manifests install a fleet that delivers', async () => {
  expect(await reader.follow('install.md', 'With kubectl alone')).toContain('enabled successfully');
  await reader.run('vela up -f docs/examples/01-shop.yaml');
  expect(await reader.run('vela ls')).toMatch(/shop [^\n]* shard-[01] running/);
}, 300_000);

test('once the kinds are there, the API server accepts the manifests in one dry run', async () => {
  const output = await reader.run('kubectl apply --server-side --dry-run=server -k deploy/sharded');
  expect(output).toContain('serverside-applied (server dry run)');
}, 60_000);

test('applied again, definitions do not change', async () => {
  const generations = 'kubectl get componentdefinitions -n vela-system -o jsonpath={.items[*].metadata.generation}';
  const before = await reader.run(generations);
  await reader.run('kubectl apply --server-side -k deploy/definitions');
  expect(await reader.run(generations)).toBe(before);
}, 60_000);

test('vela install takes the installation over and keeps it working', async () => {
  await reader.run('vela install --set sharding.enabled=true');
  expect(await reader.run('vela ls')).toMatch(/shop [^\n]* shard-[01] running/);
}, 300_000);
