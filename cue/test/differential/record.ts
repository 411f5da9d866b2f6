// Records what the Go library makes of programs: node record.ts ARBITER spec|programs|builtins OUT [N] [SEED]
import { readFileSync, writeFileSync } from 'node:fs';
import { builtinPackage } from '../../src/builtin/registry.ts';
import { Arbiter } from '../arbiter.ts';
import type { ArbiterAnswer } from '../arbiter.ts';
import { argumentsFor } from '../builtins/arguments.ts';
import { toCue } from '../builtins/literal.ts';
import { PACKAGES } from '../builtins/packages.ts';
import { Random } from '../random.ts';
import { parseCases } from '../spec-cases.ts';
import type { Fact } from './facts.ts';
import { factOf } from './facts.ts';
import { ProgramGenerator } from './generate.ts';
import { pathsOf } from './paths.ts';
import { print } from './tree.ts';

interface Program {
  readonly id: string;
  readonly source: string;
  readonly paths: readonly string[];
}

const MAX_LENGTH = 700;

function specPrograms(): Program[] {
  const file = new URL('../../testdata/spec.cases', import.meta.url);
  return parseCases(readFileSync(file, 'utf8')).map(({ statement, source }) => ({
    id: statement,
    source,
    paths: pathsOf(source),
  }));
}

function generatedPrograms(count: number, seed: number): Program[] {
  const programs: Program[] = [];
  for (let i = seed; programs.length < count; i++) {
    const source = print(new ProgramGenerator(new Random(i)).program());
    if (source.length <= MAX_LENGTH) programs.push({ id: String(i), source, paths: pathsOf(source) });
  }
  return programs;
}

function builtinPrograms(count: number, seed: number): Program[] {
  const random = new Random(seed);
  return PACKAGES.flatMap((path) => {
    const name = path.split('/').at(-1) ?? path;
    return Object.entries(builtinPackage(path)?.functions ?? {}).flatMap(([functionName, fn]) =>
      Array.from({ length: count }, () => {
        const full = `${name}.${functionName}`;
        const args = argumentsFor(full, fn, random).map(toCue).join(', ');
        return { id: full, source: `import "${path}"\nr: ${full}(${args})`, paths: ['r'] };
      }),
    );
  });
}

async function main([binary = '', what = '', out = '', count = '1000', seed = '1']: readonly string[]): Promise<void> {
  const programs =
    what === 'spec'
      ? specPrograms()
      : what === 'builtins'
        ? builtinPrograms(Number(count), Number(seed))
        : generatedPrograms(Number(count), Number(seed));
  const arbiter = new Arbiter(binary, ['-shuffles', '2', '-timeout', '5s']);
  const answers: ArbiterAnswer[] = await arbiter.ask(programs);
  arbiter.close();
  const facts = programs.flatMap((program, i): Fact[] => {
    const fact = factOf(program, answers[i] ?? { id: program.id });
    return fact === undefined ? [] : [fact];
  });
  writeFileSync(out, facts.map((fact) => `${JSON.stringify(fact)}\n`).join(''));
  process.stdout.write(`${facts.length} of ${programs.length} programs recorded\n`);
}

await main(process.argv.slice(2));
