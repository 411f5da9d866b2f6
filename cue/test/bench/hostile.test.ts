import { describe, expect, it } from '@jest/globals';
import { compile, CueBudgetError } from '../../src/index.ts';

function budgetOf(source: string): string | undefined {
  try {
    const { root } = compile(source).evaluate();
    if (root.error === undefined) root.data();
    return undefined;
  } catch (error) {
    if (error instanceof CueBudgetError) return error.limit;
    throw error;
  }
}

describe('templates that use up what they may', () => {
  it('refuses an expression that is nested too deeply while it is compiled', () => {
    expect(() => compile(`a: ${Array.from({ length: 50_000 }, () => '1').join(' + ')}`)).toThrow(
      'expression is too long',
    );
  });

  it('charges the memory of elements that a builtin makes', () => {
    expect(budgetOf('import "list"\na: list.Range(0, 1000000, 1)')).toBe('bytes');
    expect(budgetOf('import "list"\na: list.Repeat([1, 2, 3], 100000000000)')).toBeDefined();
  });

  it('charges the memory of structs', () => {
    const doubling = Array.from({ length: 40 }, (_, i) => `s${i + 1}: {l: s${i}, r: s${i}}`);
    expect(budgetOf(['s0: {a: 1}', ...doubling].join('\n'))).toBeDefined();
  });

  it('ends the aliases of YAML that multiply', () => {
    const levels = Array.from({ length: 14 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(8)}]`);
    const text = JSON.stringify(['a0: &a0 x', ...levels].join('\n'));
    expect(budgetOf(`import "encoding/yaml"\na: yaml.Unmarshal(${text})`)).toBeDefined();
  });

  it('matches patterns in linear time', () => {
    expect(budgetOf(`a: "${'a'.repeat(20_000)}!" =~ "^(a+)+$"`)).toBeUndefined();
  });
});
