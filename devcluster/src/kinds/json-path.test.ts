import { expect, test } from '@jest/globals';
import { JsonPath } from './json-path.ts';

const object = {
  metadata: { annotations: { 'a.b/c': 'dotted' }, name: 'x' },
  spec: {
    components: [
      { name: 'one', type: 'a' },
      { name: 'two', type: 'b' },
      { name: 'three', type: 'a' },
    ],
  },
  status: { conditions: [{ type: 'Ready', status: 'True' }], count: 3 },
};

test.each([
  ['.metadata.name', ['x']],
  ['{.metadata.name}', ['x']],
  ['metadata.name', ['x']],
  ['$.metadata.name', ['x']],
  ['.spec.components[*].name', ['one', 'two', 'three']],
  ['.spec.components[0].name', ['one']],
  ['.spec.components[-1].name', ['three']],
  ['.spec.components[1:].name', ['two', 'three']],
  ['.spec.components[0,2].name', ['one', 'three']],
  [".metadata.annotations['a.b/c']", ['dotted']],
  ['.metadata.annotations.a\\.b/c', ['dotted']],
  ['.status.conditions[?(@.type=="Ready")].status', ['True']],
  [".spec.components[?(@.type == 'a')].name", ['one', 'three']],
  ['.spec.components[?(@.none)].name', []],
  ['..count', [3]],
  ['.spec.none.deeper', []],
  ['.metadata.name.length', []],
])('%s', (path, expected) => {
  expect(JsonPath.parse(path).find(object)).toEqual(expected);
});

test.each(['.a[', '.a[?(@.b', ".a['b", '.a[x]', '.a]b['])('%s is refused', (path) => {
  expect(() => JsonPath.parse(path)).toThrow(/JSONPath/);
});
