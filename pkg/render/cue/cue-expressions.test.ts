import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../../machinery/src/meta.ts';
import { CueExpressions } from './cue-expressions.ts';

const expressions = new CueExpressions();

const fields: JsonObject = {
  inputs: { code: 200, 'give-result': { items: ['a', 'b'], none: null, ratio: 0.5, success: true } },
  context: { name: 'ifx', appLabels: { team: 'red' } },
  status: { 's-1': { phase: 'succeeded', skipped: false } },
  output: { value: { data: { host: 'example.org', 'config.json': '{"region":"eu"}' } } },
};

describe('an expression', () => {
  test.each([
    ['inputs.code + 1 == 201', true],
    ['inputs["give-result"].success == true && inputs["give-result"].ratio > 0', true],
    ['len(inputs["give-result"].items) == 2', true],
    ['inputs["give-result"].none == null', true],
    ['context.appLabels.team == "red"', true],
    ['context.name =~ "^if"', true],
    ['status["s-1"].phase == "succeeded" && !status["s-1"].skipped', true],
    ['"http://" + output.value.data.host', 'http://example.org'],
    ['"\\(output.value.data.host)-x"', 'example.org-x'],
    ['import "encoding/json"\njson.Unmarshal(output.value.data["config.json"]).region\n', 'eu'],
    ['import ("strings")\nstrings.ToUpper(output.value.data.host)', 'EXAMPLE.ORG'],
  ])('%s', async (text, value) => {
    expect(await expressions.evaluate(text, fields)).toEqual({ ok: true, value });
    expect(await expressions.check(text)).toBeUndefined();
  });

  test.each([
    ['inputs.code =~ "^2"', 'invalid operands 200 and', true],
    ['1 / 0', 'division by zero', true],
    ['inputs.code + context.name', 'invalid operands', true],
    ['status.unknown.failed', 'undefined field', false],
    ['context.name + context.unknown', 'undefined field', false],
    ['inputs.code +', 'expected operand', true],
    ['unknown.x', 'reference "unknown" not found', false],
    ['"open', 'string', true],
  ])('%s cannot be evaluated', async (text, problem, isFinal) => {
    const result = await expressions.evaluate(text, fields);
    expect(result).toEqual({ ok: false, problem: expect.stringContaining(problem), isFinal });
    expect(result).toMatchObject({ problem: expect.not.stringContaining('line ') as unknown });
  });

  test.each([['inputs.code +'], ['"open'], ['import "nowhere/x"\nx.Y(output)']])(
    '%s is wrong whatever it is given',
    async (text) => {
      expect(await expressions.check(text)).toEqual(expect.any(String));
    },
  );
});
