// Compares definitions with parameters: node definitions.ts ARBITER REQUESTS.jsonl
// A line holds {id, source, parameter, context}: a template, the JSON of its parameter, and a text that declares its context.
import { readFileSync } from 'node:fs';
import { toJson } from '../../src/builtin/json-write.ts';
import { compile, CueBudgetError, CueCompileError, CueError, CueSyntaxError } from '../../src/index.ts';
import { Arbiter } from '../arbiter.ts';
import { compare } from './compare.ts';
import type { OurAnswer, Outcome } from './ours.ts';
import { evaluateOurs } from './ours.ts';

interface Line {
  readonly id: string;
  readonly source: string;
  readonly parameter: Readonly<Record<string, unknown>>;
  readonly context: string;
}

const PATHS = ['output', 'outputs', 'patch', 'patchOutputs', 'parameter', 'errs', ''];

/** The same, with the parameter and the context given to a compiled template. */
function evaluateFilled(line: Line): OurAnswer {
  try {
    const context = compile(line.context).evaluate().lookup('context')?.json() ?? {};
    const template = compile(line.source, { inputs: ['parameter', 'context'] });
    const evaluation = template.evaluate({ parameter: line.parameter as never, context: context as never });
    const outcomes = PATHS.map((path): Outcome => {
      try {
        const node = path === '' ? evaluation.root : evaluation.lookup(path);
        if (node === undefined) return { error: 'absent' };
        const { error } = node;
        if (error !== undefined) return { error: error.code, message: error.message };
        return { value: toJson(node.data()) };
      } catch (error) {
        if (error instanceof CueError) return { error: error.code, message: error.message };
        if (error instanceof CueBudgetError) return { error: 'budget', message: error.message };
        throw error;
      }
    });
    return { outcomes };
  } catch (error) {
    if (error instanceof CueSyntaxError || error instanceof CueCompileError) return { compile: error.message };
    return { crash: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

async function main([binary = '', file = '']: readonly string[]): Promise<void> {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
  const requests = lines.map((line) => ({
    id: line.id,
    source: `${line.source}\nparameter: ${JSON.stringify(line.parameter)}\n${line.context}`,
    paths: PATHS,
  }));
  const arbiter = new Arbiter(binary);
  const answers = await arbiter.ask(requests);
  arbiter.close();
  const totals = new Map<string, number>();
  const count = (key: string): void => void totals.set(key, (totals.get(key) ?? 0) + 1);
  for (const [i, request] of requests.entries()) {
    const answer = answers[i] ?? { id: request.id };
    const line = lines[i];
    if (line === undefined) continue;
    for (const [how, ours] of [
      ['text', evaluateOurs(request.source, PATHS)],
      ['filled', evaluateFilled(line)],
    ] as const) {
      const verdict = compare(answer, ours);
      count(`${how}: ${verdict.kind === 'aside' ? verdict.why : verdict.kind}`);
      if (verdict.kind === 'equal' || verdict.kind === 'aside') continue;
      if (how === 'filled' && verdict.kind === 'order') continue;
      process.stdout.write(`## ${request.id} (${how}) ${verdict.kind}: ${verdict.signature}\n`);
      process.stdout.write(
        `parameter: ${JSON.stringify(line.parameter).slice(0, 400)}\n${verdict.detail.slice(0, 900)}\n`,
      );
    }
  }
  process.stdout.write(`Totals: ${JSON.stringify(Object.fromEntries(totals))}\n`);
}

await main(process.argv.slice(2));
