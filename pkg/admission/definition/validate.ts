import type { Schematic, StatusExpressions } from '../../apis/definition.ts';
import { schematicOf } from '../../apis/definition.ts';
import type { JsonObject, KubeObject } from '../../../machinery/src/meta.ts';
import { annotations, labels } from '../../apis/names.ts';
import { outputKinds } from '../../render/cue/output-kinds.ts';
import type { Engines } from '../../render/engine.ts';
import { engineFor } from '../../render/engine.ts';
import type { AdmissionAnswer, AdmissionRequest } from '../../webhook/admission-review.ts';
import type { FindResource } from './mutate.ts';
import type { PolicyGates } from './policy.ts';
import { policyFindings } from './policy.ts';
import { workloadTypeOf } from './mutate.ts';

/** What the definitions of every kind have in common, as far as it is checked. */
interface Definition extends KubeObject {
  readonly spec?: {
    readonly version?: string;
    readonly schematic?: Schematic;
    readonly status?: StatusExpressions;
    readonly definitionRef?: { readonly name?: string };
    readonly extension?: JsonObject;
    readonly workload?: {
      readonly type?: string;
      readonly definition?: { readonly apiVersion?: string; readonly kind?: string };
    };
  };
}

/**
 * Checks a definition that is created or updated: its template, schema and expressions compile, its version is one, and
 * it says what it makes. Templates of engines that this version lacks, and problems in the CUE of a workflow step, are
 * admitted with a warning.
 */
export async function validateDefinition(
  request: AdmissionRequest,
  options: DefinitionChecks,
): Promise<AdmissionAnswer> {
  const definition = request.object as Definition | undefined;
  const { operation } = request;
  if (!definition || (operation !== 'CREATE' && operation !== 'UPDATE')) return { allowed: true };
  if (definition.metadata.deletionTimestamp !== undefined) return { allowed: true };
  const template = await templateFindings(definition, options.engines);
  const policy = await policyFindings(definition, options);
  const problems = [
    ...versionProblems(definition),
    ...kindProblems(definition),
    ...schematicProblems(definition),
    ...template.problems,
    ...policy.problems,
    ...(await workloadProblems(definition, options)),
    ...(await outputProblems(definition, options)),
  ];
  const warnings = [...template.warnings, ...policy.warnings];
  if (problems.length === 0) return { allowed: true, warnings };
  const subject = `${definition.kind} ${definition.metadata.name ?? ''}`;
  return { allowed: false, code: 403, message: `${subject}: ${problems.join('; ')}`, warnings };
}

/** What a definition is checked against. */
export interface DefinitionChecks {
  readonly engines: Engines;
  readonly findResource: FindResource;
  /** Whether every kind that a template yields must be served now: the feature gate ValidateResourcesExist. */
  readonly outputKindsMustExist: boolean;
  readonly gates: PolicyGates;
}

/** A type beside the kind of a workload must be the one that follows from the kind. */
async function workloadProblems(
  { kind, spec }: Definition,
  { findResource }: DefinitionChecks,
): Promise<readonly string[]> {
  const { type = '', definition } = spec?.workload ?? {};
  if (kind !== 'ComponentDefinition' || type === '' || !definition?.kind) return [];
  const own = { apiVersion: definition.apiVersion ?? '', kind: definition.kind };
  const expected = await workloadTypeOf(own, findResource);
  if (expected === type) return [];
  const named = `spec.workload.definition names ${own.apiVersion}/${own.kind}`;
  return expected === undefined
    ? [`${named}, which the cluster does not serve; install its CustomResourceDefinition first`]
    : [`spec.workload.type is "${type}", but ${named}, of type "${expected}"; keep one of the two`];
}

/** Addons bring definitions together with the kinds that these need. */
const isOfAddon = ({ metadata }: Definition): boolean =>
  (metadata.ownerReferences ?? []).some(({ kind, name }) => kind === 'Application' && name.startsWith('addon-')) ||
  (metadata.labels?.[labels.appName]?.startsWith('addon-') ?? false) ||
  metadata.annotations?.['addons.oam.dev/name'] !== undefined;

async function outputProblems(
  definition: Definition,
  { findResource, outputKindsMustExist }: DefinitionChecks,
): Promise<readonly string[]> {
  const template = definition.spec && schematicOf(definition.spec)?.cue?.template;
  if (!outputKindsMustExist || template === undefined || isOfAddon(definition)) return [];
  const missing = await Promise.all(
    outputKinds(template).map(async ({ apiVersion, kind }) =>
      (await findResource(apiVersion, kind)) ? [] : [`resource type not found on cluster: ${apiVersion}/${kind}`],
    ),
  );
  return [...new Set(missing.flat())];
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
  isGiven(spec?.definitionRef?.name) || (spec !== undefined && hasTemplate(schematicOf(spec)));

const hasTemplate = (schematic: Schematic | undefined): boolean =>
  (schematic?.handlebars ?? schematic?.cue) !== undefined;

interface Findings {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

async function templateFindings({ kind, metadata, spec }: Definition, engines: Engines): Promise<Findings> {
  const schematic = spec && schematicOf(spec);
  const status = spec?.status;
  if (!schematic) return { problems: [], warnings: [] };
  const template = { name: metadata.name ?? '', schematic, status };
  const engine = engineFor(template, engines);
  if (!engine.ok) return { problems: [], warnings: engine.problems };
  const problems = await engine.value.check(template);
  // KubeVela admits a step whatever its CUE says: addons bring steps that fail only when they are executed
  const isStepInCue = kind === 'WorkflowStepDefinition' && schematic.cue !== undefined;
  return isStepInCue ? { problems: [], warnings: problems } : { problems, warnings: [] };
}
