import { componentDefinitionResource } from '../../pkg/apis/component-definition.ts';
import type { Schematic, StatusExpressions } from '../../pkg/apis/definition.ts';
import type { JsonObject, KubeObject, Resource } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { policyDefinitionResource } from '../../pkg/apis/policy-definition.ts';
import { traitDefinitionResource } from '../../pkg/apis/trait-definition.ts';
import { workflowStepDefinitionResource } from '../../pkg/apis/workflow-step-definition.ts';
import { CueExpressions } from '../../pkg/render/cue/cue-expressions.ts';
import { CueEngine } from '../../pkg/render/cue/cue-engine.ts';
import { readDefinitionFile } from '../../pkg/render/cue/definition-file.ts';
import { engineFor } from '../../pkg/render/engine.ts';
import type { Engine, Rendered, Template } from '../../pkg/render/engine.ts';
import { HandlebarsEngine } from '../../pkg/render/handlebars-engine.ts';
import { CliError } from './io.ts';
import type { Io } from './io.ts';
import { parseManifests, readSources } from './manifests.ts';

/** The kinds of definitions by the words that people use for them. */
export const definitionTypes: Readonly<Record<string, Resource>> = {
  component: componentDefinitionResource,
  trait: traitDefinitionResource,
  policy: policyDefinitionResource,
  'workflow-step': workflowStepDefinitionResource,
};

/** A definition, and the file that it is from. */
export interface FoundDefinition {
  readonly file: string;
  readonly definition: KubeObject;
}

/** Reads definitions from files of CUE or YAML, folders of them, addresses or `-`, and checks that they compile. */
export class DefinitionReader {
  readonly #engines = { handlebars: new HandlebarsEngine(), cue: new CueEngine(), expressions: new CueExpressions() };

  /** Throws a CliError that names the file when one holds no definition. */
  async read(source: string, io: Pick<Io, 'stdin' | 'signal'>): Promise<readonly FoundDefinition[]> {
    const texts = await readSources(source, ['.cue', '.yaml', '.yml'], io);
    const found = texts.flatMap(({ name, content }) => this.#definitionsOf(name, content));
    if (found.length === 0) throw new CliError(`${source} holds no definition`);
    return found;
  }

  /** What does not compile in a definition. */
  async problemsOf({ metadata, spec }: KubeObject): Promise<readonly string[]> {
    const { schematic, status } = (spec ?? {}) as { schematic?: Schematic; status?: StatusExpressions };
    const template = { name: metadata.name ?? '', schematic, status };
    const engine = engineFor(template, this.#engines);
    return engine.ok ? engine.value.check(template) : engine.problems;
  }

  /** The schema of a definition's parameters. */
  async schemaOf(definition: KubeObject): Promise<Rendered<JsonObject>> {
    const { template, engine } = this.#engineOf(definition);
    return engine.ok ? engine.value.parameterSchema(template) : engine;
  }

  /** The same with the parameters that a definition has only beside certain values of others. */
  async declaredParameters(definition: KubeObject): Promise<Rendered<JsonObject>> {
    const { template, engine } = this.#engineOf(definition);
    return engine.ok ? engine.value.declaredParameters(template) : engine;
  }

  #engineOf({ metadata, spec }: KubeObject): { readonly template: Template; readonly engine: Rendered<Engine> } {
    const { schematic } = (spec ?? {}) as { schematic?: Schematic };
    const template = { name: metadata.name ?? '', schematic };
    return { template, engine: engineFor(template, this.#engines) };
  }

  #definitionsOf(file: string, content: string): readonly FoundDefinition[] {
    if (!isCue(file, content)) return parseManifests(file, content).map((definition) => checked(file, definition));
    const read = readDefinitionFile(content, systemNamespace);
    if (!read.ok) throw new CliError(`${file}: ${read.problems.join('; ')}`);
    return [{ file, definition: read.value }];
  }
}

/** What has no name may be either. */
const isCue = (file: string, content: string): boolean =>
  file.endsWith('.cue') || (!/\.ya?ml$/.test(file) && /^template:\s*\{/m.test(content));

function checked(file: string, definition: KubeObject): FoundDefinition {
  if (!Object.values(definitionTypes).some(({ kind }) => kind === definition.kind))
    throw new CliError(`${file}: ${definition.kind} ${definition.metadata.name ?? ''} is no definition`);
  return { file, definition };
}
