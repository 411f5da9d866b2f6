import { describe, expect, test } from '@jest/globals';
import { parseListQuery, parseWriteQuery } from './query.ts';

const list = (text: string) => parseListQuery(new URLSearchParams(text), false);
const write = (text: string, kind = 'CreateOptions', isApply = false) =>
  parseWriteQuery(new URLSearchParams(text), kind, isApply);

describe('options of lists and watches', () => {
  test.each<[query: string, want: object]>([
    ['', { limit: 0, isWatch: false, allowsBookmarks: false, sendInitialEvents: undefined }],
    ['limit=5', { limit: 5 }],
    ['limit=%2B5', { limit: 5 }],
    ['limit=-1', { limit: -1 }],
    ['limit=', { limit: 0 }],
    ['watch=true', { isWatch: true }],
    ['watch', { isWatch: true }],
    ['watch=', { isWatch: true }],
    ['watch=yes', { isWatch: true }],
    ['watch=1', { isWatch: true }],
    ['watch=0', { isWatch: false }],
    ['watch=false', { isWatch: false }],
    ['watch=FALSE', { isWatch: false }],
    ['watch=1&allowWatchBookmarks=odd', { allowsBookmarks: true }],
    ['resourceVersion=', { resourceVersion: undefined }],
    ['resourceVersion=0', { resourceVersion: '0' }],
    ['resourceVersion=12&resourceVersionMatch=Exact', { resourceVersionMatch: 'Exact' }],
    ['continue=x', { continueToken: 'x' }],
    ['timeoutSeconds=5', { timeoutSeconds: 5 }],
    [
      'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan',
      { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' },
    ],
  ])('%j', (query, want) => {
    expect(list(query)).toMatchObject(want);
  });

  test.each<[query: string, message: string]>([
    ['limit=x', 'strconv.ParseInt: parsing "x": invalid syntax'],
    ['limit=1.5', 'strconv.ParseInt: parsing "1.5": invalid syntax'],
    ['limit=9223372036854775808', 'strconv.ParseInt: parsing "9223372036854775808": value out of range'],
    ['timeoutSeconds=1s', 'strconv.ParseInt: parsing "1s": invalid syntax'],
    [
      'resourceVersion=x',
      'invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
    ],
    [
      'resourceVersion=-1',
      'invalid resource version: resourceVersion: Invalid value: "-1": strconv.ParseUint: parsing "-1": invalid syntax',
    ],
  ])('%j is a bad request', (query, message) => {
    expect(() => list(query)).toThrow(expect.objectContaining({ code: 400, message }));
  });

  const forbidden = (text: string) => `resourceVersionMatch: Forbidden: ${text}`;
  test.each<[query: string, problems: readonly string[]]>([
    ['resourceVersionMatch=Exact', [forbidden('resourceVersionMatch is forbidden unless resourceVersion is provided')]],
    [
      'resourceVersion=1&resourceVersionMatch=Odd',
      ['resourceVersionMatch: Unsupported value: "Odd": supported values: "Exact", "NotOlderThan", ""'],
    ],
    [
      'resourceVersion=0&resourceVersionMatch=Exact',
      [forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"')],
    ],
    [
      'resourceVersion=1&resourceVersionMatch=Exact&continue=x',
      [forbidden('resourceVersionMatch is forbidden when continue is provided')],
    ],
    ['sendInitialEvents=true', ['sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list']],
    [
      'watch=1&sendInitialEvents=true',
      [forbidden('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')],
    ],
    [
      'watch=1&resourceVersion=1&resourceVersionMatch=Exact',
      [
        forbidden('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
        'resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"',
      ],
    ],
    [
      'watch=1&sendInitialEvents=1&resourceVersionMatch=NotOlderThan&continue=x',
      [forbidden('resourceVersionMatch is forbidden when continue is provided')],
    ],
  ])('%j is invalid', (query, problems) => {
    const causes = problems.map((problem) => {
      const [, field, message] = /^(\w+): (.*)$/.exec(problem) ?? [];
      return expect.objectContaining({ field, message });
    });
    expect(() => list(query)).toThrow(
      expect.objectContaining({
        code: 422,
        status: expect.objectContaining({ details: expect.objectContaining({ causes }) }),
      }),
    );
  });
});

describe('options of writes', () => {
  test.each<[query: string, want: object]>([
    ['', { dryRun: false, fieldManager: undefined, fieldValidation: 'Warn', force: false }],
    ['dryRun=All', { dryRun: true }],
    ['dryRun=', { dryRun: false }],
    ['fieldManager=', { fieldManager: undefined }],
    ['fieldManager=a b', { fieldManager: 'a b' }],
    ['fieldManager=é', { fieldManager: 'é' }],
    ['fieldValidation=Strict', { fieldValidation: 'Strict' }],
    ['fieldValidation=', { fieldValidation: 'Warn' }],
  ])('%j', (query, want) => {
    expect(write(query)).toMatchObject(want);
  });

  test.each<[query: string, kind: string, problem: string]>([
    ['dryRun=Some', 'CreateOptions', 'dryRun: Unsupported value: ["Some"]: supported values: "All"'],
    ['dryRun=All&dryRun=x', 'UpdateOptions', 'dryRun: Unsupported value: ["All","x"]: supported values: "All"'],
    [
      'fieldValidation=Odd',
      'CreateOptions',
      'fieldValidation: Unsupported value: "Odd": supported values: "", "Ignore", "Strict", "Warn"',
    ],
    ['force=true', 'PatchOptions', 'force: Forbidden: may not be specified for non-apply patch'],
    [`fieldManager=${'m'.repeat(129)}`, 'CreateOptions', 'fieldManager: Too long: may not be more than 128 bytes'],
    [
      'fieldManager=%C3%A9%07',
      'CreateOptions',
      'fieldManager: Invalid value: "é\\u0007": invalid character U+0007 (at position 2)',
    ],
  ])('%s of %s is refused', (query, kind, problem) => {
    expect(() => write(query, kind)).toThrow(problem);
  });

  test('an apply needs a field manager', () => {
    expect(() => write('', 'PatchOptions', true)).toThrow('fieldManager: Required value: is required for apply patch');
    expect(write('fieldManager=m&force=true', 'PatchOptions', true)).toMatchObject({ force: true });
  });
});
