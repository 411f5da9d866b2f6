import { expect, test } from '@jest/globals';
import { fromCel, toCel, toLazyCel } from './values.ts';

const deployment = {
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: { replicas: 3, containers: [{ name: 'web', ports: [80] }], paused: undefined },
};

test('what is converted when it is asked for is the same as what is converted at once', () => {
  expect(toLazyCel(deployment)).toEqual(toCel(deployment));
  expect(fromCel(toLazyCel(deployment))).toEqual(deployment);
  expect(toLazyCel(null)).toBeNull();
});

test('converts a property at its first read only', () => {
  let reads = 0;
  const spec = {
    get replicas() {
      reads += 1;
      return 3;
    },
  };
  const lazy = toLazyCel({ kind: 'Deployment', spec }) as { kind: string; spec: { replicas: bigint } };
  expect([lazy.kind, reads]).toEqual(['Deployment', 0]);
  expect([lazy.spec.replicas, lazy.spec.replicas, reads]).toEqual([3n, 3n, 1]);
});
