import type { Schematic } from '../../apis/definition.ts';
import { schematicOf } from '../../apis/definition.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { isMap } from '../../../machinery/src/patch/json.ts';
import type { PolicyDefinition } from '../../apis/policy-definition.ts';
import { enabledIsNoBoolean } from '../../render/cue/enabled-field.ts';
import type { Engines } from '../../render/engine.ts';
import { engineFor } from '../../render/engine.ts';

/** The feature gates without which policies of scope Application are not executed. */
export interface PolicyGates {
  readonly EnableApplicationScopedPolicies: boolean;
  readonly EnableGlobalPolicies: boolean;
}

interface Findings {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

const maxUsualPriority = 9999;

/** What only PolicyDefinitions must be; nothing for other kinds. */
export async function policyFindings(
  definition: KubeObject,
  { engines, gates }: { readonly engines: Engines; readonly gates: PolicyGates },
): Promise<Findings> {
  if (definition.kind !== 'PolicyDefinition') return { problems: [], warnings: [] };
  const { spec } = definition as Partial<PolicyDefinition>;
  const schematic = schematicOf(spec ?? {});
  if (!schematic?.cue && !schematic?.handlebars)
    return { problems: ['spec.schematic: a PolicyDefinition needs a template in spec.schematic.cue'], warnings: [] };
  return {
    problems: [
      ...templateProblems(spec, schematic),
      ...(spec?.global ? await globalProblems(definition as PolicyDefinition, schematic, engines) : []),
    ],
    warnings: warningsOf(spec, gates),
  };
}

function templateProblems(spec: Partial<PolicyDefinition['spec']> = {}, { cue }: Schematic): readonly string[] {
  if (!spec.scope) return [];
  if (spec.scope !== 'Application') return [`spec.scope: "${spec.scope}" is unknown; use Application, or leave it out`];
  if (!cue) return ['spec.schematic: a policy of scope Application needs a template in spec.schematic.cue'];
  return enabledIsNoBoolean(cue.template) ? ["spec.schematic.cue.template: 'enabled' field must be of type bool"] : [];
}

async function globalProblems(
  { metadata: { name = '' }, spec }: PolicyDefinition,
  schematic: Schematic,
  engines: Engines,
): Promise<readonly string[]> {
  const scope =
    spec.scope === 'Application'
      ? []
      : [`spec.scope: global policies must have scope='Application', found scope='${spec.scope ?? ''}'`];
  const engine = engineFor({ name, schematic }, engines);
  const schema = engine.ok ? await engine.value.parameterSchema({ name, schematic }) : engine;
  const properties = schema.ok ? schema.value['properties'] : undefined;
  const open = Object.entries(isMap(properties) ? properties : {}).flatMap(([parameter, about]) =>
    isMap(about) && about['default'] !== undefined ? [] : [parameter],
  );
  if (open.length === 0) return scope;
  const text = `global policy '${name}' cannot have parameters without default values: ${open.join(', ')}`;
  return [...scope, `${text}; give each one, such as *"production" | string, because no Application sets them`];
}

function warningsOf(spec: Partial<PolicyDefinition['spec']> = {}, gates: PolicyGates): readonly string[] {
  const { scope, global = false, priority = 0 } = spec;
  return [
    ...(global && priority === 0 ? ['global policy should have explicit priority field (defaults to 0)'] : []),
    ...(global && priority > maxUsualPriority ? [`priority ${priority} is unusually high`] : []),
    ...(scope === 'Application' && !gates.EnableApplicationScopedPolicies
      ? ['EnableApplicationScopedPolicies feature gate is disabled; this policy will not execute until it is enabled']
      : []),
    ...(global && !gates.EnableGlobalPolicies
      ? ['EnableGlobalPolicies feature gate is disabled; this policy will not be auto-applied until it is enabled']
      : []),
  ];
}
