import { expect, test } from '@jest/globals';
import { Compiler, newEnvironment } from './environment.ts';
import { withoutStructs } from './struct-literals.ts';
import { escapeName, fromCel, toCel } from './values.ts';

const compiler = new Compiler(newEnvironment(['self']));
const self = toCel({ min: 1, names: ['b', 'a'], labels: { x: '1' }, ratio: 1.5 });

test.each<{ expression: string; want: unknown }>([
  { expression: 'self.min == 1 && self.ratio > 1.0', want: true },
  { expression: 'self.?none.orValue(3)', want: 3 },
  { expression: 'self.?min.optMap(x, x + 1).orValue(0) < 5', want: true },
  { expression: 'self.?none.optMap(x, x + 1).orValue(0)', want: 0 },
  { expression: 'self.?labels.optFlatMap(l, l.?x).orValue("none")', want: '1' },
  { expression: 'self.names.isSorted()', want: false },
  { expression: '[1, 2].sum() + [3, 1].max()', want: 6 },
  { expression: 'self.names.indexOf("a")', want: 1 },
  { expression: 'sets.contains(["a", "b", "c"], self.names)', want: true },
  { expression: 'sets.intersects([1], [2])', want: false },
  { expression: '"a-1-b-22".findAll("[0-9]+")', want: ['1', '22'] },
  { expression: '"abc".find("b.")', want: 'bc' },
  {
    expression: '"%s has %d, %.1f, %x of %s".format(["x", 3, 1.25, 255, [1, "b"]])',
    want: 'x has 3, 1.2, ff of [1, "b"]',
  },
  { expression: '"aXbX".replace("X", "-", 1)', want: 'a-bX' },
  { expression: 'quantity("1Gi").isGreaterThan(quantity("500Mi"))', want: true },
  { expression: 'quantity("1500m").add(quantity("500m")).asInteger()', want: 2 },
  { expression: 'isQuantity("x")', want: false },
  {
    expression: 'cidr("10.0.0.0/8").containsIP("10.1.2.3") && !cidr("10.0.0.0/8").containsCIDR("11.0.0.0/16")',
    want: true,
  },
  { expression: 'ip("::1").isLoopback() && ip("10.0.0.1").family() == 4', want: true },
  { expression: 'url("https://a.example.com:80/x?q=1").getHostname()', want: 'a.example.com' },
  {
    expression: 'Object{metadata: Object.metadata{labels: {"by": self.labels.x}}}',
    want: { metadata: { labels: { by: '1' } } },
  },
])('$expression', ({ expression, want }) => {
  expect(fromCel(compiler.compile(expression)({ self }))).toEqual(want);
});

test('constructions of types become maps, texts and maps stay', () => {
  expect(withoutStructs('[JSONPatch{op: "add", path: "/a{b: 1}", value: {"k": x ? y : z}}]')).toBe(
    '[{"op": "add", "path": "/a{b: 1}", "value": {"k": x ? y : z}}]',
  );
  expect(withoutStructs('has(a.b) ? {"a": 1} : {}')).toBe('has(a.b) ? {"a": 1} : {}');
});

test('names that are no identifiers are escaped', () => {
  expect(['a-b', 'x.y/z', 'namespace', 'a__b'].map(escapeName)).toEqual([
    'a__dash__b',
    'x__dot__y__slash__z',
    '__namespace__',
    'a__underscores__b',
  ]);
});
