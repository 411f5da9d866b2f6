import { describe, expect, test } from '@jest/globals';
import { findPackage, performedActions, refusalOf, unknownFields, unknownUses } from './registry.ts';

describe('the registry of actions', () => {
  test.each([
    [['opp'], [], 'there is no package "vela/opp"; did you mean "vela/op"'],
    [
      ['kube'],
      [{ packageName: 'kube', definition: 'Aply' }],
      'there is no action kube.#Aply; did you mean kube.#Apply',
    ],
    [['op'], [{ packageName: 'op', definition: 'ApplyEverything' }], 'there is no action op.#ApplyEverything'],
    [['op'], [{ packageName: 'op', definition: 'toString' }], 'there is no action op.#toString'],
  ])('names what does not exist: %j %j', (imported, uses, problem) => {
    expect(unknownUses(imported, uses)).toEqual([problem]);
  });

  test.each([
    ['op', ['Apply', 'ApplyApplication', 'ApplyRemaining', 'Load', 'Steps', 'DeployCloudResource', 'SendEmail']],
    ['builtin', ['Suspend', 'DoVar', 'Steps']],
    ['query', ['CollectServiceEndpoints', 'ListResourcesInApp']],
    ['ql', ['Read', 'List', 'CollectPods']],
    ['multicluster', ['Deploy', 'ListClusters']],
    ['time', ['DateToTimestamp']],
  ])('has the actions of %s', (packageName, definitions) => {
    expect(
      unknownUses(
        [packageName],
        definitions.map((definition) => ({ packageName, definition })),
      ),
    ).toEqual([]);
  });

  test('names parameters that an action does not have', () => {
    expect(unknownFields('kube.apply', { valeu: {} }, false)).toEqual([
      'kube.apply has no parameter "valeu"; did you mean "value"',
    ]);
    expect(unknownFields('kube.apply', { value: {}, cluster: '' }, false)).toEqual([]);
  });

  test('takes other fields beside parameters for the author’s own, unless a parameter is missing that resembles them', () => {
    expect(unknownFields('kube.apply', { value: {}, myOwn: 1 }, true)).toEqual([]);
    expect(unknownFields('kube.apply', { valeu: {} }, true)).toHaveLength(1);
  });

  test('says why an action is not performed and what to use instead', () => {
    expect(refusalOf('helm.render')).toContain('fluxcd');
    expect(performedActions).not.toContain('helm.render');
    expect(refusalOf('kube.apply')).toBeUndefined();
    expect(findPackage('constructor')).toBeUndefined();
  });
});
