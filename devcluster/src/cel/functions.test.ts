import { describe, expect, test } from '@jest/globals';
import { patternFault } from './compile-check.ts';
import { Compiler, newEnvironment } from './environment.ts';
import { fromCel, toCel } from './values.ts';

const compiler = new Compiler(newEnvironment(['self']));
const self = toCel({
  text: 'Héllo',
  list: [3, 1, 2],
  words: ['b', 'a', 'b'],
  map: { a: 1, b: 2 },
  items: [
    { name: 'x', size: 2 },
    { name: 'y', size: 1 },
  ],
  none: null,
  ratio: 0.5,
});

function evaluate(expression: string): unknown {
  return fromCel(compiler.compile(expression)({ self }));
}

function cases(rows: readonly (readonly [expression: string, want: unknown])[]): void {
  test.each(rows)('%s', (expression, want) => {
    expect(evaluate(expression)).toEqual(want);
  });
}

function failures(expressions: readonly string[]): void {
  test.each(expressions)('%s fails', (expression) => {
    expect(() => evaluate(expression)).toThrow();
  });
}

describe('texts', () => {
  cases([
    ['self.text.size()', 5],
    ['size("😀")', 1],
    ['self.text.contains("llo")', true],
    ['self.text.startsWith("Hé") && self.text.endsWith("o")', true],
    ['self.text.charAt(1)', 'é'],
    ['self.text.charAt(5)', ''],
    ['"hello mellow".indexOf("ello")', 1],
    ['"hello mellow".indexOf("jello")', -1],
    ['"hello mellow".indexOf("")', 0],
    ['"hello mellow".indexOf("ello", 2)', 7],
    ['"hello mellow".lastIndexOf("ello")', 7],
    ['"hello mellow".lastIndexOf("ello", 6)', 1],
    ['"hello mellow".lastIndexOf("jello")', -1],
    ['"hello mellow".lastIndexOf("")', 12],
    ['"TacoCat".lowerAscii()', 'tacocat'],
    ['"TacoCÆt Xii".lowerAscii()', 'tacocÆt xii'],
    ['"TacoCæt".upperAscii()', 'TACOCæT'],
    ['"hello hello".replace("he", "we")', 'wello wello'],
    ['"hello hello".replace("he", "we", -1)', 'wello wello'],
    ['"hello hello".replace("he", "we", 1)', 'wello hello'],
    ['"hello hello".replace("he", "we", 0)', 'hello hello'],
    ['"abc".replace("", "_")', '_a_b_c_'],
    ['"$1".replace("$1", "$&")', '$&'],
    ['"a,b,c".split(",")', ['a', 'b', 'c']],
    ['"a,b,c".split(",", 2)', ['a', 'b,c']],
    ['"a,b,c".split(",", 0)', []],
    ['"a,b,c".split(",", -1)', ['a', 'b', 'c']],
    ['"abc".split("")', ['a', 'b', 'c']],
    ['"tacocat".substring(4)', 'cat'],
    ['"tacocat".substring(0, 4)', 'taco'],
    ['"  \\ttrim\\n ".trim()', 'trim'],
    ['["a", "b"].join()', 'ab'],
    ['["a", "b"].join("-")', 'a-b'],
    ['[].join("-")', ''],
    ['strings.quote("a\\n\\"b")', '"a\\n\\"b"'],
    ['"a" + "b" < "b"', true],
    ['string(12) + string(1.5) + string(true)', '121.5true'],
    ['"%d %s %f %.2f".format([1, "a", 1.5, 1.005])', '1 a 1.500000 1.00'],
    ['"%.1f".format([1234567.25])', '1,234,567.2'],
    ['"%x %X %o %b".format([255, 255, 8, 5])', 'ff FF 10 101'],
    ['"%x".format(["ab"])', '6162'],
    ['"%s".format([{"b": 1, "a": [true, null]}])', '{"a":[true, null], "b":1}'],
    ['"%s".format([duration("90s")])', '90s'],
    ['"%s".format([timestamp("2024-01-02T03:04:05Z")])', '2024-01-02T03:04:05Z'],
    ['"%s".format([b"abc"])', 'abc'],
    ['"100%%".format([])', '100%'],
  ]);
  failures([
    '"abc".charAt(4)',
    '"abc".charAt(-1)',
    '"abc".substring(4)',
    '"abc".substring(2, 1)',
    '"abc".indexOf("a", -1)',
    '"%d".format([])',
    '"%d".format(["a"])',
    '"%z".format([1])',
    '"%f".format(["x"])',
    '"abc".size(1)',
    '"a" < 1',
  ]);
});

