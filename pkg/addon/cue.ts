import { basename } from 'node:path';
import type { Component } from '../apis/application.ts';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../apis/names.ts';
import { isMap } from '../../machinery/src/patch/json.ts';
import { readConfigTemplate } from '../render/cue/config-template.ts';
import { CueEngine } from '../render/cue/cue-engine.ts';
import { readDefinitionFile } from '../render/cue/definition-file.ts';
import { packageOf } from '../render/cue/templates.ts';
import type { Rendered } from '../render/engine.ts';
import type { Addon } from './addon.ts';
import { AddonError } from './addon-error.ts';
import type { TextFile } from './addon-files.ts';
import { configTemplateObject } from './config-template.ts';
import { contextMetadata } from './metadata.ts';
import { prunedComponent } from './prune.ts';

/** The results of an addon's CUE files. */
export interface CueParts {
  /** `output` of the template: the Application. */
  readonly application: unknown;
  /** Of files in resources/ that are not in the template's package. */
  readonly components: readonly Component[];
  /** `outputs` of the template, by key. */
  readonly auxiliaries: readonly (readonly [string, KubeObject])[];
  readonly definitions: readonly KubeObject[];
  readonly configTemplates: readonly KubeObject[];
  readonly views: readonly KubeObject[];
  /** A text for the user, shown once the addon is enabled. */
  readonly notes: string | undefined;
  /** What its author or its user should mend although it can be used. */
  readonly warnings: readonly string[];
}

/** Evaluates the CUE files of an addon; undefined when there are none. Throws AddonError with every problem. */
export async function evaluateCue(addon: Addon, parameter: JsonObject): Promise<CueParts | undefined> {
  const { template, notes, resources, definitions, configTemplates, views } = addon.cue;
  const lists = [resources, definitions, configTemplates, views];
  if (template === undefined && notes === undefined && lists.every((files) => files.length === 0)) return undefined;
  return new AddonEvaluation(addon, parameter).run();
}

class AddonEvaluation {
  readonly #addon: Addon;
  readonly #parameter: JsonObject;
  readonly #engine = new CueEngine();
  readonly #problems: string[] = [];
  readonly #warnings: string[] = [];

  constructor(addon: Addon, parameter: JsonObject) {
    this.#addon = addon;
    this.#parameter = parameter;
  }

  async run(): Promise<CueParts> {
    const { cue } = this.#addon;
    const { application, auxiliaries } = this.#template();
    const components = await inOrder(this.#resourcesAlone(), (file) => this.#component(file));
    const definitions = await inOrder(cue.definitions, (file) => this.#definition(file));
    const configTemplates = await inOrder(cue.configTemplates, (file) => this.#configTemplate(file));
    const views = await inOrder(cue.views, (file) => this.#view(file));
    if (this.#problems.length > 0) throw new AddonError('BadTemplate', this.#problems);
    const notes = this.#notes();
    return {
      application,
      components,
      auxiliaries,
      definitions,
      configTemplates,
      views,
      notes,
      warnings: this.#warnings,
    };
  }

  /** The template and the files of its package are one text: they share their names. */
  #template(): Pick<CueParts, 'application' | 'auxiliaries'> {
    const { template, resources } = this.#addon.cue;
    if (template === undefined) return { application: undefined, auxiliaries: [] };
    const name = packageOf(template) ?? 'main';
    const shared = resources.filter(({ text }) => packageOf(text) === name).map(({ text }) => text);
    const yielded = this.#fields('template.cue', [template, ...shared], ['output', 'outputs']);
    if (yielded && !isMap(yielded['output'])) this.#problem('template.cue', 'output is missing');
    const outputs = Object.entries((yielded?.['outputs'] ?? {}) as Readonly<Record<string, KubeObject>>);
    return { application: yielded?.['output'], auxiliaries: outputs.sort(([a], [b]) => (a < b ? -1 : 1)) };
  }

  #resourcesAlone(): readonly TextFile[] {
    return this.#addon.cue.resources.filter(({ text }) => packageOf(text) !== 'main');
  }

  #component({ file, text }: TextFile): Component | undefined {
    const output = this.#fields(file, [text], ['output'])?.['output'];
    if (!isMap(output)) return undefined;
    const { value, dropped } = prunedComponent(output as JsonObject, 'output');
    this.#warnings.push(...dropped.map((path) => `${file}: ${path} is no field of a component and is left out`));
    const name = basename(file, '.cue').replaceAll('.', '-');
    return { name, ...value } as unknown as Component;
  }

  #definition({ file, text }: TextFile): KubeObject | undefined {
    return this.#valueOf(file, readDefinitionFile(text, systemNamespace));
  }

  #configTemplate({ file, text }: TextFile): KubeObject | undefined {
    const value = this.#valueOf(file, readConfigTemplate(text));
    return value && configTemplateObject(text, value);
  }

  async #view({ file, text }: TextFile): Promise<KubeObject | undefined> {
    const name = basename(file, '.cue');
    const problems = /^\s*(status|export)\s*:/m.test(text)
      ? await this.#engine.check({ name, schematic: { cue: { template: text } } })
      : ['status or export is missing'];
    for (const problem of problems) this.#problem(file, problem.replace('spec.schematic.cue.template: ', ''));
    return {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: systemNamespace },
      data: { template: text },
    };
  }

  /** A text that cannot be made stops no addon. */
  #notes(): string | undefined {
    const { notes } = this.#addon.cue;
    if (notes === undefined) return undefined;
    const evaluated = this.#evaluate([notes], ['notes']);
    if (evaluated.ok && typeof evaluated.value['notes'] === 'string') return evaluated.value['notes'];
    this.#warnings.push(`NOTES.cue: ${evaluated.ok ? 'notes must be a text' : evaluated.problems.join('; ')}`);
    return undefined;
  }

  #fields(
    file: string,
    texts: readonly string[],
    wanted: readonly string[],
  ): Readonly<Record<string, unknown>> | undefined {
    return this.#valueOf(file, this.#evaluate(texts, wanted));
  }

  #evaluate(texts: readonly string[], wanted: readonly string[]): Rendered<Readonly<Record<string, unknown>>> {
    const { metadata, cue } = this.#addon;
    const context = { metadata: contextMetadata(metadata), installer: {} };
    const files = [...(cue.parameter === undefined ? [] : [cue.parameter]), ...texts];
    return this.#engine.evaluate(files, { parameter: this.#parameter, context }, wanted);
  }

  #problem(file: string, problem: string): undefined {
    const text = `addon ${this.#addon.metadata.name}: ${file}: ${problem}`;
    if (!this.#problems.includes(text)) this.#problems.push(text);
    return undefined;
  }

  #valueOf<T>(file: string, rendered: Rendered<T>): T | undefined {
    if (rendered.ok) return rendered.value;
    const { name } = this.#addon.metadata;
    const texts = rendered.problems.map((problem) =>
      problem.startsWith('properties')
        ? `addon ${name}: ${problem.replace(/^properties\.?/, 'parameter ')}`
        : `addon ${name}: ${file}: ${problem.replace(/^template: /, '')}`,
    );
    this.#problems.push(...texts.filter((text) => !this.#problems.includes(text)));
    return undefined;
  }
}

/** One file at a time, so that problems come in the order of the files. */
async function inOrder<T, R>(
  items: readonly T[],
  work: (item: T) => R | undefined | Promise<R | undefined>,
): Promise<readonly R[]> {
  const results: R[] = [];
  for (const item of items) {
    const result = await work(item);
    if (result !== undefined) results.push(result);
  }
  return results;
}
