// Recorded results of KubeVela (cue/testdata/kubevela) beside what the engine makes of the same definitions and parameters.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { CueEngine } from '../../pkg/render/cue/cue-engine.ts';
import { attempt, Templates } from '../../pkg/render/cue/templates.ts';
import type { Template, TemplateObjects, TraitEffect } from '../../pkg/render/engine.ts';
import { loadYaml } from '../../pkg/render/yaml.ts';

interface Fact {
  readonly definition: string;
  readonly kind: string;
  readonly mode?: string;
  readonly parameter: JsonObject;
  readonly error?: string;
}

interface RenderFact extends Fact {
  readonly output?: JsonObject;
  readonly outputs?: readonly { readonly name: string; readonly value: JsonObject }[];
  readonly actions?: readonly { readonly path: string; readonly params?: JsonObject; readonly error?: string }[];
}

interface HealthFact extends Fact {
  readonly output: JsonObject;
  readonly healthy: boolean;
  readonly message?: string;
  readonly details?: Readonly<Record<string, string>>;
}

export interface Comparison {
  readonly equal: number;
  readonly absent: readonly string[];
  /** By definition: the cases that differ, with what differs. */
  readonly different: Readonly<Record<string, readonly string[]>>;
}

const engine = new CueEngine();
const templates = new Templates();

const workload = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', labels: { a: 'b' }, annotations: { x: 'y' } },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          {
            name: 'web',
            image: 'nginx:1',
            env: [{ name: 'A', value: '1' }],
            ports: [{ containerPort: 80, protocol: 'TCP', name: 'port-80' }],
          },
          { name: 'helper', image: 'busybox:1' },
        ],
        volumes: [{ name: 'tmp', emptyDir: {} }],
      },
    },
  },
};
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 80 }] },
};
const context = {
  name: 'web',
  namespace: 'team-a',
  appName: 'shop',
  appRevision: 'shop-v3',
  appRevisionNum: 3,
  revision: 'web-v2',
  cluster: 'local',
  clusterVersion: { gitVersion: '', major: '', minor: 0, platform: '' },
  publishVersion: '',
  replicaKey: '',
  appLabels: { tier: 'front' },
  appAnnotations: { note: 'n' },
};

function read(name: string): readonly unknown[] {
  const text = readFileSync(new URL(`../../cue/testdata/kubevela/${name}.jsonl`, import.meta.url), 'utf8');
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as unknown]));
}

const definitions = new Map<string, Template | undefined>();

function definitionOf(folder: string, name: string): Template | undefined {
  const file = join(folder, `${name}.yaml`);
  const known = definitions.has(file) ? definitions.get(file) : readDefinition(file, name);
  definitions.set(file, known);
  return known;
}

/** A definition without what Helm fills in; undefined where there is none. */
function readDefinition(file: string, name: string): Template | undefined {
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, 'utf8').split('\n');
  const text = lines.filter((line) => !/^\s*(#.*)?\{\{.*\}\}\s*$/.test(line)).join('\n');
  const { spec } = loadYaml(text.replaceAll(/\{\{[^}]*\}\}/g, 'vela-system')) as KubeObject;
  return { name, ...(spec as Omit<Template, 'name'>) };
}

async function compare<T extends Fact>(
  facts: readonly T[],
  folder: string,
  check: (template: Template, fact: T) => Promise<string | undefined> | string | undefined,
): Promise<Comparison> {
  const absent = new Set<string>();
  const different: Record<string, string[]> = {};
  let equal = 0;
  for (const fact of facts) {
    const template = definitionOf(folder, fact.definition);
    if (template === undefined) absent.add(fact.definition);
    else {
      const problem = await check(template, fact);
      if (problem === undefined) equal++;
      else (different[fact.definition] ??= []).push(`${fact.mode ?? JSON.stringify(fact.parameter)}: ${problem}`);
    }
  }
  return { equal, absent: [...absent], different };
}

