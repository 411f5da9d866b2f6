import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { CliBed } from '../../test/support/cli-bed.ts';
import { putLease, putShard } from '../../test/support/cli-fleet.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import { shardResource } from '../../pkg/apis/shard.ts';
import { traitDefinitionResource } from '../../pkg/apis/trait-definition.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';

let bed: CliBed;
let logged: string[];

const object = (kind: string, name: string, namespace: string, spec: object): KubeObject => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind,
  metadata: { name, namespace },
  spec,
});

beforeAll(async () => {
  bed = await CliBed.start({ namespaces: ['apps'] });
  for (const name of ['web', 'worker'])
    await bed.put(applicationResource, object('Application', name, 'apps', { components: [] }));
  await bed.put(traitDefinitionResource, object('TraitDefinition', 'scaler', 'vela-system', {}));
  await putShard(bed, 'shard-0');
  for (const shard of ['master', 'shard-0']) await putLease(bed, shard);
}, 60_000);
afterAll(() => bed.stop(), 30_000);
beforeEach(() => {
  logged = [];
  // the parser prints completions by itself
  jest.spyOn(console, 'log').mockImplementation((text) => logged.push(String(text)));
});
afterEach(() => {
  jest.restoreAllMocks();
});

async function complete(...words: readonly string[]): Promise<{
  readonly names: readonly string[];
  readonly requests: readonly string[];
  readonly code: number;
  readonly stderr: string;
}> {
  const { code, stdout, stderr, requests } = await bed.requestsOf(['--get-yargs-completions', 'vela', ...words]);
  const names = [...stdout.split('\n'), ...logged]
    .map((line) => line.trim().split(':', 1)[0] ?? '')
    .filter((line) => line !== '');
  return { names, requests, code, stderr };
}

describe('a line that is being completed', () => {
  test.each([
    { words: ['status', '-n', 'apps', 'w'], names: ['web', 'worker'] },
    { words: ['delete', '-n', 'apps', 'wo'], names: ['worker'] },
    { words: ['workflow', 'resume', '-n', 'apps', 'we'], names: ['web'] },
    { words: ['show', 'sc'], names: ['scaler'] },
    { words: ['def', 'get', 'sc'], names: ['scaler'] },
    { words: ['shard', 'cordon', 'sh'], names: ['shard-0'] },
    { words: ['addon', 'enable', 'vela-core'], names: ['vela-core-shard-manager'] },
  ])('$words is offered $names', async ({ words, names }) => {
    expect((await complete(...words)).names).toEqual(expect.arrayContaining(names));
  });

  test('is offered no names of another namespace', async () => {
    expect((await complete('status', '-n', 'default', 'w')).names).not.toContain('web');
  });

  test.each([
    { words: ['delete', '-n', 'apps', 'web'] },
    { words: ['delete', '-n', 'apps', 'web', ''] },
    { words: ['delete', '--all', '-n', 'apps', '--wait=false', ''] },
    { words: ['delete', '--all', '-n', 'apps', '--wait=false', 'web'] },
    { words: ['up', 'web', '-n', 'apps', '--publish-version', 'v2'] },
    { words: ['workflow', 'restart', '-n', 'apps', 'web'] },
    { words: ['shard', 'cordon', 'shard-0'] },
    { words: ['shard', 'drain', 'shard-0'] },
    { words: ['def', 'del', 'scaler'] },
    { words: ['addon', 'enable', 'vela-core-shard-manager'] },
    { words: ['addon', 'registry', 'add', 'x', '--endpoint', 'https://example.com'] },
    { words: ['install', ''] },
    { words: ['uninstall', '--force', ''] },
  ])('is not carried out: $words', async ({ words }) => {
    const { requests, stderr } = await complete(...words);
    expect({ requests: requests.filter((request) => !request.startsWith('list ')), stderr }).toEqual({
      requests: [],
      stderr: '',
    });
    expect((await bed.client.list(applicationResource, { namespace: 'apps' })).items).toHaveLength(2);
    expect(await bed.client.get(shardResource, { name: 'shard-0' })).toMatchObject({ spec: {} });
  });

  test('is no error where the cluster cannot be reached', async () => {
    const ended = await bed.vela(['--get-yargs-completions', 'vela', 'status', 'w'], {
      env: { KUBECONFIG: '/nonexistent' },
    });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
  });
});
