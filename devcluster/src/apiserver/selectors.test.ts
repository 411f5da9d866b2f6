import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { parseFieldSelector } from './field-selectors.ts';
import { parseLabelSelector } from './selectors.ts';

describe('label selectors', () => {
  const labels = { app: 'web', tier: 'front', size: '10', empty: '', version: '1.5' };

  test.each<[selector: string, isSelected: boolean]>([
    ['app', true],
    ['!app', false],
    ['none', false],
    ['!none', true],
    ['app=web', true],
    ['app==web', true],
    ['app = web', true],
    ['app=web,tier=front', true],
    ['app=web,tier=back', false],
    ['app!=web', false],
    ['none!=web', true],
    ['app in (web, api)', true],
    ['app in (api)', false],
    ['none in (api)', false],
    ['app notin (api)', true],
    ['app notin (web,api)', false],
    ['none notin (web)', true],
    ['empty=', true],
    ['empty', true],
    ['none=', false],
    ['empty in (,x)', true],
    ['app in (,)', false],
    ['app in ()', false],
    ['empty in ()', true],
    ['none notin (,)', true],
    ['size>9', true],
    ['size>10', false],
    ['size<11', true],
    ['none>1', false],
    ['empty>1', false],
    ['empty<1', false],
    ['version>1', false],
    ['app>1', false],
    [' app , tier ', true],
    ['app in(web)', true],
    ['in=x', false],
    ['notin in (in)', false],
    ['', true],
    ['  ', true],
  ])('%j: %j', (selector, isSelected) => {
    expect(parseLabelSelector(selector)?.(labels) ?? true).toBe(isSelected);
  });

  const qualified =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
  const value =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
  const order = "for 'Gt', 'Lt' operators, the value must be an integer";

  test.each<[selector: string, message: string]>([
    ['=a', "found '=', expected: !, identifier, or 'end of string'"],
    ['a,', "found '', expected: identifier after ','"],
    ['a,,b', "found ',', expected: identifier after ','"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    ['!!a', "unable to parse requirement: found '!', expected: identifier"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['!a=b', "found '=', expected: ',' or 'end of string'"],
    ['a in', "unable to parse requirement: found '' expected: '('"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a in (b c)', "unable to parse requirement: found 'c', expected: ',' or ')'"],
    ['a in (=)', "unable to parse requirement: found '=', expected: ',', ')' or identifier"],
    ['a==!b', "unable to parse requirement: found '!', expected: identifier"],
    ['a>b', `unable to parse requirement: values[0]: Invalid value: "b": ${order}`],
    ['a>', `unable to parse requirement: values[0]: Invalid value: "": ${order}`],
    [
      'a>99999999999999999999',
      `unable to parse requirement: values[0]: Invalid value: "99999999999999999999": ${order}`,
    ],
    ['-a=b', `unable to parse requirement: <nil>: Invalid value: "-a": ${qualified}`],
    [
      `${'a'.repeat(64)}-`,
      `unable to parse requirement: <nil>: Invalid value: "${'a'.repeat(64)}-": name part must be no more than 63 bytes; ${qualified}`,
    ],
    ['/a=b', 'unable to parse requirement: <nil>: Invalid value: "/a": prefix part must be non-empty'],
    ['a=-b', `unable to parse requirement: values[0][a]: Invalid value: "-b": ${value}`],
    [
      'a in (c-, b-)',
      `unable to parse requirement: [values[0][a]: Invalid value: "b-": ${value}, values[1][a]: Invalid value: "c-": ${value}]`,
    ],
  ])('%j is refused', (selector, message) => {
    expect(() => parseLabelSelector(selector)).toThrow(expect.objectContaining({ message, code: 400 }));
  });
});

describe('field selectors', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a,b=c\\d', namespace: 'ns' },
    spec: { nodeName: '', restartPolicy: 'Always' },
    status: { phase: 'Running', podIPs: [{ ip: '10.0.0.1' }] },
  } as unknown as KubeObject;
  const pods = { group: '', plural: 'pods', namespaced: true };
  const other = { group: 'example.com', plural: 'widgets', namespaced: true };

  test.each<[selector: string, isSelected: boolean]>([
    ['', true],
    ['status.phase=Running', true],
    ['status.phase==Running', true],
    ['status.phase!=Running', false],
    ['status.phase=', false],
    ['spec.nodeName=', true],
    ['spec.nodeName!=', false],
    ['status.phase=Running,spec.restartPolicy=Never', false],
    [',status.phase=Running,', true],
    ['status.podIP=', true],
    ['status.podIPs=10.0.0.1', true],
    ['spec.hostNetwork=false', true],
    ['metadata.namespace=ns', true],
    ['metadata.name=a\\,b\\=c\\\\d', true],
    ['metadata.name=a', false],
  ])('%j: %j', (selector, isSelected) => {
    expect(parseFieldSelector(selector, pods).matches?.(pod) ?? true).toBe(isSelected);
  });

  test.each<[selector: string, message: string]>([
    ['metadata.name', "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
    ['metadata.name in (a)', "invalid selector: 'metadata.name in (a)'; can't understand 'metadata.name in (a)'"],
    ['metadata.name===a', 'invalid field selector: unescaped character in value: 61'],
    ['metadata.name=a=b', 'invalid field selector: unescaped character in value: 61'],
    ['metadata.name=a\\b', 'invalid field selector: invalid escape sequence: \\b'],
    ['metadata.name=a\\', 'invalid field selector: invalid escape sequence: \\'],
    ['z=1,status.odd=1', 'field label not supported: status.odd'],
    ['=a', 'field label not supported: '],
  ])('%j of pods is refused', (selector, message) => {
    expect(() => parseFieldSelector(selector, pods)).toThrow(expect.objectContaining({ message, code: 400 }));
  });

  test('custom kinds have two fields, and those that they declare', () => {
    expect(() => parseFieldSelector('spec.color=red', other)).toThrow(
      '"spec.color" is not a known field selector: only "metadata.name", "metadata.namespace"',
    );
    const selector = parseFieldSelector('spec.color=red', other, ['spec.color']);
    const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: {}, spec: { color: 'red' } };
    expect(selector.matches?.(widget)).toBe(true);
  });

  test('a selector of one name or namespace says so', () => {
    expect(parseFieldSelector('metadata.name=x,metadata.namespace=y', pods)).toMatchObject({
      name: 'x',
      namespace: 'y',
    });
    expect(parseFieldSelector('metadata.name!=x', pods).name).toBeUndefined();
  });
});
