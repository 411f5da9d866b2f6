// Arguments for the functions of the builtin packages: ordinary ones, and those at the edges of what a function takes.
import type { BuiltinFunction, Data, Param } from '../../src/builtin/api.ts';
import { parseDecimal } from '../../src/number/decimal.ts';
import type { Random } from '../random.ts';

const WORDS = [
  '',
  'a',
  'b',
  'ab',
  'abc',
  'hello',
  'Hello World',
  'ÄÖü',
  'ß',
  'ǆ',
  '日本',
  '😀',
  ' x ',
  '\t',
  'a,b',
  'aa',
  'ſ',
  'İ',
  'é',
];
const SEPARATORS = ['', ',', ' ', 'a', '--', '/', 'ab', '日', '\n'];
const INTS = [
  0,
  1,
  2,
  3,
  -1,
  -2,
  5,
  10,
  16,
  36,
  64,
  100,
  255,
  256,
  1000,
  -100,
  2 ** 31,
  2 ** 32 - 1,
  2n ** 62n,
  -(2n ** 63n),
  10n ** 20n,
];
const FLOATS = [
  '0.0',
  '1.0',
  '1.5',
  '2.5',
  '-2.5',
  '-0.5',
  '0.5',
  '3.14159',
  '1e3',
  '1.5e-7',
  '123456.789',
  '1e21',
  '1e-10',
  '-7.25',
  '99.99',
  '0.1',
  '1e100',
];

export function randomText(random: Random, parts = 3): string {
  let text = '';
  for (let i = random.below(parts + 1); i > 0; i--) text += random.pick(random.chance(0.3) ? SEPARATORS : WORDS);
  return text;
}

function randomNumber(random: Random): Data {
  if (random.chance(0.4)) return random.pick(INTS);
  if (random.chance(0.3)) return random.below(40) - 20;
  return (
    parseDecimal(random.chance(0.5) ? random.pick(FLOATS) : (random.next() * 20 - 10).toFixed(random.below(8) + 1)) ?? 0
  );
}

