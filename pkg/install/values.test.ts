import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../machinery/src/meta.ts';
import { mergeValues } from './values.ts';

const defaults: JsonObject = {
  replicaCount: 1,
  logDebug: false,
  image: { repository: 'flotilla/vela-core', tag: '' },
  extraArgs: [],
  nodeSelector: {},
  resources: { limits: { cpu: '500m' } },
};
const merged = (given: JsonObject): JsonObject => {
  const result = mergeValues(defaults, given);
  if (!result.ok) throw new Error(result.problems.join('; '));
  return result.values;
};

describe('given values', () => {
  test.each<{ given: JsonObject; want: object }>([
    { given: {}, want: defaults },
    { given: { replicaCount: 3 }, want: { replicaCount: 3 } },
    { given: { image: { tag: '1' } }, want: { image: { repository: 'flotilla/vela-core', tag: '1' } } },
    { given: { replicaCount: null, image: { tag: null } }, want: { replicaCount: 1, image: { tag: '' } } },
    { given: { extraArgs: '--v=4' }, want: { extraArgs: ['--v=4'] } },
    { given: { extraArgs: ['a', 'b'] }, want: { extraArgs: ['a', 'b'] } },
    { given: { image: { tag: 1.27 } }, want: { image: { tag: '1.27' } } },
    { given: { image: { tag: true } }, want: { image: { tag: 'true' } } },
    { given: { image: { tag: ['a', 1] } }, want: { image: { tag: 'a,1' } } },
    { given: { nodeSelector: { disk: 'ssd' } }, want: { nodeSelector: { disk: 'ssd' } } },
    {
      given: { resources: { requests: { memory: '1Gi' } } },
      want: { resources: { limits: { cpu: '500m' }, requests: { memory: '1Gi' } } },
    },
  ])('$given over the defaults', ({ given, want }) => {
    expect(merged(given)).toMatchObject(want);
  });

  test.each<{ given: JsonObject; problems: readonly string[] }>([
    {
      given: { replicaCuont: 2 },
      problems: ['replicaCuont: is not a value of the installation; did you mean "replicaCount"'],
    },
    {
      given: { image: { tags: 'x' } },
      problems: ['image.tags: is not a value of the installation; did you mean "tag"'],
    },
    { given: { replicaCount: '3' }, problems: ['replicaCount: must be a number'] },
    { given: { logDebug: 'yes' }, problems: ['logDebug: must be true or false'] },
    { given: { image: 'vela' }, problems: ['image: must be a map'] },
    { given: { image: { tag: { a: 1 } } }, problems: ['image.tag: must be text'] },
    {
      given: { logDebug: 1, zzz: 1, replicaCount: {} },
      problems: [
        'logDebug: must be true or false',
        'zzz: is not a value of the installation',
        'replicaCount: must be a number',
      ],
    },
  ])('$given are refused with every problem', ({ given, problems }) => {
    const result = mergeValues(defaults, given);
    expect(
      result.ok ? [] : result.problems.map((problem) => (problem.startsWith('zzz') ? problem.split(';')[0] : problem)),
    ).toEqual(problems);
  });

  test('leave the defaults as they are', () => {
    const before = structuredClone(defaults);
    merged({ image: { tag: 'x' }, replicaCount: 9 });
    expect(defaults).toEqual(before);
  });
});
