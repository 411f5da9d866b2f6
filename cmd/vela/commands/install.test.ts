import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadAll } from 'js-yaml';
import { CliBed } from '../../../test/support/cli-bed.ts';
import { runVela } from '../../../test/support/vela.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';

const kindsOf = (text: string): readonly string[] =>
  (loadAll(text) as KubeObject[]).map(({ kind, metadata }) => `${kind}/${metadata.name ?? ''}`);

describe('vela install --dry-run without a cluster', () => {
  test('prints the manifests, and says that kept values are not included', async () => {
    const { code, stdout, stderr } = await runVela(['install', '--dry-run']);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'No cluster was reached: values that an installation keeps are not included.\n',
    });
    expect(kindsOf(stdout)).toEqual(
      expect.arrayContaining([
        'Namespace/vela-system',
        'Deployment/kubevela-vela-core',
        'CustomResourceDefinition/applications.core.oam.dev',
      ]),
    );
  });

  test.each([
    { args: ['--set', 'replicas=2'], says: 'replicas: is not a value of the installation', code: 1 },
    { args: ['--set', 'replicaCount'], says: '"replicaCount" is not an assignment; write it as key=value', code: 2 },
    { args: ['-f', '/nonexistent.yaml'], says: 'cannot read /nonexistent.yaml: no such file or folder', code: 1 },
    { args: ['--rights', 'everything'], says: 'rights', code: 1 },
    { args: ['--shard-only'], says: 'kubeconfig', code: 1 },
  ])('refuses $args: $says', async ({ args, says, code }) => {
    expect(await runVela(['install', '--dry-run', ...args])).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(says),
    });
  });
});

describe('with a cluster', () => {
  let bed: CliBed;
  beforeAll(async () => {
    bed = await CliBed.start({ kinds: false });
  }, 60_000);
  afterAll(() => bed.stop(), 30_000);

  test('--diff lists what would be created, and writes nothing', async () => {
    const { code, stdout, requests } = await bed.requestsOf(['install', '--diff', '--set', 'sharding.enabled=true']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\+ Deployment\/kubevela-vela-core in vela-system$/m);
    expect(requests.filter((request) => /^(create|update|delete) /.test(request))).toEqual([]);
  });

  test('diagnose of an empty cluster finds nothing to repair', async () => {
    const { code, stdout } = await bed.vela(['system', 'diagnose']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /0 Applications, 0 delivered objects compared\.\n0 delivered objects would be written; 0 findings to repair before an installation\.\n$/,
      ),
    });
  });

  test('uninstall where nothing is installed removes nothing, and says so', async () => {
    const { code, stdout } = await bed.vela(['uninstall', '--wait=false']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/Uninstalled\.\n$/) });
  });

  test('commands about kinds that are not served name the installation', async () => {
    expect(await bed.vela(['ls'])).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/Hint: is Flotilla installed\? Try: vela install\n$/),
    });
  });
});
