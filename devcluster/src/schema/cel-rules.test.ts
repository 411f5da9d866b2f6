import { describe, expect, test } from '@jest/globals';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { ruleProblem, validateRules } from './cel-rules.ts';

const integer: Schema = { type: 'integer' };
const text: Schema = { type: 'string' };
const schema: Schema = {
  type: 'object',
  properties: {
    min: integer,
    max: integer,
    frozen: { ...text, 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'frozen may not change' }] },
    names: {
      type: 'array',
      items: text,
      'x-kubernetes-validations': [{ rule: 'self.all(n, n.startsWith("x"))', message: 'names must start with x' }],
    },
    word: {
      ...text,
      'x-kubernetes-validations': [
        { rule: 'self.startsWith("x")', messageExpression: '"must start with x, not " + self' },
      ],
    },
    keyed: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['id'],
      items: {
        type: 'object',
        properties: { id: text, v: { ...integer, 'x-kubernetes-validations': [{ rule: 'self >= oldSelf' }] } },
      },
    },
    once: {
      ...integer,
      'x-kubernetes-validations': [{ rule: '!oldSelf.hasValue() || oldSelf.value() <= self', optionalOldSelf: true }],
    },
    'a-b': integer,
  },
  'x-kubernetes-validations': [
    {
      rule: '!has(self.min) || !has(self.max) || self.min <= self.max',
      message: 'min must not exceed max',
      reason: 'FieldValueForbidden',
      fieldPath: '.min',
    },
    { rule: '!(has(self.max) && self.max == 13)' },
    { rule: '!has(self.a__dash__b) || self.a__dash__b > 0' },
  ],
};

test.each<{ name: string; spec: object; old?: object; want: string[] }>([
  { name: 'all hold', spec: { min: 1, max: 2, frozen: 'one', names: ['x'], word: 'x' }, want: [] },
  { name: 'reason and field path', spec: { min: 3, max: 2 }, want: ['spec.min: Forbidden: min must not exceed max'] },
  {
    name: 'no message',
    spec: { max: 13 },
    want: ['spec: Invalid value: failed rule: !(has(self.max) && self.max == 13)'],
  },
  { name: 'on a list', spec: { names: ['x1', 'y'] }, want: ['spec.names: Invalid value: names must start with x'] },
  {
    name: 'message expression',
    spec: { word: 'abc' },
    want: ['spec.word: Invalid value: "abc": must start with x, not abc'],
  },
  {
    name: 'transition',
    spec: { frozen: 'two' },
    old: { frozen: 'one' },
    want: ['spec.frozen: Invalid value: "two": frozen may not change'],
  },
  { name: 'no transition on creation', spec: { frozen: 'two' }, want: [] },
  {
    name: 'transition in a keyed list',
    spec: {
      keyed: [
        { id: 'b', v: 1 },
        { id: 'a', v: 1 },
      ],
    },
    old: { keyed: [{ id: 'a', v: 2 }] },
    want: ['spec.keyed[1].v: Invalid value: 1: failed rule: self >= oldSelf'],
  },
  {
    name: 'optional old value',
    spec: { once: 1 },
    old: { once: 2 },
    want: ['spec.once: Invalid value: 1: failed rule: !oldSelf.hasValue() || oldSelf.value() <= self'],
  },
  { name: 'optional old value on creation', spec: { once: 1 }, want: [] },
  {
    name: 'an escaped name',
    spec: { 'a-b': 0 },
    want: ['spec: Invalid value: failed rule: !has(self.a__dash__b) || self.a__dash__b > 0'],
  },
])('$name', ({ spec, old, want }) => {
  expect(validateRules(spec, old, schema, 'spec').map(({ field, message }) => `${field}: ${message}`)).toEqual(want);
});

describe('compilation', () => {
  test.each<{ rule: string; want: unknown }>([
    { rule: 'self.min == 1', want: undefined },
    { rule: 'self.names.all(n, n.size() > 1)', want: undefined },
    { rule: 'self.b == 1', want: expect.stringContaining('compilation failed') },
    { rule: 'self.min', want: 'cel expression must evaluate to a bool' },
    { rule: 'self.min ==', want: expect.stringContaining('compilation failed') },
    { rule: 'other == 1', want: expect.stringContaining('compilation failed') },
  ])('$rule', ({ rule, want }) => {
    expect(ruleProblem({ rule }, schema)).toEqual(want);
  });
});
