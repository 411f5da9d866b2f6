import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DocReader } from '../support/doc-reader.ts';
import { eventually } from '../support/fleet.ts';

/** The commands of the how-tos in docs/operations, on one embedded cluster. */
let reader: DocReader;
const run = (commands: string): Promise<string> => reader.run(commands);
const follow = (page: string, heading: string): Promise<string> => reader.follow(page, heading);

beforeAll(async () => {
  reader = await DocReader.start();
  await run('vela install --set sharding.enabled=true');
}, 300_000);

afterAll(() => reader.end(), 60_000);

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
