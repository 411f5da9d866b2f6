import { expect, test } from '@jest/globals';
import type { AppPolicy } from '../../apis/application.ts';
import type { JsonObject } from '../../../machinery/src/meta.ts';
import { selectionWarnings } from './selected-names.ts';

const components = [{ name: 'web', type: 'webservice', traits: [{ type: 'scaler@v1' }] }];
const warningsOf = (policies: readonly AppPolicy[]) =>
  selectionWarnings({
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name: 'app', namespace: 'default' },
    spec: { components, policies },
  });
const keep = (selector: JsonObject): AppPolicy => ({
  name: 'keep',
  type: 'garbage-collect',
  properties: { rules: [{ selector, strategy: 'never' }] },
});
const override = (properties: JsonObject): AppPolicy => ({ name: 'more', type: 'override', properties });

test.each<{ policy: AppPolicy; says: string }>([
  {
    policy: keep({ componentNames: ['web', 'webb'] }),
    says: 'policy "keep": rules[0].selector.componentNames[1]: no component is named "webb"; did you mean "web"',
  },
  {
    policy: keep({ componentTypes: ['webservic'] }),
    says: 'policy "keep": rules[0].selector.componentTypes[0]: no component has "webservic"; did you mean "webservice"',
  },
  {
    policy: keep({ traitTypes: ['scalr'] }),
    says: 'policy "keep": rules[0].selector.traitTypes[0]: no component has "scalr"; did you mean "scaler"',
  },
  {
    policy: override({ components: [{ name: 'wep', properties: { image: 'x' } }] }),
    says: 'policy "more": components[0].name: no component is named "wep"; did you mean "web"',
  },
  {
    policy: override({ selector: ['wep'] }),
    says: 'policy "more": selector[0]: no component is named "wep"; did you mean "web"',
  },
])('warns: $says', ({ policy, says }) => {
  expect(warningsOf([policy])).toEqual([says]);
});

test.each<{ name: string; policies: readonly AppPolicy[] }>([
  { name: 'names that exist', policies: [keep({ componentNames: ['web'], traitTypes: ['scaler'] })] },
  { name: 'patterns', policies: [override({ components: [{ name: 'we.*', properties: {} }], selector: ['w.+'] })] },
  {
    name: 'components that a policy adds',
    policies: [override({ components: [{ name: 'other', type: 'worker' }], selector: ['other'] })],
  },
  { name: 'other policies', policies: [{ name: 'p', type: 'topology', properties: { clusters: ['local'] } }] },
])('does not warn of $name', ({ policies }) => {
  expect(warningsOf(policies)).toEqual([]);
});