describe('patterns', () => {
  cases([
    ['self.text.matches("^H.*o$")', true],
    ['"abc".matches("b")', true],
    ['"abc".matches("^b")', false],
    ['"a.matches(b)" == "a.matches(b)"', true],
    ['matches("abc", "c$")', true],
    ['"ABC".matches("(?i)abc")', true],
    ['"abc 123".find("[0-9]+")', '123'],
    ['"abc".find("[0-9]+")', ''],
    ['"123 abc 456".findAll("[0-9]+")', ['123', '456']],
    ['"123 abc 456".findAll("[0-9]+", 1)', ['123']],
    ['"123 abc 456".findAll("[0-9]+", -1)', ['123', '456']],
    ['"abc".findAll("[0-9]+")', []],
  ]);
  failures(['"abc".matches("(?!x)")', '"abc".matches("[")', '"abc".find("(")', 'matches("a", "*")']);
});

describe('lists', () => {
  cases([
    ['self.list.isSorted()', false],
    ['[1, 1, 2].isSorted() && [].isSorted() && ["a", "b"].isSorted()', true],
    ['self.list.sum()', 6],
    ['[1.5, 2.5].sum()', 4],
    ['[].sum()', 0],
    ['[duration("1m"), duration("1s")].sum() == duration("61s")', true],
    ['self.list.min() + self.list.max()', 4],
    ['["b", "a"].min()', 'a'],
    ['self.words.indexOf("b")', 0],
    ['self.words.lastIndexOf("b")', 2],
    ['self.words.indexOf("z")', -1],
    ['self.list.all(x, x > 0)', true],
    ['self.list.exists(x, x > 2)', true],
    ['self.list.exists_one(x, x > 2)', true],
    ['self.list.map(x, x * 2)', [6, 2, 4]],
    ['self.list.map(x, x > 1, x * 2)', [6, 4]],
    ['self.list.filter(x, x > 1)', [3, 2]],
    ['self.map.all(k, self.map[k] > 0)', true],
    ['self.map.map(k, k)', ['a', 'b']],
    ['2 in self.list', true],
    ['"a" in self.map', true],
    ['"z" in self.map', false],
    ['[1, 2] + [3]', [1, 2, 3]],
    ['[1, 2] == [1, 2]', true],
    ['self.list[0]', 3],
    ['[1, 2, 3, 4].slice(1, 3)', [2, 3]],
    ['[1, [2, [3]]].flatten()', [1, 2, [3]]],
    ['[1, [2, [3]]].flatten(2)', [1, 2, 3]],
    ['self.words.distinct()', ['b', 'a']],
    ['[1, 2.0, 2].distinct()', [1, 2]],
    ['self.list.sort()', [1, 2, 3]],
    ['self.words.sort()', ['a', 'b', 'b']],
    ['self.items.sortBy(i, i.size).map(i, i.name)', ['y', 'x']],
    ['self.list.reverse()', [2, 1, 3]],
    ['lists.range(3)', [0, 1, 2]],
    ['sets.contains([], [])', true],
    ['sets.contains([1, 2], [2, 2])', true],
    ['sets.equivalent([1, 1], [1])', true],
    ['sets.equivalent([1], [1u, 1.0])', true],
    ['sets.intersects([1], [])', false],
  ]);
  failures([
    '[].min()',
    '[].max()',
    'self.list[3]',
    'self.list[-1]',
    '[1, 2].slice(2, 1)',
    '[1, 2].slice(0, 3)',
    '[1].flatten(-1)',
  ]);
});

describe('lists and maps with two variables', () => {
  cases([
    ['self.list.all(i, v, i < 3 && v > 0)', true],
    ['self.list.exists(i, v, i == 0 && v == 3)', true],
    ['self.list.existsOne(i, v, v == 3)', true],
    ['self.map.all(k, v, k != "" && v > 0)', true],
    ['self.map.exists(k, v, k == "b" && v == 2)', true],
    ['self.list.transformList(i, v, i + v)', [3, 2, 4]],
    ['self.list.transformList(i, v, v > 1, i + v)', [3, 4]],
    ['self.map.transformMap(k, v, v + 1)', { a: 2, b: 3 }],
    ['self.map.transformMap(k, v, k == "a", v + 1)', { a: 2 }],
    ['["x", "y"].transformMapEntry(i, v, {v: i})', { x: 0, y: 1 }],
  ]);
});

describe('numbers', () => {
  cases([
    ['7 / 2', 3],
    ['-7 / 2', -3],
    ['-7 % 3', -1],
    ['7.0 / 2.0', 3.5],
    ['dyn(1) == 1.0', true],
    ['1 < 1.5', true],
    ['1u + 2u == 3u', true],
    ['int("12") + int(3.9)', 15],
    ['double("1.5") + double(1)', 2.5],
    ['uint(5) == 5u', true],
    ['int(2u)', 2],
    ['int(timestamp("1970-01-01T00:01:00Z"))', 60],
    ['self.ratio > 0', true],
    ['9223372036854775807 > 0', true],
    ['0xff', 255],
    ['1e3', 1000],
  ]);
  failures([
    '1 / 0',
    '1 % 0',
    '9223372036854775807 + 1',
    '-9223372036854775808 - 1',
    'int("a")',
    'uint(-1)',
    '1 + 1.0',
    '1 == 1.0',
    'math.greatest(1, 2)',
  ]);
});