export function randomData(random: Random, depth = 2): Data {
  const choice = random.below(depth > 0 ? 10 : 7);
  if (choice === 0) return null;
  if (choice === 1) return random.chance(0.5);
  if (choice < 4) return randomNumber(random);
  if (choice < 7) return randomText(random);
  if (choice === 7) return bytesOf(randomText(random));
  const length = random.below(4);
  if (choice === 8) return Array.from({ length }, () => randomData(random, depth - 1));
  return new Map(Array.from({ length }, () => [randomText(random, 1) || 'k', randomData(random, depth - 1)]));
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

type Generator = (random: Random) => Data;

const JSON_TEXTS = [
  '{}',
  '[]',
  '{"a":1}',
  ' {"a" : [1, 2.50, true ,null]} ',
  '[1,]',
  '{"a":1,"a":2}',
  '{"a":1,"a":1}',
  '"\\u00e9\\ud83d\\ude00"',
  '"\\ud800"',
  '01',
  '-0',
  '-',
  '1e5',
  '1.50E+3',
  'nul',
  'null x',
  '{"a":{"b":[{}]}}',
  '["<&>"]',
  '"\t"',
  '[1 2]',
  '{"a"}',
  '12345678901234567890123',
  '{"x":"\u2028"}',
  '',
];
const YAML_TEXTS = [
  'a: 1',
  'a: 1\nb: [x, y]\n',
  '- 1\n- two\n- 3.0',
  'true',
  'yes',
  '~',
  '',
  '---\na: 1\n---\nb: 2\n',
  'a: &x 1\nb: *x',
  '<<: {a: 1}\nb: 2',
  'base: &b {x: 1}\nd:\n  <<: *b\n  y: 2',
  '0o17',
  '017',
  '0x1F',
  '1_000',
  '1e3',
  '.5',
  '.inf',
  '2020-01-02',
  '"quoted"',
  "'single'",
  'a: |\n  text\n  more\n',
  'a: >-\n  folded\n  text\n',
  '!!str 12',
  '!!int "3"',
  '!!float 3',
  '!!binary aGVsbG8=',
  '{a: 1, b: {c: d}}',
  'a: b: c',
  '- a\n b',
  '1: x\ntrue: y\nnull: z',
  '? [a]\n: b',
  'a: 1\na: 2',
  '# only a comment',
  'key: "\\u00e9"',
  '08',
  '-017',
  '0b11',
  '1:20',
  'on',
  '+1',
  '-1.5',
  'a:\n- b\n- c: d\n  e: f',
];
const TIMES = [
  '2020-01-02T03:04:05Z',
  '2020-02-29T23:59:59.123456789Z',
  '2021-02-29T00:00:00Z',
  '2020-01-02T03:04:05+05:30',
  '2020-01-02T03:04:05-07:00',
  '2020-01-02',
  '2020-1-2T3:4:5Z',
  'x',
  '',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '2020-01-02T03:04:05.5Z',
  '2020-01-02T24:00:00Z',
  '2020-13-02T03:04:05Z',
  '2020-01-02T03:04:05,7Z',
];
const LAYOUTS = [
  '2006-01-02T15:04:05Z07:00',
  'Mon Jan _2 15:04:05 2006',
  'Monday, 02-Jan-06 15:04:05 MST',
  '3:04PM',
  '15:04',
  '2006-01-02',
  'Jan 2',
  '02 Jan 06 15:04 -0700',
  '2006-002',
  '__2 2006',
  '05.000',
  '05.999',
  '05,00',
  'January',
  '-07:00:00',
  'Z070000',
  'pm 03',
  'x_2006y',
  '06/1/2',
  'Month',
];
const FORMATTED = [
  'Mon Jan  2 15:04:05 2006',
  '3:04PM',
  '11:59am',
  '12:00AM',
  '15:04',
  '2006-01-02',
  '02 Jan 06 15:04 -0700',
  'Tuesday, 10-Nov-09 23:00:00 UTC',
  'Tuesday, 10-Nov-09 23:00:00 MST',
  '2006-060',
  ' 60 2020',
  '05.250',
  'feb 30',
  'JANUARY',
];
const PATTERNS = [
  'a',
  'a*',
  '(a)(b)?',
  '(?P<x>a+)(?P<y>b*)',
  '^a',
  'b$',
  '[a-c]+',
  '\\d+',
  '(',
  '[',
  'a{2}',
  '',
  '.',
  '(?i)HELLO',
  '\\p{L}+',
  'x|y|',
  '(?s).',
  '\\bab',
  'a{1001}',
  '(?<n>l+)',
  '\\Q.\\E',
  '(?=a)',
  '[[:alpha:]]',
  'a**',
  '\\8',
];
const TEMPLATES = ['x', '$1', '${1}0', '$x-$y', '$$', '$0', '$', '${', '$1x', '', '${x}', '$10'];
const SUBJECTS = ['', 'a', 'aab', 'abab', 'hello world', 'xaay', '12 34', 'ÄÖ日', 'abc\nabc', 'bbb', 'aaaa', '😀a'];
const PATHS = [
  '',
  '.',
  '/',
  'a',
  '/a/b',
  'a/b/c',
  '../a',
  'a/../..',
  '/..',
  'a//b',
  'a/b/',
  './a',
  'C:\\a\\b',
  'c:',
  'c:a',
  '\\\\host\\share\\x',
  '\\\\h\\s',
  'a.txt',
  '.hidden',
  'a.b.c/d',
  'a:b',
  '"a;b";c',
  '//x',
  '\\a',
  'NUL',
  'a\\..\\b',
  '#x',
];
const GLOBS = [
  '*',
  '*.txt',
  'a*',
  '?',
  'a?c',
  '[a-c]*',
  '[^a]',
  '[',
  '\\*',
  'a/*',
  '**',
  '[]a]',
  '[a-]',
  '[-x]',
  'a*b*c',
  'ab[c]',
  '*/b',
];
const SYSTEMS = ['unix', 'windows', 'plan9'];
const IPS = [
  '1.2.3.4',
  '127.0.0.1',
  '0.0.0.0',
  '255.255.255.255',
  '224.0.0.1',
  '169.254.1.1',
  '01.2.3.4',
  '1.2.3',
  '1.2.3.256',
  '::',
  '::1',
  'fe80::1',
  'fe80::1%eth0',
  'ff02::1',
  'ff01::1',
  '2001:db8::1',
  '::ffff:1.2.3.4',
  '1:2:3:4:5:6:7:8',
  '1::2::3',
  '1:2:3:4:5:6:7::',
  '::1.2.3.4',
  'g::',
  '',
  '1:2',
  '12345::',
  '10.0.0.1',
];
const CIDRS = [
  '1.2.3.4/8',
  '::/0',
  '1.2.3.4/33',
  '1.2.3.4',
  'fe80::1%a/64',
  '1.2.3.4/08',
  '2001:db8::/32',
  '/8',
  '1.2.3.4/-1',
];
const HOSTPORTS = [
  'a:1',
  'a',
  ':80',
  '[::1]:80',
  '::1:80',
  '[::1]',
  '[a]:b:c',
  'a:b:c',
  '[x',
  'x]:1',
  'a[:1',
  '',
  '[::1%eth0]:1',
  'host:http',
];
const URLS = [
  'http://a.b/c?d=e#f',
  'a',
  '/a',
  '//a/b',
  'http://[::1]:80/',
  'http://a:b',
  'http://a:80x/',
  ':x',
  '1a:b',
  'a:b',
  'a%zz',
  'http://a%41/',
  'http://u:p@h/',
  'http://u@:p@h/',
  '',
  '*',
  'http://a b/',
  '/a b',
  'http://[::1/',
  'mailto:x@y',
  'x:y:z',
  'a/b:c',
  'b:c/d',
  '\u007f',
  'http://é/',
  '%',
  '?q',
  '#%zz',
];
const DOMAINS = [
  'a',
  'a.b',
  'A.b',
  'a.b.',
  '.a',
  'a..b',
  '-a',
  'a-',
  'a_b',
  'ab--c',
  'xn--bcher-kva',
  'xn--a',
  'xn--',
  '',
  '.',
  'x'.repeat(63),
  'x'.repeat(64),
  `${'a.'.repeat(126)}a`,
  `${'a.'.repeat(127)}a`,
  'é',
  'localhost',
  '1.2',
  'a b',
];
const UUIDS = [
  '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  'urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  '{6ba7b810-9dad-11d1-80b4-00c04fd430c8}',
  '6ba7b8109dad11d180b400c04fd430c8',
  '',
  'x',
  '6BA7B810-9DAD-11D1-C0B4-00C04FD430C8',
  '00000000-0000-0000-0000-000000000000',
  '6ba7b810x9dad-11d1-80b4-00c04fd430c8',
  'zzzzzzzz-9dad-11d1-80b4-00c04fd430c8',
  '6ba7b810-9dad-51d1-e0b4-00c04fd430c8',
];
const DURATIONS = [
  '1h',
  '1.5h',
  '300ms',
  '-1.5h',
  '2h45m',
  '1',
  '',
  '0',
  '+5s',
  '1x',
  '1us',
  '1µs',
  '.5s',
  '1.s',
  '.s',
  '9223372036854775807ns',
  '9223372036854775808ns',
  '-9223372036854775808ns',
  '3000000h',
  '1h1h',
  '-',
  '1.0000000001s',
  '0.3333333333333333333h',
  '1 h',
];
const NUMBERS_AS_TEXT = [
  '0',
  '1',
  '-1',
  '+5',
  '0x1F',
  '0b11',
  '0o17',
  '017',
  '1_000',
  '0x_1',
  '1__0',
  '',
  '-',
  'abc',
  'ff',
  'zz',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '18446744073709551615',
  '1.5',
  '1e3',
  '-2.5E-3',
  '.5',
  '5.',
  '0x1p-2',
  '0x1.8p3',
  'inf',
  '-Infinity',
  'nan',
  '1e400',
  '1e-400',
  '4.9e-324',
  ' 1',
  '08',
  '3.4e38',
  '3.5e38',
  '1.17549429e-38',
  '0x',
  '1e',
];
const HEX = ['', '00', 'ff', 'FFaa', 'f', 'fg', 'é', '0102030405060708090a0b0c0d0e0f1011'];
const BASE64 = [
  '',
  'YQ==',
  'YWI=',
  'YWJj',
  'YWJjZA==',
  'Y',
  'YQ',
  'YQ=',
  'YQ===',
  'Y*==',
  'YWJj\nZA==',
  'YQ==YQ==',
  '====',
  'YWI=x',
  '+/+/',
  '-_-_',
  'Y=Q=',
];
const QUOTED = [
  '"a"',
  '"',
  "'a'",
  '"\\n"',
  '#"a\\n"#',
  '"""\n  a\n  b\n  """',
  '"\\x41"',
  "'\\x41'",
  'a',
  '"\\u00e9"',
  '"\\ud83d\\ude00"',
  '"a"b',
  '"\\("',
  '`a`',
  '',
  '"\\/"',
  '"\n"',
];

const pickFrom =
  (choices: readonly Data[]): Generator =>
  (random) =>
    random.pick(choices);
const anyText: Generator = (random) => randomText(random);
const separator: Generator = (random) => (random.chance(0.7) ? random.pick(SEPARATORS) : randomText(random, 1));
const smallInt: Generator = (random) => random.below(14) - 3;
const orText =
  (choices: readonly string[]): Generator =>
  (random) =>
    random.chance(0.9) ? random.pick(choices) : randomText(random);
const asBytes =
  (texts: Generator): Generator =>
  (random) => {
    const text = texts(random);
    return random.chance(0.2) && typeof text === 'string' ? bytesOf(text) : text;
  };
const ipValue: Generator = (random) => {
  if (random.chance(0.7)) return asBytes(orText(IPS))(random);
  const length = random.pick([4, 16, 3, 0]);
  return Array.from({ length }, () => random.pick([0, 1, 10, 127, 254, 255, 255, 224, random.chance(0.1) ? 256 : 2]));
};
const listOf =
  (element: Generator, length = 5): Generator =>
  (random) =>
    Array.from({ length: random.below(length + 1) }, () => element(random));

/** By package and function, or by package for all others: a generator for each parameter. */
const SPECIAL: Readonly<Record<string, readonly Generator[]>> = {
  'strings.SplitN': [anyText, separator, smallInt],
  'strings.SplitAfterN': [anyText, separator, smallInt],
  'strings.Replace': [anyText, separator, anyText, smallInt],
  'strings.Repeat': [anyText, smallInt],
  'strings.SliceRunes': [anyText, smallInt, smallInt],
  'strings.ByteAt': [asBytes(anyText), smallInt],
  'strings.ByteSlice': [asBytes(anyText), smallInt, smallInt],
  'strings.MinRunes': [anyText, smallInt],
  'strings.MaxRunes': [anyText, smallInt],
  strings: [anyText, separator],
  'strconv.ParseInt': [
    orText(NUMBERS_AS_TEXT),
    pickFrom([0, 2, 8, 10, 16, 36, 37, 1]),
    pickFrom([0, 8, 16, 32, 64, 65, 1, -1]),
  ],
  'strconv.ParseUint': [
    orText(NUMBERS_AS_TEXT),
    pickFrom([0, 2, 8, 10, 16, 36, 37, 1]),
    pickFrom([0, 8, 16, 32, 64, 65, 1]),
  ],
  'strconv.ParseFloat': [orText(NUMBERS_AS_TEXT), pickFrom([64, 32])],
  'strconv.Atoi': [orText(NUMBERS_AS_TEXT)],
  'strconv.ParseBool': [orText(['1', 't', 'TRUE', 'true', 'True', 'f', '0', 'False', 'tRUE', ''])],
  'strconv.FormatFloat': [
    (r) => randomNumber(r),
    pickFrom([101, 102, 103, 69, 71, 98, 120, 88]),
    pickFrom([-1, 0, 1, 2, 5, 10, 17]),
    pickFrom([64, 32]),
  ],
  'strconv.FormatInt': [pickFrom(INTS), pickFrom([2, 10, 16, 36, 62, 8])],
  'strconv.FormatUint': [pickFrom(INTS), pickFrom([2, 10, 16, 36, 62, 8])],
  'strconv.Unquote': [orText(QUOTED)],
  'strconv.QuoteRune': [pickFrom([0, 7, 10, 34, 39, 65, 92, 127, 160, 233, 0x3042, 0xd800, 0x1f600, 0x10ffff])],
  'strconv.QuoteRuneToASCII': [pickFrom([0, 7, 10, 34, 39, 65, 92, 127, 160, 233, 0x3042, 0xd800, 0x1f600])],
  'strconv.QuoteRuneToGraphic': [pickFrom([0, 7, 10, 34, 39, 65, 92, 127, 160, 233, 0x3042, 0x3000, 0x1f600])],
  'strconv.IsPrint': [pickFrom([0, 7, 32, 65, 127, 160, 173, 233, 0x3000, 0x3042, 0xd800, 0x1f600, 0x10ffff])],
  'strconv.IsGraphic': [pickFrom([0, 7, 32, 65, 127, 160, 173, 233, 0x3000, 0x3042, 0xd800, 0x1f600])],
  strconv: [anyText],
  'list.Range': [
    smallInt,
    smallInt,
    (r) => (r.chance(0.7) ? r.below(7) - 3 : (parseDecimal(r.pick(['0.5', '-1.5', '2.0', '0.1'])) ?? 1)),
  ],
  'list.Repeat': [listOf((r) => randomData(r, 1), 3), smallInt],
  'list.FlattenN': [listOf((r) => randomData(r, 3)), smallInt],
  'list.Concat': [listOf((r) => (r.chance(0.95) ? listOf((q) => randomData(q, 1), 3)(r) : randomData(r, 1)), 4)],
  'list.UniqueItems': [listOf((r) => (r.chance(0.6) ? r.below(5) : randomData(r, 1)))],
  'list.Contains': [listOf((r) => (r.chance(0.7) ? r.below(5) : randomData(r, 1))), (r) => r.below(5)],
  list: [listOf((r) => randomData(r, 1)), smallInt, smallInt],
  'json.Indent': [asBytes(orText(JSON_TEXTS)), pickFrom(['', '>', '\t']), pickFrom(['', '  ', '\t'])],
  json: [asBytes(orText(JSON_TEXTS))],
  yaml: [asBytes(orText(YAML_TEXTS))],
  base64: [(r) => (r.chance(0.95) ? null : 'x'), asBytes(orText(BASE64))],
  'base64.EncodedLen': [() => null, smallInt],
  'base64.DecodedLen': [() => null, (r) => r.below(20)],
  'base64.Decode': [() => null, orText(BASE64)],
  'hex.EncodedLen': [smallInt],
  'hex.DecodedLen': [smallInt],
  'hex.Decode': [orText(HEX)],
  'time.FormatDuration': [
    pickFrom([
      0,
      1,
      -1,
      999,
      1000,
      1500,
      1_000_000,
      1_500_000_000,
      60_000_000_000,
      3_600_000_000_000,
      3_661_001_000_000,
      2n ** 63n - 1n,
      -(2n ** 63n),
      123_456_789,
    ]),
  ],
  'time.Duration': [orText(DURATIONS)],
  'time.ParseDuration': [orText(DURATIONS)],
  'time.Format': [orText([...FORMATTED, ...TIMES]), orText(LAYOUTS)],
  'time.FormatString': [orText(LAYOUTS), orText(TIMES)],
  'time.Parse': [orText(LAYOUTS), orText([...FORMATTED, ...TIMES])],
  'time.Unix': [
    pickFrom([0, 1, -1, 1_600_000_000, -62_135_596_800, 253_402_300_800, 951_782_400, 68_169_600]),
    pickFrom([0, 1, -1, 999_999_999, 1_000_000_000, -1_500_000_000]),
  ],
  time: [orText(TIMES)],
  'regexp.ReplaceAll': [orText(PATTERNS), orText(SUBJECTS), orText(TEMPLATES)],
  'regexp.ReplaceAllLiteral': [orText(PATTERNS), orText(SUBJECTS), orText(TEMPLATES)],
  'regexp.QuoteMeta': [orText(PATTERNS)],
  regexp: [orText(PATTERNS), orText(SUBJECTS), smallInt],
  'path.Match': [orText(GLOBS), orText(PATHS), pickFrom(SYSTEMS)],
  'path.Resolve': [orText(PATHS), orText(PATHS), pickFrom(SYSTEMS)],
  'path.Rel': [orText(PATHS), orText(PATHS), pickFrom(SYSTEMS)],
  'path.Join': [listOf(orText(PATHS), 4), pickFrom(SYSTEMS)],
  path: [orText(PATHS), pickFrom(SYSTEMS)],
  'net.SplitHostPort': [orText(HOSTPORTS)],
  'net.JoinHostPort': [ipValue, (r) => r.pick<Data>([80, '80', 'http', 0, bytesOf('1')])],
  'net.FQDN': [orText(DOMAINS)],
  'net.ParseIP': [orText(IPS)],
  'net.IPCIDR': [asBytes(orText(CIDRS))],
  'net.URL': [orText(URLS)],
  'net.AbsURL': [orText(URLS)],
  'net.PathEscape': [orText(URLS)],
  'net.QueryEscape': [orText(URLS)],
  'net.PathUnescape': [orText([...URLS, 'a%20b', '%C3%A9', 'a+b', '%ff'])],
  'net.QueryUnescape': [orText([...URLS, 'a%20b', '%C3%A9', 'a+b', '%ff'])],
  net: [ipValue],
  'uuid.FromInt': [pickFrom(INTS)],
  uuid: [orText(UUIDS), asBytes(anyText)],
  'math.Jacobi': [(r) => r.below(40) - 20, (r) => r.below(40) - 10],
  'math.Pow': [
    (r) => (r.chance(0.5) ? r.below(13) - 3 : randomNumber(r)),
    (r) => (r.chance(0.6) ? r.below(12) - 3 : (parseDecimal(r.pick(['0.5', '1.5', '-0.5', '2.0', '0.1'])) ?? 1)),
  ],
  'math.Ldexp': [(r) => randomNumber(r), smallInt],
  'math.Jn': [smallInt, (r) => parseDecimal((r.next() * 20).toFixed(3)) ?? 1],
  'math.Yn': [smallInt, (r) => parseDecimal((r.next() * 20 + 0.01).toFixed(3)) ?? 1],
  'math.Pow10': [smallInt],
};

export function argumentsFor(name: string, fn: BuiltinFunction, random: Random): Data[] {
  const [packageName = ''] = name.split('.');
  const special = SPECIAL[name] ?? SPECIAL[packageName];
  const isListed = SPECIAL[name] !== undefined;
  return fn.params.map((param, i) => {
    const generate = special?.[Math.min(i, special.length - 1)];
    const isOther =
      param.kind === 'list' || param.kind === 'bool' || (param.kind === 'int' && packageName === 'regexp' && i < 2);
    return generate === undefined || (isOther && !isListed) ? byKind(param, random) : generate(random);
  });
}

function byKind(param: Param, random: Random): Data {
  switch (param.kind) {
    case 'int':
      return random.pick(INTS);
    case 'number':
    case 'float':
      return randomNumber(random);
    case 'string':
      return randomText(random);
    case 'text':
      return random.chance(0.2) ? bytesOf(randomText(random)) : randomText(random);
    case 'bool':
      return random.chance(0.5);
    case 'list':
      return listOf(param.elements === 'string' ? anyText : randomNumber)(random);
    default:
      return randomData(random);
  }
}
