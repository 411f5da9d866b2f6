import type { Schematic, StatusExpressions } from '../../apis/definition.ts';
import type { KubeObject } from '../../apis/meta.ts';
import { annotations } from '../../apis/names.ts';
import type { Engines } from '../../render/engine.ts';
import { engineFor } from '../../render/engine.ts';
import type { AdmissionAnswer, AdmissionRequest } from '../../webhook/admission-review.ts';

/** What the definitions of every kind have in common, as far as it is checked. */
interface Definition extends KubeObject {
  readonly spec?: {
    readonly version?: string;
    readonly schematic?: Schematic;
    readonly status?: StatusExpressions;
    readonly definitionRef?: { readonly name?: string };
    readonly workload?: { readonly type?: string; readonly definition?: { readonly kind?: string } };
  };
}

/**
 * Checks a definition that is created or updated: its template, schema and expressions compile, its version is one, and
 * it says what it makes. Templates of engines that this version lacks, and problems in the CUE of a workflow step, are
 * admitted with a warning.
 */
export async function validateDefinition(request: AdmissionRequest, engines: Engines): Promise<AdmissionAnswer> {
  const definition = request.object as Definition | undefined;
  const { operation } = request;
  if (!definition || (operation !== 'CREATE' && operation !== 'UPDATE')) return { allowed: true };
  if (definition.metadata.deletionTimestamp !== undefined) return { allowed: true };
  const template = await templateFindings(definition, engines);
  const problems = [
    ...versionProblems(definition),
    ...kindProblems(definition),
    ...schematicProblems(definition),
    ...template.problems,
  ];
  const { warnings } = template;
  if (problems.length === 0) return { allowed: true, warnings };
  const subject = `${definition.kind} ${definition.metadata.name ?? ''}`;
  return { allowed: false, code: 403, message: `${subject}: ${problems.join('; ')}`, warnings };
}

const versionPattern = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

function versionProblems({ spec, metadata }: Definition): readonly string[] {
  const version = spec?.version ?? '';
  if (version === '') return [];
  const named = metadata.annotations?.[annotations.definitionRevisionName] !== undefined;
  return [
    ...(versionPattern.test(version) ? [] : [`spec.version: Not a valid version: "${version}"; write it as 1.2.3`]),
    ...(named
      ? [`only one of spec.version and the annotation ${annotations.definitionRevisionName} may be present`]
      : []),
  ];
}

function kindProblems(definition: Definition): readonly string[] {
  switch (definition.kind) {
    case 'ComponentDefinition':
      return hasWorkload(definition) ? [] : ['spec.workload: neither type nor definition is given'];
    case 'TraitDefinition':
      return makesSomething(definition) ? [] : ['spec.definitionRef: may only be left out where there is a template'];
    default:
      return [];
  }
}

/** Templates in two languages would hide one another. */
function schematicProblems({ spec }: Definition): readonly string[] {
  const schematic: Readonly<Record<string, unknown>> = { ...spec?.schematic };
  const languages = Object.entries(schematic).flatMap(([language, given]) => (given ? [language] : []));
  return languages.length > 1 ? [`spec.schematic: only one of ${languages.join(', ')} may be given`] : [];
}

const isGiven = (text: string | undefined): boolean => text !== undefined && text !== '';

const hasWorkload = ({ spec }: Definition): boolean =>
  isGiven(spec?.workload?.type) || isGiven(spec?.workload?.definition?.kind);

const makesSomething = ({ spec }: Definition): boolean =>
  isGiven(spec?.definitionRef?.name) || (spec?.schematic?.handlebars ?? spec?.schematic?.cue) !== undefined;

interface Findings {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

async function templateFindings({ kind, metadata, spec }: Definition, engines: Engines): Promise<Findings> {
  const { schematic, status } = spec ?? {};
  if (!schematic) return { problems: [], warnings: [] };
  const template = { name: metadata.name ?? '', schematic, status };
  const engine = engineFor(template, engines);
  if (!engine.ok) return { problems: [], warnings: engine.problems };
  const problems = await engine.value.check(template);
  // KubeVela admits a step whatever its CUE says: addons bring steps that fail only when they are executed
  const isStepInCue = kind === 'WorkflowStepDefinition' && schematic.cue !== undefined;
  return isStepInCue ? { problems: [], warnings: problems } : { problems, warnings: [] };
}