/** Components and traits: the rendered objects, or that the parameter is refused. */
export function compareObjects(folder: string): Promise<Comparison> {
  const facts = (read('render') as RenderFact[]).filter(({ kind }) => kind !== 'WorkflowStepDefinition');
  return compare(facts, folder, async (template, fact) => {
    const isTrait = fact.kind === 'TraitDefinition';
    const given = isTrait ? { ...context, output: workload, outputs: { service } } : context;
    const input = { parameter: fact.parameter, context: given };
    const rendered = isTrait ? await engine.renderTrait(template, input) : await engine.render(template, input);
    if (!rendered.ok) return fact.error === undefined ? `refused: ${rendered.problems.join('; ')}` : undefined;
    if (fact.error !== undefined) return `not refused: ${fact.error}`;
    const { output, outputs, patchedOutputs = {} }: TemplateObjects & Partial<TraitEffect> = rendered.value;
    const theirs = Object.fromEntries((fact.outputs ?? []).map(({ name, value }) => [name, value]));
    const ours = { ...(isTrait && { service }), ...patchedOutputs, ...outputs };
    return difference({ output, outputs: ours }, { output: fact.output, outputs: theirs });
  });
}

/** Health, message and details of what has a status expression. */
export function compareHealth(folder: string): Promise<Comparison> {
  return compare(read('health') as HealthFact[], folder, async (template, fact) => {
    const { output } = fact;
    const outputs = { service: output, ingress: output, main: output };
    const given = { name: 'web', namespace: 'team-a', appName: 'shop', appRevision: 'shop-v3', output, outputs };
    const health = await engine.evaluateHealth(template, { parameter: fact.parameter, context: given });
    const { healthy, message = '', details = {} } = fact;
    // ours gives the reason where KubeVela has no message
    const isReason = message === '' && health?.message.startsWith('health: ') === true;
    return difference(
      { healthy: health?.healthy, message: isReason ? '' : health?.message, details: health?.details ?? {} },
      { healthy, message, details },
    );
  });
}

/** Workflow steps: the fields with an action in order, with their parameters before any action has run. */
export function compareSteps(folder: string): Promise<Comparison> {
  const facts = (read('render') as RenderFact[]).filter(({ kind }) => kind === 'WorkflowStepDefinition');
  return compare(facts, folder, (template, fact) => {
    const compiled = templates.get(template.schematic?.cue?.template ?? '');
    if (!compiled.ok) return compiled.problems.join('; ');
    const evaluation = compiled.value.evaluate({ parameter: fact.parameter, context });
    const ours = evaluation.root.fields(true).flatMap((node) => {
      const action = attempt(() => node.lookup('$do')?.json());
      if (!action.ok || typeof action.value !== 'string') return [];
      const params = attempt(() => (node.lookup('$flat') ? node : node.lookup('$params'))?.json() ?? {});
      return [{ path: node.name, params: params.ok ? withoutNames(params.value) : undefined }];
    });
    return difference(
      ours,
      (fact.actions ?? []).map(({ path, params }) => ({ path, params })),
    );
  });
}

function withoutNames(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== '$do' && name !== '$flat'));
}

/** Where two values differ; an object without metadata is equal to one with none in it. */
function difference(ours: unknown, theirs: unknown): string | undefined {
  const found = differences(plain(ours), plain(theirs), '');
  return found.length === 0 ? undefined : found.slice(0, 3).join('; ');
}

function differences(ours: unknown, theirs: unknown, path: string): readonly string[] {
  if (isDeepStrictEqual(ours, theirs)) return [];
  if (!isObject(ours) || !isObject(theirs))
    return [`${path} is ${JSON.stringify(ours)}, not ${JSON.stringify(theirs)}`];
  const keys = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...keys].flatMap((key) => differences(ours[key], theirs[key], `${path}.${key}`));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, item: unknown) =>
      key === 'metadata' && isDeepStrictEqual(item, {}) ? undefined : item,
    ),
  ) as unknown;
}
