// Compares the functions of the builtin packages with the Go library: node check.ts ARBITER [TIMES] [SEED] [PACKAGE.FUNCTION]
import type { BuiltinFunction, Data } from '../../src/builtin/api.ts';
import { BuiltinError, ValidationError } from '../../src/builtin/api.ts';
import { toJson } from '../../src/builtin/json-write.ts';
import { builtinPackage } from '../../src/builtin/registry.ts';
import { Arbiter } from '../arbiter.ts';
import { Random } from '../random.ts';
import { argumentsFor } from './arguments.ts';
import { Constant } from './constant.ts';
import { toCue } from './literal.ts';
import { PACKAGES } from './packages.ts';

/** These need an evaluation: their arguments are expressions. */
const NEED_EVALUATION = new Set([
  'list.Sort',
  'list.SortStable',
  'list.IsSorted',
  'list.MatchN',
  'json.Validate',
  'yaml.Validate',
  'yaml.ValidatePartial',
]);

interface Case {
  readonly name: string;
  readonly source: string;
  readonly ours: string;
}

function ours(fn: BuiltinFunction, args: readonly Data[]): string {
  try {
    const given = args.map((arg, i) => (fn.params[i]?.kind === 'value' ? new Constant(arg) : arg));
    const result = fn.call(given, { step: () => undefined, bytes: () => undefined });
    if (result instanceof ValidationError) return 'false';
    if (result instanceof BuiltinError) return `error: ${result.message}`;
    return show(result);
  } catch (error) {
    if (error instanceof BuiltinError) return `error: ${error.message}`;
    return `crash: ${error instanceof Error ? (error.stack ?? '') : String(error)}`;
  }
}

function plain(result: unknown): Data {
  if (result instanceof Constant) return result.data;
  return Array.isArray(result) ? result.map(plain) : (result as Data);
}

function show(result: unknown): string {
  return toJson(plain(result));
}

function casesOf(path: string, times: number, random: Random, only: string | undefined): Case[] {
  const found = builtinPackage(path);
  if (found === undefined) throw new Error(`no package ${path}`);
  const packageName = path.split('/').at(-1) ?? path;
  const cases: Case[] = [];
  for (const [functionName, fn] of Object.entries(found.functions)) {
    const name = `${packageName}.${functionName}`;
    if (NEED_EVALUATION.has(name) || (only !== undefined && only !== name && only !== packageName)) continue;
    for (let i = 0; i < times; i++) {
      const args = argumentsFor(name, fn, random);
      const call = `${name}(${args.map(toCue).join(', ')})`;
      cases.push({ name, source: `import "${path}"\nr: ${call}`, ours: ours(fn, args) });
    }
  }
  return cases;
}

async function main([binary = '', times = '200', seed = '1', only]: readonly string[]): Promise<void> {
  const arbiter = new Arbiter(binary);
  const random = new Random(Number(seed));
  const differences = new Map<string, string[]>();
  let count = 0;
  for (const path of PACKAGES) {
    const cases = casesOf(path, Number(times), random, only);
    const answers = await arbiter.ask(cases.map(({ source }, i) => ({ id: String(i), source, paths: ['r'] })));
    cases.forEach((each, i) => {
      count++;
      const answer = answers[i];
      const [result] = answer?.results ?? [];
      const theirs = result?.value ?? `error: ${answer?.crash ?? answer?.compile ?? result?.error?.message ?? ''}`;
      // a result that is no number has no JSON; it is an error of ours
      const isError = theirs.startsWith('error:') || /^-?(NaN|Infinity)$/.test(theirs);
      const isSame = isError ? each.ours.startsWith('error:') : theirs === each.ours;
      if (isSame) return;
      const list = differences.get(each.name) ?? [];
      list.push(
        `${each.source.split('\n')[1] ?? ''}\n    real: ${theirs.slice(0, 300)}\n    ours: ${each.ours.slice(0, 300)}`,
      );
      differences.set(each.name, list);
    });
  }
  arbiter.close();
  for (const [name, list] of differences)
    process.stdout.write(`${name}: ${list.length}\n  ${list.slice(0, 4).join('\n  ')}\n`);
  process.stdout.write(`${count} calls, ${Array.from(differences.values()).flat().length} differ\n`);
}

await main(process.argv.slice(2));
