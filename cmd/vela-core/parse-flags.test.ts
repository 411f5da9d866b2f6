import { describe, expect, test } from '@jest/globals';
import type { Flag, FlagKind } from './flags.ts';
import { flags } from './flags.ts';
import { flagReference, flagRows } from './flag-reference.ts';
import { parseFlags, splitList } from './parse-flags.ts';
import { readPortMap } from './port-map.ts';

const flag = (name: string, kind: FlagKind, fallback = ''): Flag => ({ name, kind, fallback, describe: name });
const table = [
  flag('text', 'text', 'none'),
  flag('on', 'truth', 'false'),
  flag('count', 'integer', '7'),
  flag('workers', 'workers', '4'),
  flag('rate', 'number', '0.5'),
  flag('time', 'duration', '30s'),
  flag('list', 'list', 'a,b'),
];
const parse = (...argv: readonly string[]) => parseFlags(argv, table);

describe('the flags of the controller', () => {
  test('have their defaults where they are not given', () => {
    expect(parse()).toEqual({
      values: { text: 'none', on: false, count: 7, workers: 4, rate: 0.5, time: 30_000, list: ['a', 'b'] },
      given: [],
      unknown: [],
      problems: [],
    });
  });

  test.each<{ argv: readonly string[]; values: object }>([
    { argv: ['--text=a'], values: { text: 'a' } },
    { argv: ['--text', 'a'], values: { text: 'a' } },
    { argv: ['-text=a'], values: { text: 'a' } },
    { argv: ['--text=a=b'], values: { text: 'a=b' } },
    { argv: ['--text='], values: { text: '' } },
    { argv: ['--text=a\nb'], values: { text: 'a\nb' } },
    { argv: ['--text', '--on'], values: { text: '', on: true } },
    { argv: ['--text=a', '--text=b'], values: { text: 'b' } },
    { argv: ['--on'], values: { on: true } },
    { argv: ['--on=false'], values: { on: false } },
    { argv: ['--on=TRUE'], values: { on: true } },
    { argv: ['--on=0'], values: { on: false } },
    { argv: ['--on', '--count=3'], values: { on: true, count: 3 } },
    { argv: ['--count=-3'], values: { count: -3 } },
    { argv: ['--workers=auto'], values: { workers: 32 } },
    { argv: ['--rate=1e2'], values: { rate: 100 } },
    { argv: ['--time=1m30s'], values: { time: 90_000 } },
    { argv: ['--time=0'], values: { time: 0 } },
    { argv: ['--list='], values: { list: [] } },
    { argv: ['--list=x', '--list', 'y, z'], values: { list: ['x', 'y', 'z'] } },
  ])('$argv mean $values', ({ argv, values }) => {
    const read = parse(...argv);
    expect(read.problems).toEqual([]);
    expect(read.values).toMatchObject(values);
  });

  test.each([
    { argv: '--count=1.5', says: '--count: "1.5" is not a whole number' },
    { argv: '--count=', says: '--count: "" is not a whole number' },
    { argv: '--workers=some', says: '--workers: "some" is not a whole number or auto' },
    { argv: '--rate=x', says: '--rate: "x" is not a number' },
    { argv: '--rate=Infinity', says: '--rate: "Infinity" is not a number' },
    { argv: '--time=5', says: '--time: "5" is not a duration such as 30s or 5m' },
    { argv: '--on=yes', says: '--on: "yes" is not true or false' },
  ])('$argv is refused, and the default stays', ({ argv, says }) => {
    const read = parse(argv);
    expect(read.problems).toEqual([says]);
    expect(read.values).toEqual(parse().values);
  });

  test('that are unknown are kept as they were written, and do not take the next flag', () => {
    expect(parse('--odd', 'x', '--other=1', 'word', '--count=3')).toMatchObject({
      unknown: expect.arrayContaining(['--odd', '--other=1', 'word']),
      values: { count: 3 },
    });
  });

  test('that were given are named', () => {
    expect(parse('--on', '--count=3').given).toEqual(['on', 'count']);
  });
});

test.each([
  ['', []],
  [' a , ,b,', ['a', 'b']],
])('the list %j is %j', (text, items) => {
  expect(splitList(text)).toEqual(items);
});

describe('the table of flags', () => {
  test('has each flag once, with a default that can be read', () => {
    expect(new Set(flags.map(({ name }) => name)).size).toBe(flags.length);
    expect(parseFlags([], flags).problems).toEqual([]);
  });

  test('is what --help prints, with kind, default and effect', () => {
    const text = flagReference();
    for (const { name } of flags) expect(text).toMatch(new RegExp(`^ {2}--${name}\\b`, 'm'));
    expect(text).toMatch(/--metrics-addr text +address of \/metrics; 0 for none \(default :8080\)\n/);
    expect(text).toMatch(/--profiling-addr text +address of the profiler \(without effect yet\)\n/);
    expect(flagRows().trimEnd().split('\n')).toHaveLength(flags.length);
  });
});

describe('ports of a shared address', () => {
  test.each([
    { text: undefined, ports: [] },
    { text: '', ports: [] },
    { text: '8080=41001', ports: [[8080, 41001]] },
    {
      text: '8080=41001,9440=41002',
      ports: [
        [8080, 41001],
        [9440, 41002],
      ],
    },
    { text: 'x=1,8080=y,9440=41002', ports: [[9440, 41002]] },
  ])('$text are $ports', ({ text, ports }) => {
    expect([...readPortMap(text)]).toEqual(ports);
  });
});
