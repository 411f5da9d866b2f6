import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Schematic, StatusExpressions } from '../../pkg/apis/definition.ts';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { CueEngine } from '../../pkg/render/cue/cue-engine.ts';
import type { Engine, Template } from '../../pkg/render/engine.ts';
import { HandlebarsEngine } from '../../pkg/render/handlebars-engine.ts';
import { loadYaml } from '../../pkg/render/yaml.ts';
import { table } from './fleet/table.ts';
import type { Row } from './fleet/table.ts';

// What a template costs in CUE and in Handlebars: the examples of docs/examples/definitions, TIMES renders of each.
const times = Number(process.env['TIMES'] ?? 200);
const cue = new CueEngine();
const handlebars = new HandlebarsEngine();
const context: JsonObject = { name: 'web', namespace: 'prod', appName: 'shop' };
const output = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: { template: { spec: { containers: [{ name: 'web', image: 'nginx' }] } } },
  status: { availableReplicas: 1 },
};

function template(name: string): Template {
  const file = join(packageRoot(), 'docs/examples/definitions', `${name}.yaml`);
  const { spec } = loadYaml(readFileSync(file, 'utf8')) as KubeObject;
  const { schematic, status } = spec as { schematic: Schematic; status?: StatusExpressions };
  return { name, schematic, status };
}

type Work = (i: number) => Promise<unknown>;

const component = (engine: Engine, name: string): Work => {
  const of = template(name);
  return (i) => engine.render(of, { parameter: { memory: `${i + 1}Mi`, port: 6000 + i }, context });
};
const trait = (engine: Engine, name: string): Work => {
  const of = template(name);
  return (i) => engine.renderTrait(of, { parameter: { seconds: i + 1 }, context: { ...context, output } });
};
const health = (engine: Engine, name: string): Work => {
  const of = template(name);
  const live = (i: number) => ({ ...output, metadata: { ...output.metadata, resourceVersion: String(i) } });
  return (i) =>
    engine.evaluateHealth(of, { parameter: { memory: '1Mi', port: 6000 }, context: { ...context, output: live(i) } });
};

/** Milliseconds for one, after a warm-up. */
async function measure(work: Work): Promise<number> {
  for (let i = 0; i < 50; i++) await work(-i - 1);
  const start = performance.now();
  for (let i = 0; i < times; i++) await work(i);
  return (performance.now() - start) / times;
}

const rss = (): number => Math.round(process.memoryUsage().rss / 2 ** 20);
const before = rss();
const begin = performance.now();
await component(cue, 'queue')(-1000);
const firstMs = performance.now() - begin;

const rows: Row[] = [
  { row: 'first template in CUE: the thread begins', target: '-', measured: `${firstMs.toFixed(0)} ms` },
];
const pairs: readonly (readonly [string, Work, Work])[] = [
  ['a component', component(handlebars, 'cache'), component(cue, 'queue')],
  ['a trait', trait(handlebars, 'night-shift'), trait(cue, 'logged')],
  ['health and message', health(handlebars, 'cache'), health(cue, 'queue')],
];
for (const [name, inHandlebars, inCue] of pairs) {
  const [fast, slow] = [await measure(inHandlebars), await measure(inCue)];
  const ratio = `Handlebars ${fast.toFixed(2)} ms, CUE ${slow.toFixed(2)} ms (${(slow / fast).toFixed(0)})`;
  rows.push({ row: `${name}, new values`, target: '-', measured: ratio });
}
const again = component(cue, 'queue');
const known = await measure(() => again(0));
rows.push({ row: 'a component in CUE, values as before', target: '-', measured: `${known.toFixed(2)} ms` });
rows.push({ row: 'memory with the thread', target: '-', measured: `${before} -> ${rss()} MiB` });
process.stdout.write(`${table(rows)}\n`);
