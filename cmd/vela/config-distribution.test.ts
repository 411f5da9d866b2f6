import { expect, test } from '@jest/globals';
import { distributionOf } from './config-distribution.ts';

const distribution = { name: 'distribute-mine', namespace: 'vela-system', config: 'mine', version: 'config-1' };

test('a distribution delivers the Secret to each namespace once, and shares it', () => {
  expect(distributionOf(distribution, ['local/a', 'local/b', 'local/a'])).toMatchObject({
    kind: 'Application',
    metadata: { name: 'distribute-mine', annotations: { 'app.oam.dev/publishVersion': 'config-1' } },
    spec: {
      components: [{ type: 'ref-objects', properties: { objects: [{ resource: 'secret', name: 'mine' }] } }],
      policies: [
        { type: 'topology', properties: { namespace: 'a' } },
        { type: 'topology', properties: { namespace: 'b' } },
        { type: 'shared-resource' },
      ],
    },
  });
});

test.each([
  [[], 'at least one --target'],
  [['shop'], '--target shop: write CLUSTER/NAMESPACE'],
  [['local/'], '--target local/: write CLUSTER/NAMESPACE'],
  [['far/shop'], 'cluster "far" is not available'],
])('targets %j are refused: %s', (targets, message) => {
  expect(distributionOf(distribution, targets)).toContain(message);
});
