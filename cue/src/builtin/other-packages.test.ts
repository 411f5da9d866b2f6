import { describe, expect, it } from '@jest/globals';
import { resultOf } from '../../test/result-of.ts';

// each result was recorded from cue 0.14.1
describe('the packages for hashes, paths, addresses, structs and names', () => {
  it.each([
    ['md5.Sum("abc")', '"kAFQmDzST7DWlj99KOF/cg=="'],
    ['sha256.Sum256("abc")', '"ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="'],
    ['sha256.Sum224("")', '"0UoCjCo6K8lHYQK7KII0xBWisB+CjqYqxbPkLw=="'],
  ])('hashes: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['path.Join(["a", "b", "../c"], path.Unix)', '"a/c"'],
    ['path.Join(["a", "b"], path.Windows)', String.raw`"a\\b"`],
    ['path.Base("/a/b.c", path.Unix)', '"b.c"'],
    ['path.Dir("/a/b.c", path.Unix)', '"/a"'],
    ['path.Ext("a/b.tar.gz", path.Unix)', '".gz"'],
    ['path.Clean("a//b/./../c", path.Unix)', '"a/c"'],
    ['path.IsAbs("/a", path.Unix)', 'true'],
    [String.raw`path.IsAbs("C:\\a", path.Windows)`, 'true'],
    ['path.Match("*.go", "a.go", path.Unix)', 'true'],
    ['path.Match("[", "a", path.Unix)', 'eval'],
    ['path.Rel("/a", "/a/b/c", path.Unix)', '"b/c"'],
    ['path.Split("/a/b", path.Unix)', '["/a/","b"]'],
    [String.raw`path.VolumeName("C:\\a", path.Windows)`, '"C:"'],
  ])('joins and splits paths: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['net.IPv4("10.0.0.1")', 'true'],
    ['net.IPv4("10.0.0.256")', 'false'],
    ['net.IPv6("::1")', 'true'],
    ['net.IP("10.0.0.1")', 'true'],
    ['net.IPCIDR("10.0.0.0/8")', 'true'],
    ['net.IPCIDR("10.0.0.0/33")', 'eval'],
    ['net.LoopbackIP("127.0.0.1")', 'true'],
    ['net.ParseIP("10.0.0.1")', '[10,0,0,1]'],
    ['net.FQDN("example.com")', 'true'],
    ['net.FQDN("-a.b")', 'false'],
    ['net.SplitHostPort("[::1]:80")', '["::1","80"]'],
    ['net.SplitHostPort("a")', 'eval'],
    ['net.JoinHostPort("::1", "80")', '"[::1]:80"'],
    ['net.JoinHostPort("a", 80)', '"a:80"'],
    ['net.URL("http://a/b")', 'true'],
    ['net.AbsURL("a/b")', 'eval'],
    ['net.PathEscape("a b/c")', '"a%20b%2Fc"'],
    ['net.QueryUnescape("a%20b+c")', '"a b c"'],
  ])('knows addresses: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['{a: 1, b: 2} & struct.MinFields(2)', '{"a":1,"b":2}'],
    ['{a: 1} & struct.MinFields(2)', 'incomplete'],
    ['{a: 1, b: 2} & struct.MaxFields(1)', 'eval'],
    ['{a: 1, #d: 2, _h: 3} & struct.MaxFields(1)', '{"a":1}'],
  ])('counts fields: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['uuid.Valid("6ba7b810")', 'eval'],
    ["uuid.SHA1(uuid.ns.DNS, 'a')", '"4f3f2898-69e3-5a0d-820a-c4e87987dbce"'],
    ["uuid.MD5(uuid.ns.URL, 'a')", '"33838e93-63bc-3732-bf9e-b68d970b79c2"'],
    ['uuid.Parse("6BA7B810-9DAD-11D1-80B4-00C04FD430C8")', '"6ba7b810-9dad-11d1-80b4-00c04fd430c8"'],
    ['uuid.ToString(uuid.FromInt(1))', 'eval'],
  ])('makes names: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['time.Duration("1h30m")', 'true'],
    ['time.Duration("1x")', 'eval'],
    ['time.ParseDuration("1m30s")', '90000000000'],
    ['time.FormatDuration(90000000000)', '"1m30s"'],
    ['time.Time("2024-02-29T12:00:00Z")', 'true'],
    ['time.Time("2023-02-29T12:00:00Z")', 'eval'],
    ['time.Unix(0, 0)', '"1970-01-01T00:00:00Z"'],
    ['time.Unix(1700000000, 5)', '"2023-11-14T22:13:20.000000005Z"'],
    ['time.Parse(time.RFC1123, "Mon, 02 Jan 2006 15:04:05 MST")', '"2006-01-02T15:04:05Z"'],
    ['time.Format("2006-01-02T15:04:05Z", "2006-01-02T15:04:05Z")', 'true'],
    ['time.FormatString("2006-01-02", "2024-02-29T12:00:00Z")', '"2024-02-29"'],
    [
      'time.Split("2024-02-29T12:30:15.5Z")',
      '{"year":2024,"month":2,"day":29,"hour":12,"minute":30,"second":15,"nanosecond":500000000}',
    ],
    ['time.Split("x")', 'eval'],
  ])('knows times: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });
});
