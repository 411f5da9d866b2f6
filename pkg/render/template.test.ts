import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../machinery/src/meta.ts';
import { TemplateCompiler } from './template.ts';

const compiler = new TemplateCompiler();
const run = (template: string, parameter: JsonObject = {}, context: JsonObject = {}): unknown =>
  compiler.compile(template)({ parameter, context });

describe('helpers', () => {
  const parameter = {
    text: 'a: "b"\n#c\u2028\u007f',
    zero: 0,
    no: false,
    list: [
      { name: 'a', on: true },
      { name: 'b', on: false },
      { name: 'a', on: true },
    ],
    words: ['x', 'z'],
    object: { k: 1, l: 2 },
  };
  test.each<{ template: string; want: unknown }>([
    { template: '{{json parameter.text}}', want: parameter.text },
    { template: '{{json parameter.absent}}', want: undefined },
    { template: '{{quote parameter.zero}}', want: '0' },
    { template: 'a:\n{{indent 2 (yaml parameter.object)}}', want: { a: { k: 1, l: 2 } } },
    { template: '{{json (default parameter.zero 5)}}', want: 0 },
    { template: '{{json (default parameter.absent 5)}}', want: 5 },
    { template: '{{#given parameter.zero}}yep{{else}}nope{{/given}}', want: 'yep' },
    { template: '{{#given parameter.absent}}yep{{else}}nope{{/given}}', want: 'nope' },
    { template: '{{#let (at parameter "list.1.name") as |x|}}{{json x}}{{/let}}', want: 'b' },
    { template: '{{json (at parameter "list.9.name")}}', want: undefined },
    { template: '{{json (and parameter.zero "last")}}', want: 0 },
    { template: '{{json (and "first" "last")}}', want: 'last' },
    { template: '{{json (or parameter.zero parameter.no "last")}}', want: 'last' },
    { template: '{{json (and parameter.absent "last")}}', want: undefined },
    { template: '{{json (in "x" parameter.words)}}', want: true },
    { template: '{{json (size parameter.object)}}', want: 2 },
    { template: '{{json (object "a" parameter.absent "b" 1)}}', want: { b: 1 } },
    { template: '{{json (find parameter.list "name" "b")}}', want: { name: 'b', on: false } },
    {
      template: '{{json (where parameter.list "on" true)}}',
      want: [
        { name: 'a', on: true },
        { name: 'a', on: true },
      ],
    },
    { template: '{{json (pluck (unique parameter.list "name") "name")}}', want: ['a', 'b'] },
    { template: '{{json (concat parameter.words parameter.absent (list 1))}}', want: ['x', 'z', 1] },
    { template: '{{json (without parameter.words (list "x"))}}', want: ['z'] },
    { template: '{{json (merge parameter.absent parameter.object (object "k" 9))}}', want: { k: 9, l: 2 } },
    { template: '{{json (omit parameter.object "k")}}', want: { l: 2 } },
    { template: '{{json (keys parameter.object)}}', want: ['k', 'l'] },
    { template: '{{json (values parameter.object)}}', want: [1, 2] },
    { template: '{{json (print "a-" 1 (upper "b"))}}', want: 'a-1B' },
    { template: '{{json (add 1 2)}}', want: 3 },
    {
      template: '{{#each parameter.object}}{{@key}}{{@index}}{{this}}{{#unless @last}},{{/unless}}{{/each}}',
      want: 'k01,l12',
    },
    { template: '{{#each parameter.absent}}x{{else}}none{{/each}}', want: 'none' },
    { template: '{{#each parameter.words as |w i|}}{{i}}{{w}}{{@root.parameter.zero}} {{/each}}', want: '0x0 1z0' },
  ])('$template', ({ template, want }) => {
    expect(run(template, parameter)).toEqual(want ?? undefined);
  });
});

test('a closing tag after else-if leaves no blanks behind', () => {
  const template = [
    'list:',
    '  {{#each parameter.list}}',
    '  - a: {{this}}',
    '    {{#if (eq this 1)}}',
    '    b: one',
    '    {{else if (eq this 2)}}',
    '    b: two',
    '    {{else}}',
    '    b: more',
    '    {{/if}}',
    '  {{/each}}',
    'end: true',
  ].join('\n');
  expect(run(template, { list: [1, 2, 3] })).toEqual({
    list: [
      { a: 1, b: 'one' },
      { a: 2, b: 'two' },
      { a: 3, b: 'more' },
    ],
    end: true,
  });
});

describe('refused', () => {
  const many = { list: Array.from({ length: 1000 }, (_, i) => i) };
  test.each([
    {
      name: 'a template that does not parse',
      template: 'a: {{#if x}}',
      error: /^template: Parse error on line 1: Expecting/,
    },
    { name: 'a field that is not there', template: 'a: {{parameter.foo}}', error: /"foo" not defined/ },
    { name: 'a helper that is not there', template: 'a: {{magic 1}}', error: /magic/ },
    { name: 'a prototype', template: 'a: {{json parameter.constructor.name}}', error: /template: / },
    { name: 'partials', template: '\n{{> x}}', error: /line 2: partials are not allowed/ },
    { name: 'inline partials', template: '{{#*inline "x"}}{{> x}}{{/inline}}', error: /not allowed/ },
    { name: 'output that is not YAML', template: 'a: b: c', error: /the output is not YAML: .*: a: b: c/ },
    {
      name: 'loops that never seem to end',
      template:
        '{{#each parameter.list}}{{#each @root.parameter.list}}{{#each @root.parameter.list}}{{/each}}{{/each}}{{/each}}',
      error: /more than 100000 iterations/,
    },
    {
      name: 'output without bounds',
      template: '{{#each parameter.list}}{{json ../parameter.list}}{{/each}}',
      error: /larger than 1048576 characters/,
    },
  ])('$name', ({ template, error }) => {
    expect(() => run(template, many)).toThrow(error);
  });

  test('in time', () => {
    const started = process.cpuUsage();
    expect(() =>
      run('{{#each parameter.list}}{{#each ../parameter.list}}{{json ../parameter}}{{/each}}{{/each}}', many),
    ).toThrow();
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000).toBeLessThan(2000);
  });
});
