import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { packageRoot } from '../../pkg/assets/root.ts';
import { runCommand, startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster();
}, 60_000);

afterAll(async () => {
  await cluster.stop();
}, 30_000);

test('vela dev status and kubeconfig speak of the running cluster', async () => {
  const flags = ['--kubeconfig', cluster.kubeconfig];
  expect(await cluster.must('dev', 'status', ...flags)).toMatch(/^running: https:.*flotilla-dev/);
  expect(JSON.parse(await cluster.must('dev', 'kubeconfig', ...flags))).toMatchObject({ kind: 'Config' });
}, 30_000);

test('vela dev reset keeps its hands off foreign folders', async () => {
  const { code, stderr } = await cluster.vela('dev', 'reset', '--data-dir', cluster.folder);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('not of this program') });
}, 30_000);

test('the example with @kubernetes/client-node runs', async () => {
  const example = join(packageRoot(), 'docs/examples/dev-cluster-test/config-maps.mjs');
  const env = { ...process.env, KUBECONFIG: cluster.kubeconfig };
  const { stdout, stderr } = await runCommand(process.execPath, [example], { env });
  expect({ stdout, stderr }).toMatchObject({ stdout: '{"a":"b"}\n' });
}, 30_000);

test('vela def checks and renders files of CUE, without a cluster', async () => {
  const file = join(packageRoot(), 'docs/examples/definitions/greeting.cue');
  expect(await cluster.must('def', 'vet', file)).toBe(`Validation ${file} succeed.\n`);
  expect(await cluster.must('def', 'render', file)).toContain('kind: ComponentDefinition');
}, 30_000);

test('vela completion prints the script of a shell, and knows the commands', async () => {
  expect(await cluster.must('completion', 'zsh')).toContain('#compdef vela');
  expect(await cluster.must('completion', 'bash')).toContain('complete -o bashdefault');
  expect((await cluster.must('--get-yargs-completions', 'vela', 'shard', 'dr')).split('\n')).toContain('drain');
}, 30_000);