describe('times', () => {
  cases([
    ['duration("1h") == duration("60m")', true],
    ['duration("1h30m").getMinutes()', 90],
    ['duration("90s").getSeconds()', 90],
    ['duration("1.5s").getMilliseconds()', 1500],
    ['duration("1h") + duration("1m") > duration("1h")', true],
    ['timestamp("2024-01-31T00:00:00Z") + duration("24h") == timestamp("2024-02-01T00:00:00Z")', true],
    ['timestamp("2024-01-31T00:00:00Z") - timestamp("2024-01-30T00:00:00Z") == duration("24h")', true],
    ['timestamp("2024-03-05T06:07:08.009Z").getFullYear()', 2024],
    ['timestamp("2024-03-05T06:07:08.009Z").getMonth()', 2],
    ['timestamp("2024-03-05T06:07:08.009Z").getDate()', 5],
    ['timestamp("2024-03-05T06:07:08.009Z").getDayOfMonth()', 4],
    ['timestamp("2024-03-05T06:07:08.009Z").getDayOfWeek()', 2],
    ['timestamp("2024-03-05T06:07:08.009Z").getDayOfYear()', 64],
    ['timestamp("2024-03-05T06:07:08.009Z").getHours()', 6],
    ['timestamp("2024-03-05T06:07:08.009Z").getMinutes()', 7],
    ['timestamp("2024-03-05T06:07:08.009Z").getSeconds()', 8],
    ['timestamp("2024-03-05T06:07:08.009Z").getMilliseconds()', 9],
  ]);
  failures(['duration("x")', 'duration("1d")', 'timestamp("2024-01-01")', 'timestamp("x")']);
});

describe('quantities', () => {
  cases([
    ['isQuantity("1.3Gi") && isQuantity("-1") && isQuantity("1e3")', true],
    ['isQuantity("1,3") || isQuantity("") || isQuantity("1K")', false],
    ['quantity("50000000G").isInteger()', true],
    ['quantity("1m").isInteger()', false],
    ['quantity("9999999999999999999999999999999999999G").isInteger()', false],
    ['quantity("50k").asInteger()', 50000],
    ['quantity("500m").asApproximateFloat()', 0.5],
    ['quantity("200M").compareTo(quantity("0.2G"))', 0],
    ['quantity("1k").compareTo(quantity("1Ki"))', -1],
    ['quantity("-1").sign() + quantity("0").sign()', -1],
    ['quantity("50k").add(20) == quantity("50020")', true],
    ['quantity("50k").sub(quantity("20k")) == quantity("30k")', true],
    ['quantity("1000m") == quantity("1")', true],
    ['quantity("50k").isLessThan(quantity("50M"))', true],
  ]);
  failures(['quantity("lots")', 'quantity("500m").asInteger()']);
});

describe('addresses', () => {
  cases([
    ['isIP("1.2.3.4") && isIP("::1")', true],
    ['isIP("1.2.3") || isIP("01.2.3.4") || isIP("fe80::1%eth0")', false],
    ['isIP("::ffff:1.2.3.4")', false],
    ['ip("1.2.3.4").family() + ip("::1").family()', 10],
    ['ip("0.0.0.0").isUnspecified() && ip("::").isUnspecified()', true],
    ['ip("127.0.0.9").isLoopback()', true],
    ['ip("224.0.0.1").isLinkLocalMulticast() && ip("ff02::1").isLinkLocalMulticast()', true],
    ['ip("169.254.1.1").isLinkLocalUnicast() && ip("fe80::1").isLinkLocalUnicast()', true],
    ['ip("10.0.0.1").isGlobalUnicast()', true],
    ['ip("255.255.255.255").isGlobalUnicast()', false],
    ['ip("2001:DB8::0001") == ip("2001:db8::1")', true],
    ['string(ip("2001:DB8::0001"))', '2001:db8::1'],
    ['ip.isCanonical("2001:db8::abcd") && ip.isCanonical("127.0.0.1")', true],
    ['ip.isCanonical("2001:DB8::ABCD")', false],
    ['isCIDR("10.0.0.0/8") && isCIDR("::1/128")', true],
    ['isCIDR("10.0.0.0/33") || isCIDR("10.0.0.0")', false],
    ['cidr("192.168.0.0/24").containsIP(ip("192.168.0.1"))', true],
    ['cidr("192.168.0.0/24").containsIP("192.169.0.1")', false],
    ['cidr("192.168.0.0/16").containsCIDR(cidr("192.168.10.0/24"))', true],
    ['cidr("192.168.1.0/24").ip() == ip("192.168.1.0")', true],
    ['cidr("192.168.1.5/24").masked() == cidr("192.168.1.0/24")', true],
    ['cidr("192.168.1.0/24").prefixLength()', 24],
    ['string(cidr("192.168.1.0/24"))', '192.168.1.0/24'],
    ['isURL("https://a.b:80/c?d=e") && isURL("/path")', true],
    ['isURL("../relative") || isURL("")', false],
    ['url("https://user:pw@example.com:80/a%20b?k=1&k=2&j=").getHost()', 'example.com:80'],
    ['url("https://[::1]:80/").getHost()', '[::1]:80'],
    ['url("https://[::1]:80/").getHostname()', '::1'],
    ['url("https://example.com:443/").getPort()', '443'],
    ['url("https://example.com/").getPort()', ''],
    ['url("https://example.com").getEscapedPath()', ''],
    ['url("https://example.com/a b").getEscapedPath()', '/a%20b'],
    ['url("https://example.com/?k=1&k=2&j=").getQuery()', { k: ['1', '2'], j: [''] }],
    ['url("/path").getScheme() + url("/path").getHost()', ''],
  ]);
  failures(['ip("x")', 'cidr("10.0.0.0")', 'url("relative")']);
});

