import { describe, expect, test } from '@jest/globals';
import { matches, parseRules } from './rules.ts';

describe('rules of chaos', () => {
  test('YAML and JSON are read, what is left out matches everything', () => {
    const [rule] = parseRules('rules:\n- {effect: delay, ms: 20, verbs: [get], resources: [pods]}\n');
    expect(rule).toMatchObject({ share: 1, effect: { type: 'delay', ms: 20 } });
    expect(parseRules('{"rules": [{"effect": "restart", "share": 0.5}]}')).toHaveLength(1);
    expect(parseRules('')).toEqual([]);
  });

  test.each([
    ['rules: 5', /list "rules"/],
    ['rules: [{effect: explode}]', /rules\[0\]\.effect: must be delay/],
    ['rules: [{effect: delay, ms: -1}]', /rules\[0\]\.ms: must be a number/],
    ['rules: [{effect: refuse, code: 418}]', /rules\[0\]\.code: must be 429, 500 or 503/],
    ['rules: [{effect: delay, share: 2}]', /rules\[0\]\.share/],
    ['rules: [{effect: delay, verb: get}]', /rules\[0\]\.verb: unknown/],
    ['rules: [{effect: delay, verbs: get}]', /rules\[0\]\.verbs: must be a list/],
  ])('%s is refused', (text, message) => {
    expect(() => parseRules(text)).toThrow(message);
  });

  test.each([
    ['{effect: delay, verbs: [get]}', true],
    ['{effect: delay, verbs: [list]}', false],
    ['{effect: delay, resources: [secrets]}', false],
    ['{effect: delay, userAgent: vela}', true],
    ['{effect: delay, user: eve}', false],
    ['{effect: dropWatch}', false],
    ['{effect: timeoutAfterWrite}', false],
  ])('%s matches a get of pods by admin: %s', (rule, expected) => {
    const subject = { verb: 'get', resource: 'pods', user: 'admin', userAgent: 'vela-core/1' };
    expect(parseRules(`rules: [${rule}]`).map((parsed) => matches(parsed, subject))).toEqual([expected]);
  });
});
