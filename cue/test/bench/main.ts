// Speed and memory of the evaluator beside the Go library and cue-wasm: node bench.ts ARBITER DEFINITIONS [TIMES]
// DEFINITIONS is a folder of definitions in CUE; each is evaluated with recorded parameters, of which one value is fresh each time.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { compile } from '../../src/index.ts';
import type { Template } from '../../src/index.ts';
import { Arbiter } from '../arbiter.ts';

interface Recorded {
  readonly definition: string;
  readonly mode: string;
  readonly parameter: Readonly<Record<string, unknown>>;
}

interface Subject {
  readonly name: string;
  readonly source: string;
  readonly parameter: Readonly<Record<string, unknown>>;
}

const PATHS = ['output', 'outputs', 'patch', 'patchOutputs'];
const CONTEXT = {
  name: 'web',
  namespace: 'team-a',
  appName: 'shop',
  appRevision: 'shop-v3',
  appLabels: {},
  appAnnotations: {},
  output: {},
};

function subjects(folder: string): Subject[] {
  const facts = new URL('../../testdata/kubevela/render.jsonl', import.meta.url);
  const parameters = new Map<string, Recorded['parameter']>();
  for (const line of readFileSync(facts, 'utf8').split('\n')) {
    if (line === '') continue;
    const fact = JSON.parse(line) as Recorded;
    if (fact.mode === 'full' || !parameters.has(fact.definition)) parameters.set(fact.definition, fact.parameter);
  }
  return readdirSync(folder).flatMap((file): Subject[] => {
    // what Helm fills in does not matter here
    const text = readFileSync(join(folder, file), 'utf8').replaceAll(/\{\{[^}]*\}\}/g, 'x');
    const [document] = parseAllDocuments(text);
    const name = document?.getIn(['metadata', 'name']);
    const source = document?.getIn(['spec', 'schematic', 'cue', 'template']);
    if (typeof name !== 'string' || typeof source !== 'string' || source.includes('"vela/')) return [];
    return [{ name, source, parameter: parameters.get(name) ?? {} }];
  });
}

interface Figures {
  /** What is left when nothing else uses the processor. */
  readonly best: number;
  readonly median: number;
  readonly worst: number;
}

function figures(samples: number[]): Figures {
  samples.sort((a, b) => a - b);
  return { best: samples[0] ?? 0, median: samples[Math.floor(samples.length / 2)] ?? 0, worst: samples.at(-1) ?? 0 };
}

/** Milliseconds of an evaluation with a name that no evaluation had before. */
function evaluate(template: Template, subject: Subject, i: number): number {
  const begin = performance.now();
  const evaluation = template.evaluate({
    parameter: subject.parameter as never,
    context: { ...CONTEXT, name: `web-${i}` } as never,
  });
  for (const path of PATHS) {
    const node = evaluation.lookup(path);
    if (node !== undefined && node.error === undefined) {
      try {
        node.data();
      } catch {
        // the same work was done
      }
    }
  }
  return performance.now() - begin;
}

function measure(subject: Subject, times: number): { compileFirst: number; run: Figures } {
  const begin = performance.now();
  const template = compile(subject.source, { inputs: ['parameter', 'context'] });
  const compileFirst = performance.now() - begin;
  const samples = Array.from({ length: times }, (_, i) => evaluate(template, subject, i));
  return { compileFirst, run: figures(samples.slice(Math.floor(times / 3))) };
}

function heapAfterCollection(): number {
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  return process.memoryUsage().heapUsed;
}

interface Timing {
  readonly id: string;
  readonly whole?: Figures;
  readonly compiled?: Figures;
}

async function main([binary = '', folder = '', times = '60']: readonly string[]): Promise<void> {
  const all = subjects(folder);
  const before = heapAfterCollection();
  const templates = all.map(({ source }) => compile(source, { inputs: ['parameter', 'context'] }));
  const held = heapAfterCollection() - before;
  const arbiter = new Arbiter(binary, ['-bench', times]);
  const requests = all.map(({ name, source, parameter }) => ({
    id: name,
    source: `${source}\nparameter: _\ncontext: _`,
    paths: PATHS,
    fill: [
      { name: 'parameter', json: parameter },
      { name: 'context', json: CONTEXT },
    ],
  }));
  const go = (await arbiter.ask(requests)) as unknown as readonly Timing[];
  arbiter.close();
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  write('milliseconds, and for Go (which parses each time, as KubeVela does) best and median');
  const heads = ['compile', 'best', 'median', 'worst', 'Go best', 'Go median'];
  write('definition'.padEnd(28) + heads.map((head) => head.padStart(10)).join(''));
  const rows = all.map((subject, i) => ({
    subject,
    ours: measure(subject, Number(times)),
    go: { best: (go[i]?.whole?.best ?? 0) / 1000, median: (go[i]?.whole?.median ?? 0) / 1000 },
  }));
  for (const { subject, ours, go: theirs } of rows) {
    const numbers = [ours.compileFirst, ours.run.best, ours.run.median, ours.run.worst, theirs.best, theirs.median];
    write(subject.name.padEnd(28) + numbers.map((n) => n.toFixed(3).padStart(10)).join(''));
  }
  const ours = figures(rows.map((row) => row.ours.run.best));
  const theirs = figures(rows.map((row) => row.go.best));
  write(`best of each: median ${ours.median.toFixed(3)} ms, worst ${ours.worst.toFixed(3)} ms`);
  write(`Go: median ${theirs.median.toFixed(3)} ms, worst ${theirs.worst.toFixed(3)} ms`);
  write(`${templates.length} compiled templates hold ${(held / 2 ** 20).toFixed(1)} MiB`);
}

await main(process.argv.slice(2));
