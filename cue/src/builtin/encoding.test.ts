import { describe, expect, it } from '@jest/globals';
import { resultOf } from '../../test/result-of.ts';

// each result was recorded from cue 0.14.1
describe('the packages of encodings', () => {
  it.each([
    ['json.Marshal({a: 1, b: [true, null, "x"]})', String.raw`"{\"a\":1,\"b\":[true,null,\"x\"]}"`],
    [String.raw`json.Marshal("a\"b<é")`, String.raw`"\"a\\\"b<é\""`],
    ['json.Marshal(1.50)', '"1.50"'],
    ["json.Marshal('ab')", String.raw`"\"YWI=\""`],
    ['json.Marshal({a: int})', 'incomplete'],
    ['json.MarshalStream([1, {a: 1}])', String.raw`"1\n{\"a\":1}\n"`],
    [String.raw`json.Indent("{\"a\":1}", "", "  ")`, String.raw`"{\n  \"a\": 1\n}"`],
    [String.raw`json.Compact("{ \"a\" : 1 }")`, String.raw`"{\"a\":1}"`],
    [String.raw`json.HTMLEscape("\"<a>\"")`, String.raw`"\"\\u003ca\\u003e\""`],
  ])('writes JSON: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    [String.raw`json.Unmarshal("{\"a\": [1, 1.5, true, null]}")`, '{"a":[1,1.5,true,null]}'],
    ['json.Unmarshal("{")', 'eval'],
    ['json.Unmarshal("1 2")', 'eval'],
    [String.raw`json.UnmarshalStream("1 {\"a\":2}")`, '[1,{"a":2}]'],
    ['json.Valid("{}")', 'true'],
    ['json.Valid("{")', 'false'],
    [String.raw`json.Validate("{\"a\": 1}", {a: int})`, 'true'],
    [String.raw`json.Validate("{\"a\": \"x\"}", {a: int})`, 'eval'],
  ])('reads JSON: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['yaml.Marshal({a: 1, b: ["x", true], c: {d: null}})', String.raw`"a: 1\nb:\n  - x\n  - true\nc:\n  d: null\n"`],
    ['yaml.Marshal("yes")', String.raw`"\"yes\"\n"`],
    ['yaml.Marshal("a: b")', String.raw`"'a: b'\n"`],
    ['yaml.Marshal("1")', String.raw`"\"1\"\n"`],
    [String.raw`yaml.Marshal("two\nlines")`, String.raw`"|-\n  two\n  lines\n"`],
    ['yaml.Marshal([])', String.raw`"[]\n"`],
    ['yaml.Marshal({})', String.raw`"{}\n"`],
    ['yaml.MarshalStream([1, {a: 1}])', String.raw`"1\n---\na: 1\n"`],
  ])('writes YAML: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    [String.raw`yaml.Unmarshal("a: 1\nb: [x, 'true', true]\nc: ~")`, '{"a":1,"b":["x","true",true],"c":null}'],
    [String.raw`yaml.Unmarshal("- 1\n- 0x1F\n- 1.5")`, '[1,31,1.5]'],
    ['yaml.Unmarshal("a: b: c")', 'eval'],
    ['yaml.Unmarshal("")', 'null'],
    [String.raw`yaml.UnmarshalStream("a: 1\n---\nb: 2")`, '[{"a":1},{"b":2}]'],
    ['yaml.Validate("a: 1", {a: int})', 'true'],
    ['yaml.Validate("a: x", {a: int})', 'eval'],
    ['yaml.ValidatePartial("a: 1", {a: int, b: int})', 'true'],
  ])('reads YAML: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['base64.Encode(null, "hello")', '"aGVsbG8="'],
    ['base64.Decode(null, "aGVsbG8=")', '"aGVsbG8="'],
    ['base64.Decode(null, "a")', 'eval'],
    ['base64.EncodedLen(null, 3)', '4'],
    ['base64.DecodedLen(null, 4)', '3'],
    ['hex.Encode("hi")', '"6869"'],
    ['hex.Decode("6869")', '"aGk="'],
    ['hex.Decode("6")', 'eval'],
    ['hex.Decode("zz")', 'eval'],
    ['hex.EncodedLen(3)', '6'],
    ["hex.Dump('ab')", String.raw`"00000000  61 62                                             |ab|\n"`],
  ])('writes and reads bytes: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });
});
