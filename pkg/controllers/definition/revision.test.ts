import { describe, expect, test } from '@jest/globals';
import type { DefinitionRevision } from '../../apis/definition-revision.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { decideRevision, definitionKinds, surplusRevisions } from './revision.ts';

const component = definitionKinds.find(({ type }) => type === 'Component') ?? failing();

function failing(): never {
  throw new Error('no kind of components');
}

const definition = (spec: object, annotations: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'ComponentDefinition',
  metadata: { name: 'web', namespace: 'vela-system', uid: 'u', annotations },
  spec,
});

/** The revisions that are there after the definition went through the given states. */
function historyOf(...states: readonly KubeObject[]): DefinitionRevision[] {
  return states.reduce<DefinitionRevision[]>((all, state) => {
    const { is, revision } = decideRevision(state, component, all);
    return is === 'new' ? [...all, revision] : all;
  }, []);
}

const names = (revisions: readonly DefinitionRevision[]): (string | undefined)[] =>
  revisions.map((r) => r.metadata.name);

describe('the revision of a definition', () => {
  test.each([
    { name: 'the first state', states: [definition({ a: 1 })], want: ['web-v1'] },
    { name: 'the same again', states: [definition({ a: 1 }), definition({ a: 1 })], want: ['web-v1'] },
    {
      name: 'another annotation alone',
      states: [definition({ a: 1 }), definition({ a: 1 }, { x: 'y' })],
      want: ['web-v1'],
    },
    { name: 'a change', states: [definition({ a: 1 }), definition({ a: 2 })], want: ['web-v1', 'web-v2'] },
    {
      name: 'a change and back',
      states: [definition({ a: 1 }), definition({ a: 2 }), definition({ a: 1 })],
      want: ['web-v1', 'web-v2', 'web-v3'],
    },
    { name: 'a version', states: [definition({ a: 1, version: '1.2.3' })], want: ['web-v1.2.3'] },
    {
      name: 'a version with changed content',
      states: [definition({ a: 1, version: '1.0.0' }), definition({ a: 2, version: '1.0.0' })],
      want: ['web-v1.0.0'],
    },
    {
      name: 'a name of its own',
      states: [definition({ a: 1 }, { 'definitionrevision.oam.dev/name': 'blue' })],
      want: ['web-vblue'],
    },
  ])('after $name is $want', ({ states, want }) => {
    expect(names(historyOf(...states))).toEqual(want);
  });

  test('holds the definition without what kubectl and the server keep in it', () => {
    const [revision] = historyOf(definition({ a: 1 }, { 'kubectl.kubernetes.io/last-applied-configuration': '{}' }));
    expect(revision?.spec.componentDefinition).toEqual({
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'ComponentDefinition',
      metadata: { name: 'web', namespace: 'vela-system' },
      spec: { a: 1 },
    });
    expect(revision?.metadata.labels).toEqual({ 'componentdefinition.oam.dev/name': 'web' });
  });

  test('is removed beyond the limit, oldest first, never the current one', () => {
    const all = historyOf(...[1, 2, 3, 4, 5].map((a) => definition({ a })));
    expect(names(surplusRevisions(all, 'web-v5', 2))).toEqual(['web-v1', 'web-v2']);
    expect(names(surplusRevisions(all, 'web-v1', 2))).toEqual(['web-v2', 'web-v3']);
    expect(surplusRevisions(all, 'web-v5', 20)).toEqual([]);
  });
});
