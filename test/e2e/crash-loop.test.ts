import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { deploymentResource } from '../support/applications.ts';
import { startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster('--ready-delay', '50');
}, 60_000);

afterAll(async () => {
  await cluster.stop();
}, 30_000);

/** Installs with a time limit that is far longer than the test may take. */
const install = (...args: readonly string[]): ReturnType<TestCluster['vela']> =>
  cluster.vela('install', '--timeout', '600', ...args);

async function availableReplicas(): Promise<number> {
  const target = { name: 'kubevela-vela-core', namespace: systemNamespace };
  const { status } = await cluster.client.get(deploymentResource, target);
  return (status as { availableReplicas?: number }).availableReplicas ?? 0;
}

describe('vela install with a controller that cannot start', () => {
  test('ends long before its time limit with the reason, and says where the log is', async () => {
    const { code, stdout, stderr } = await install('--set', 'extraArgs={--health-addr=nowhere}');
    expect(code).not.toBe(0);
    expect(stdout).toMatch(
      /waiting for Deployment kubevela-vela-core: 0 of 1 pods are available; pod .* ended \d times/,
    );
    expect(stderr).toMatch(
      /Deployment kubevela-vela-core does not become ready: pod \S+ ended 3 times, last with status 2/,
    );
    expect(stderr).toMatch(/kubectl logs -n vela-system \S+ --previous: .*--health-addr: must be host:port or :port/);
  }, 60_000);

  test('succeeds with the next values, although the pod of the last ones still ends again and again', async () => {
    const { code, stdout, stderr } = await install('--set', 'extraArgs=null');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain('Installed: ');
    expect(await availableReplicas()).toBe(1);
  }, 60_000);

  test('ends early in an upgrade too, which leaves the controller before it at work', async () => {
    const { code, stderr } = await install('--set', 'extraArgs={--concurrent-reconciles=none}');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/does not become ready: pod \S+ ended 3 times.*--concurrent-reconciles: "none" is not/);
    expect(await availableReplicas()).toBe(1);
  }, 60_000);
});
