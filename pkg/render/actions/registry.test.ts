import { describe, expect, test } from '@jest/globals';
import {
  findAction,
  findPackage,
  misplacedFields,
  performedActions,
  refusalOf,
  unknownFields,
  unknownUses,
} from './registry.ts';

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

  test('has the actions by the names that packages give them', () => {
    expect(findAction('kube', 'apply')).toEqual({ name: 'kube.apply', isFlat: false });
    expect(findAction('op', 'apply')).toEqual({ name: 'kube.apply', isFlat: true });
    expect(findAction('kube', 'aply')).toBe('provider "kube" has no action "aply"; did you mean "apply"');
    expect(findAction('kub', 'apply')).toBe('there is no provider "kub"; did you mean "kube"');
    expect(findAction('', 'apply')).toBe('there is no provider ""');
  });

  test('names parameters that stand beside $params', () => {
    expect(misplacedFields('kube.apply', { value: {} }, ['value', '$returns'])).toEqual([
      'parameter "value" of kube.apply belongs in $params',
    ]);
    expect(misplacedFields('kube.apply', { value: {}, cluster: '' }, ['$param'])).toEqual([
      'kube.apply has no field "$param"; did you mean "$params"',
    ]);
    expect(misplacedFields('kube.apply', { value: { kind: 'x' } }, ['value', 'note'])).toEqual([]);
  });

  test('says why an action is not performed and what to use instead', () => {
    expect(refusalOf('helm.render')).toContain('fluxcd');
    expect(performedActions).not.toContain('helm.render');
    expect(refusalOf('kube.apply')).toBeUndefined();
    expect(findPackage('constructor')).toBeUndefined();
  });
});
