import { describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { textIo } from '../../test/support/vela.ts';
import { printValue } from './output.ts';
import type { OutputFormat } from './output.ts';

function printed(format: OutputFormat, value: unknown): { readonly done: boolean; readonly text: string } {
  const io = textIo();
  return { done: printValue(io, format, value), text: io.stdout.text };
}

const application = { apiVersion: 'core.oam.dev/v1beta1', kind: 'Application', metadata: { name: 'web' } };
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-0' } };

describe('-o json and -o yaml', () => {
  const values = [application, [], { items: [] }, { text: 'a: "b"\nc', none: null, many: ['1', 2, true] }];

  test.each(values)('print %j so that it can be read again', (value) => {
    expect(JSON.parse(printed('json', value).text)).toEqual(value);
    expect(load(printed('yaml', value).text)).toEqual(value);
  });

  test('end with a line break, and are all that is printed', () => {
    for (const format of ['json', 'yaml'] as const) {
      const { done, text } = printed(format, application);
      expect({ done, end: text.slice(-1), lines: text.endsWith('\n\n') }).toEqual({
        done: true,
        end: '\n',
        lines: false,
      });
    }
  });

  test('print what occurs twice twice, without anchors of YAML', () => {
    expect(printed('yaml', { a: application, b: application }).text).not.toMatch(/[&*]ref/);
  });

  test('show no limit as null in JSON', () => {
    expect(printed('json', { capacity: Infinity }).text).toContain('"capacity": null');
  });
});

describe('-o name', () => {
  test.each<{ name: string; value: unknown; want: string }>([
    { name: 'an object, with the group of its kind', value: application, want: 'application.core.oam.dev/web\n' },
    { name: 'an object of the core group', value: pod, want: 'pod/web-0\n' },
    {
      name: 'a list of several kinds',
      value: { apiVersion: 'v1', kind: 'List', items: [application, pod] },
      want: 'application.core.oam.dev/web\npod/web-0\n',
    },
    {
      name: 'a list of one kind with items that do not repeat it',
      value: {
        apiVersion: 'core.oam.dev/v1beta1',
        kind: 'ApplicationList',
        items: [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }],
      },
      want: 'application.core.oam.dev/a\napplication.core.oam.dev/b\n',
    },
    { name: 'an empty list', value: { apiVersion: 'v1', kind: 'List', items: [] }, want: '' },
    { name: 'an array of objects', value: [pod, application], want: 'pod/web-0\napplication.core.oam.dev/web\n' },
    { name: 'an empty array', value: [], want: '' },
    {
      name: 'addons and shards, by their plain names',
      value: [{ name: 'fluxcd' }, { shard: 'shard-0' }],
      want: 'fluxcd\nshard-0\n',
    },
  ])('of $name', ({ value, want }) => {
    expect(printed('name', value)).toEqual({ done: true, text: want });
  });

  test.each([{ advice: 'none' }, { shards: [], phases: [] }, {}])('of %j, which has none, is refused', (value) => {
    expect(() => printed('name', value)).toThrow('-o name: this command prints nothing that has a name');
  });
});

test.each([undefined, 'wide'] as const)('%s leaves the summary to the command', (format) => {
  expect(printed(format, application)).toEqual({ done: false, text: '' });
});
