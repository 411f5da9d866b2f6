import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { access, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../pkg/assets/root.ts';
import { eventually } from '../support/fleet.ts';
import { examplesOf } from '../support/markdown.ts';
import { ShellSession } from '../support/shell-session.ts';

/** The commands of the how-tos in docs/operations, on one embedded cluster. */
let folder: string;
let shell: ShellSession;

async function run(commands: string): Promise<string> {
  const { code, output } = await shell.run(commands);
  if (code !== 0) throw new Error(`${commands}\nended with ${code}\n${output}`);
  return output.replace(/[^\S\n]+/g, ' ');
}

/** Runs the blocks below a heading of a page, and returns what they print. */
async function follow(page: string, heading: string): Promise<string> {
  const text = readFileSync(join(packageRoot(), 'docs/operations', page), 'utf8');
  const blocks = examplesOf(text).filter((block) => block.heading === heading);
  if (blocks.length === 0) throw new Error(`${page} has no commands below "${heading}"`);
  const outputs: string[] = [];
  for (const { commands } of blocks) outputs.push(await run(commands));
  return outputs.join('\n');
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'how-to-'));
  const { KUBECONFIG: _, ...env } = process.env;
  const path = `${join(packageRoot(), 'bin')}:${env['PATH'] ?? ''}`;
  shell = new ShellSession({ cwd: folder, env: { ...env, HOME: folder, PATH: path } });
  await symlink(join(packageRoot(), 'docs'), join(folder, 'docs'));
  await run('vela dev up --port 0 --ready-delay 100 &\nexport KUBECONFIG=$PWD/.vela/kubeconfig');
  await eventually('the cluster to start', () => access(join(folder, '.vela/kubeconfig')));
  await run('vela install --set sharding.enabled=true');
}, 300_000);

afterAll(async () => {
  await shell.end();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

test('change the number of shards by hand, remove one, and by kubectl scale', async () => {
  expect(await follow('scale.md', 'By hand')).toContain('enabled successfully');
  expect(await follow('scale.md', 'Remove shards')).toContain('shard shard-3 is removed');
  await follow('scale.md', 'By kubectl scale, a HorizontalPodAutoscaler or KEDA');
  await run('kubectl -n vela-system scale shardset/shards --replicas=2');
  await eventually(
    'two shards to be left',
    async () => {
      expect(await run('kubectl -n vela-system get deploy -o name')).not.toMatch(/shard-[23]/);
    },
    120,
  );
  await run('vela up -f docs/examples/01-shop.yaml');
}, 300_000);

test('upgrade', async () => {
  await follow('upgrade.md', 'Before');
  await follow('upgrade.md', 'The upgrade');
  expect(await follow('upgrade.md', 'After')).toMatch(/shard-0 Ready/);
}, 300_000);

test('a shard by text substitution', async () => {
  await follow('scale.md', 'Without the addon');
  await run('kubectl wait shard/shard-x --for=jsonpath={.status.phase}=Ready --timeout=120s');
  await run('kubectl -n vela-system delete deploy kubevela-shard-vela-core');
}, 300_000);

test('canary', async () => {
  await follow('canary.md', 'A shard with the new version');
  await run('kubectl wait shard/canary --for=jsonpath={.status.phase}=Ready --timeout=120s');
  expect(await follow('canary.md', 'Move Applications to it')).toMatch(/canary Ready [^\n]* 1 /);
  await follow('canary.md', 'The end of the canary');
  expect(await run('vela ls')).toMatch(/shop [^\n]* shard-0 running/);
}, 300_000);

test('tenants', async () => {
  expect(await follow('tenants.md', 'Shards of their own')).toContain('gold');
  await run('vela up -f docs/examples/05-mailer.yaml -n gold');
  expect(await run('vela ls -n gold')).toMatch(/mailer [^\n]* shard-0 running/);
  await run('vela delete --all -n gold');
}, 300_000);

test('the master is lost', async () => {
  await run('kubectl -n vela-system delete deploy kubevela-vela-core --wait');
  expect(await follow('disaster-recovery.md', 'Master lost')).toMatch(/master Ready/);
}, 300_000);

test('all shards are lost, and do not come back', async () => {
  // as if their nodes were gone: their pods cannot run any more
  const pods = 'kubectl -n vela-system get pods -l controller.core.oam.dev/shard-id!=master -o';
  await run(`kubectl cordon flotilla-dev\n${pods} name | xargs kubectl -n vela-system delete --grace-period=0 --force`);
  await eventually('failover to be held', async () => {
    expect(await run('vela shard list')).not.toMatch(/shard-[01] Ready/);
  });
  await follow('disaster-recovery.md', 'All shards lost');
  await eventually(
    'the master to work on the Application',
    async () => {
      expect(await run('vela ls')).toMatch(/shop [^\n]* master running/);
    },
    180,
  );
}, 400_000);
