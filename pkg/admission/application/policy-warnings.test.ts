import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { policyWarnings } from './policy-warnings.ts';

const definition = (name: string, scope: string): KubeObject => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'PolicyDefinition',
  metadata: { name, namespace: 'vela-system' },
  spec: { scope },
});

const stored = [definition('team', 'Application'), definition('config', '')];

test('names the policies that a gate leaves without effect', () => {
  const app = {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name: 'app', namespace: 'default' },
    spec: { components: [], policies: [{ name: 'mine', type: 'team' }, { type: 'config' }, { type: 'topology' }] },
  };
  const definitions = {
    get: (_: string, namespace: string, name: string) =>
      stored.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace),
    list: () => [],
  };
  expect(policyWarnings(app, { definitions, systemNamespace: 'vela-system' })).toEqual([
    'policy "mine" has no effect: "team" needs the feature gate EnableApplicationScopedPolicies, which is off',
  ]);
});
