import { basename } from 'node:path';
import type { Component } from '../apis/application.ts';
import type { JsonObject, KubeObject } from '../apis/meta.ts';
import { systemNamespace } from '../apis/names.ts';
import type { Clock } from '../clock/clock.ts';
import { isMap } from '../patch/json.ts';
import { CueCompiler } from '../render/cue/compiler.ts';
import { CueEngine } from '../render/cue/cue-engine.ts';
import { readDefinitionFile } from '../render/cue/definition-file.ts';
import { joinFiles, packageOf } from '../render/cue/source.ts';
import type { Rendered } from '../render/engine.ts';
import type { Addon, CueFile } from './addon.ts';
import { AddonError } from './addon-error.ts';

/** What the files in CUE come to. */
export interface CueParts {
  /** What `output` of the template is: the Application. */
  readonly application: unknown;
  /** Of files in resources/ that are not in the template's package. */
  readonly components: readonly Component[];
  /** What `outputs` of the template holds, by key. */
  readonly auxiliaries: readonly (readonly [string, KubeObject])[];
  readonly definitions: readonly KubeObject[];
  /** What people should read once it is enabled. */
  readonly notes: string | undefined;
}

/** Evaluates what an addon has in CUE; undefined when there is nothing. Throws AddonError with every problem. */
export async function evaluateCue(addon: Addon, parameter: JsonObject, clock: Clock): Promise<CueParts | undefined> {
  const { cue } = addon;
  const isEmpty = cue.template === undefined && cue.notes === undefined;
  if (isEmpty && cue.resources.length === 0 && cue.definitions.length === 0) return undefined;
  const compiler = new CueCompiler({ clock });
  try {
    return await new AddonEvaluation(addon, parameter, compiler).run();
  } finally {
    await compiler.close();
  }
}

class AddonEvaluation {
  readonly #addon: Addon;
  readonly #parameter: JsonObject;
  readonly #compiler: CueCompiler;
  readonly #engine: CueEngine;
  readonly #problems: string[] = [];

  constructor(addon: Addon, parameter: JsonObject, compiler: CueCompiler) {
    this.#addon = addon;
    this.#parameter = parameter;
    this.#compiler = compiler;
    this.#engine = new CueEngine(compiler);
  }

  async run(): Promise<CueParts> {
    const { template, resources, definitions, notes } = this.#addon.cue;
    // the template's package is one text: its files share their names
    const shared = resources.filter(({ text }) => packageOf(text) === 'main');
    const alone = resources.filter((file) => !shared.includes(file));
    const main =
      template === undefined && shared.length === 0 ? [] : [template ?? '', ...shared.map(({ text }) => text)];
    const yielded = main.length > 0 ? await this.#fields('template.cue', main) : {};
    const components = await Promise.all(alone.map((file) => this.#component(file)));
    const read = await Promise.all(definitions.map((file) => this.#definition(file)));
    const told = notes === undefined ? {} : await this.#fields('NOTES.cue', [notes]);
    if (this.#problems.length > 0) throw new AddonError('BadTemplate', this.#problems);
    return {
      application: yielded['output'],
      components: components.flatMap((one) => one ?? []),
      auxiliaries: Object.entries((yielded['outputs'] ?? {}) as Readonly<Record<string, KubeObject>>).sort(
        ([a], [b]) => (a < b ? -1 : 1),
      ),
      definitions: read.flatMap((one) => one ?? []),
      notes: typeof told['notes'] === 'string' ? told['notes'] : undefined,
    };
  }

  async #component({ file, text }: CueFile): Promise<Component | undefined> {
    const { output } = await this.#fields(file, [text]);
    if (!isMap(output)) return undefined;
    const name = basename(file, '.cue').replaceAll('.', '-');
    return { name, ...output } as Component;
  }

  async #definition({ file, text }: CueFile): Promise<KubeObject | undefined> {
    return this.#valueOf(file, await readDefinitionFile(text, systemNamespace, this.#compiler));
  }

  async #fields(file: string, texts: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    const { metadata, cue } = this.#addon;
    const input = { parameter: this.#parameter, context: { metadata: { ...metadata } as unknown as JsonObject } };
    const template = joinFiles([cue.parameter ?? '', ...texts]);
    const evaluated = await this.#engine.evaluate(template, input, ['output', 'outputs', 'notes']);
    return this.#valueOf(file, evaluated) ?? {};
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
