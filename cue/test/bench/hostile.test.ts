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
    expect(budgetOf('import "list"\na: list.Range(0, 1000000, 1)')).toBeDefined();
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

  it('charges the data of structs that are exported more often than they are evaluated', () => {
    const doubling = Array.from({ length: 12 }, (_, i) => `s${i + 1}: {l: s${i}, r: s${i}}`);
    const evaluation = compile(['s0: {a: 1}', ...doubling].join('\n')).evaluate();
    evaluation.root.data();
    expect(evaluation.bytes).toBeGreaterThan(2 ** 20);
  });

  it('charges texts for the lists that may be made of them', () => {
    const text = `"${'a,'.repeat(100_000)}"`;
    expect(budgetOf(`import "strings"\na: [for i in [1, 2, 3, 4, 5, 6, 7, 8, 9] {strings.Split(${text}, ",")}]`)).toBe(
      'bytes',
    );
  });

  it('charges matches of patterns by their size', () => {
    const texts = Array.from({ length: 600 }, () => `"${'a'.repeat(3000)}!"`).join(', ');
    expect(budgetOf(`l: [...=~"^(a?){50}"]\nl: [${texts}]`)).toBe('steps');
    expect(budgetOf(`b: [for x in [${texts}] {x =~ "^(a?){50}"}]`)).toBe('steps');
  });

  it('follows long chains of references within the budget', () => {
    const links = Array.from({ length: 1500 }, (_, i) => `f${i}: f${i + 1}`);
    expect(budgetOf([...links, 'f1500: 1'].join('\n'))).toBeUndefined();
  });
});
