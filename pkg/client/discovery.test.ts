import { beforeEach, describe, expect, test } from '@jest/globals';
import { failure } from '../../test/support/memory-api.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { Discovery } from './discovery.ts';

interface Listed {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

let clock: FakeClock;
let asked: string[];
let served: Record<string, readonly Listed[]>;
let discovery: Discovery;

beforeEach(() => {
  clock = new FakeClock();
  asked = [];
  served = {
    '/apis/apps/v1': [
      { name: 'deployments', kind: 'Deployment', namespaced: true },
      { name: 'deployments/status', kind: 'Scale', namespaced: true },
    ],
  };
  discovery = new Discovery((path) => {
    asked.push(path);
    const resources = served[path];
    return resources ? Promise.resolve({ resources }) : Promise.reject(failure(404, 'NotFound', path));
  }, clock);
});

const pod: Listed = { name: 'pods', kind: 'Pod', namespaced: true };

describe('the resource of a kind', () => {
  test('is read once for each group and version', async () => {
    const want = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true };
    expect(await discovery.resourceFor('apps/v1', 'Deployment')).toEqual(want);
    expect(await discovery.resourceFor('apps/v1', 'Deployment')).toEqual(want);
    expect(asked).toEqual(['/apis/apps/v1']);
  });

  test('is asked for once by requests at the same time', async () => {
    await Promise.all([1, 2, 3].map(() => discovery.resourceFor('apps/v1', 'Deployment')));
    expect(asked).toHaveLength(1);
  });

  test('is none of a subresource', async () => {
    await expect(discovery.resourceFor('apps/v1', 'Scale')).rejects.toMatchObject({ code: 404, reason: 'NotFound' });
  });

  test('that is not served is named with the remedy', async () => {
    await expect(discovery.resourceFor('example.com/v1', 'Odd')).rejects.toMatchObject({
      code: 404,
      message: 'no resource of kind "Odd" in version "example.com/v1"; is its CustomResourceDefinition installed?',
    });
  });

  test('that is not served is asked for again, but not at every request', async () => {
    for (let i = 0; i < 5; i += 1) await discovery.resourceFor('v1', 'Pod').catch(() => undefined);
    expect(asked).toHaveLength(1);
    served['/api/v1'] = [pod];
    await clock.advance(3_000);
    expect(await discovery.resourceFor('v1', 'Pod')).toMatchObject({ plural: 'pods' });
    expect(asked).toHaveLength(2);
  });

  test('is asked for again after a failure', async () => {
    let isDown = true;
    const flaky = new Discovery(
      () =>
        isDown ? Promise.reject(failure(503, 'ServiceUnavailable', 'down')) : Promise.resolve({ resources: [pod] }),
      clock,
    );
    await expect(flaky.resourceFor('v1', 'Pod')).rejects.toMatchObject({ code: 503 });
    isDown = false;
    expect(await flaky.resourceFor('v1', 'Pod')).toMatchObject({ kind: 'Pod' });
  });
});
