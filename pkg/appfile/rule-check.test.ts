import { describe, expect, test } from '@jest/globals';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { labels } from '../apis/names.ts';
import { selects } from './resource-policy.ts';
import { ruleProblems } from './rule-check.ts';

const rule = (selector: JsonObject, more: JsonObject = {}): JsonObject => ({ rules: [{ selector, ...more }] });

describe('a policy', () => {
  test.each([
    ['read-only', rule({ oamTypes: ['COMPONENT', 'trait', 'Workload'] })],
    ['garbage-collect', rule({ resourceTypes: ['ConfigMap'] }, { strategy: 'never', propagation: 'orphan' })],
    ['garbage-collect', { order: 'dependency', keepLegacyResource: true, applicationRevisionLimit: 0 }],
    ['apply-once', { enable: true, rules: [{ strategy: { affect: 'onStateKeep', path: ['spec.replicas'] } }] }],
    ['resource-update', rule({ traitTypes: ['x'] }, { strategy: { op: 'replace', recreateFields: ['spec.x'] } })],
    ['topology', { clusters: ['local'], namespace: 'prod', allowEmpty: true, clusterLabelSelector: { a: 'b' } }],
    [
      'override',
      {
        components: [{ name: 'web', properties: { image: 'x' }, traits: [{ type: 'scaler', disable: true }] }],
        selector: ['web'],
      },
    ],
    ['replication', { keys: ['a'], selector: ['web'] }],
    ['debug', { anything: true }],
  ])('%s may say %j', (type, properties) => {
    expect(ruleProblems({ name: 'p', type, properties })).toEqual([]);
  });

  test.each([
    [
      'read-only',
      rule({ oamTypes: ['COMPONENTS'] }),
      'rules[0].selector.oamTypes[0] must be one of COMPONENT, WORKLOAD, TRAIT, POLICY, not "COMPONENTS"; did you mean "component"',
    ],
    ['read-only', rule({ oamTypes: 'COMPONENT' }), 'rules[0].selector.oamTypes must be a list'],
    [
      'garbage-collect',
      rule({}, { strategy: 'Never' }),
      'rules[0].strategy must be one of onAppUpdate, onAppDelete, never, not "Never"; did you mean "never"',
    ],
    [
      'garbage-collect',
      rule({ componentName: ['a'] }),
      'rules[0].selector.componentName is not a field of it; did you mean "componentNames"',
    ],
    [
      'garbage-collect',
      { keepLegacyResources: true },
      'keepLegacyResources is not a field of it; did you mean "keepLegacyResource"',
    ],
    ['apply-once', { enable: 'yes' }, 'enable must be a boolean, not "yes"'],
    ['apply-once', { rules: [{ strategy: { affect: 'always ' } }] }, 'rules[0].strategy.affect must be one of'],
    [
      'resource-update',
      rule({}, { strategy: { op: 'recreate' } }),
      'rules[0].strategy.op must be one of patch, replace',
    ],
    ['topology', { clusterz: ['local'] }, 'clusterz is not a field of it; did you mean "clusters"'],
    ['topology', { namespace: ['prod'] }, 'namespace must be a text, not ["prod"]'],
    ['override', { component: [] }, 'component is not a field of it; did you mean "components"'],
    [
      'override',
      { components: [{ name: 'web', propertiez: {} }] },
      'components[0].propertiez is not a field of it; did you mean "properties"',
    ],
    [
      'override',
      { components: [{ name: 'web', traits: [{ type: 'scaler', disabled: true }] }] },
      'components[0].traits[0].disabled is not a field of it; did you mean "disable"',
    ],
    ['replication', { key: ['a'] }, 'key is not a field of it; did you mean "keys"'],
    ['garbage-collect', rule({ componentNames: [3] }), 'rules[0].selector.componentNames[0] must be a text, not 3'],
    ['shared-resource', { rules: {} }, 'rules must be a list'],
    ['take-over', { rules: [3] }, 'rules[0] must be an object'],
  ])('%s may not say %j', (type, properties, problem) => {
    expect(ruleProblems({ name: 'p', type, properties })).toEqual([expect.stringContaining(`policy "p": ${problem}`)]);
  });
});

describe('oamTypes', () => {
  const object = (resourceType: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'n', labels: { [labels.resourceType]: resourceType } },
  });

  test.each([
    ['COMPONENT', 'WORKLOAD', true],
    ['component', 'WORKLOAD', true],
    ['WORKLOAD', 'WORKLOAD', true],
    ['Trait', 'TRAIT', true],
    ['TRAIT', 'WORKLOAD', false],
    ['COMPONENT', 'TRAIT', false],
  ])('%s selects a resource labelled %s: %s', (word, resourceType, want) => {
    expect(selects({ oamTypes: [word] }, object(resourceType))).toBe(want);
  });
});