describe('formats and versions', () => {
  cases([
    ['!format.dns1123Label().validate("contains-99").hasValue()', true],
    ['format.dns1123Label().validate("Nope").hasValue()', true],
    ['format.named("dns1123Subdomain").hasValue()', true],
    ['format.named("nope").hasValue()', false],
    ['format.named("uuid").value().validate("6f0d3a1e-9a0b-4c7c-8f59-0d4e6f8f1b2a").hasValue()', false],
    ['format.dns1035Label().validate("9a").value().size() > 0', true],
    ['format.labelValue().validate("a_b").hasValue()', false],
    ['format.qualifiedName().validate("a.b/c").hasValue()', false],
    ['format.dns1123LabelPrefix().validate("a-").hasValue()', false],
    ['format.date().validate("2024-13-01").hasValue()', true],
    ['isSemver("1.2.3-rc.1+b")', true],
    ['isSemver("v1.2.3") || isSemver("1.2")', false],
    ['isSemver("v1.2", true)', true],
    ['semver("1.2.3").isLessThan(semver("1.10.0"))', true],
    ['semver("1.0.0").isGreaterThan(semver("1.0.0-rc.1"))', true],
    ['semver("1.0.0").compareTo(semver("1.0.0+b"))', 0],
    ['semver("1.2.3").major() * 100 + semver("1.2.3").minor() * 10 + semver("1.2.3").patch()', 123],
    ['semver("v01.2", true) == semver("1.2.0")', true],
  ]);
  failures(['semver("1.2")', 'format.nope()']);
});

describe('what is absent', () => {
  cases([
    ['has(self.text) && !has(self.zzz)', true],
    ['self.?zzz.hasValue()', false],
    ['self.?text.orValue("x")', 'Héllo'],
    ['self.?zzz.?deep.orValue("x")', 'x'],
    ['self.map[?"a"].value()', 1],
    ['self.map[?"z"].orValue(9)', 9],
    ['self.list[?7].orValue(9)', 9],
    ['self.?zzz.or(self.?text).value()', 'Héllo'],
    ['optional.of(1).value()', 1],
    ['optional.none().hasValue()', false],
    ['optional.ofNonZeroValue("").hasValue()', false],
    ['optional.ofNonZeroValue("a").hasValue()', true],
    ['self.none == null', true],
    ['type(self.text) == string', true],
    ['type(1) == int && type(1.0) == double && type([]) == list', true],
    ['self.zzz == 1 || true', true],
    ['false && self.zzz == 1', false],
    ['self.text == "x" ? self.zzz : 2', 2],
    ['dyn(1) == 1', true],
  ]);
  failures(['self.zzz', 'self.zzz == 1 || false', 'self.map["z"]', 'optional.none().value()']);
});

describe('literal patterns', () => {
  test.each<[expression: string, fault: string | undefined]>([
    ['self.text.matches("a")', undefined],
    ['self.text.matches(self.text)', undefined],
    [
      'self.b.matches("(")',
      'compilation failed: ERROR: <input>:1:16: invalid matches argument\n | self.b.matches("(")\n | ...............^',
    ],
    [
      "self.text.matches( '[' )",
      "compilation failed: ERROR: <input>:1:20: invalid matches argument\n | self.text.matches( '[' )\n | ...................^",
    ],
  ])('%s', (expression, fault) => {
    expect(patternFault(expression)).toBe(fault);
  });
});
