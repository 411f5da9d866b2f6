import type { Application } from '../../apis/application.ts';
import type { Json, JsonObject } from '../../../machinery/src/meta.ts';
import type { WorkflowSubStep } from '../../apis/workflow.ts';
import type { DefinitionKindName } from '../../appfile/definition-lookup.ts';
import { declaredIn, isOpen } from '../../appfile/declared.ts';
import { suggestion } from '../../appfile/suggest.ts';
import { isMap } from '../../../machinery/src/patch/json.ts';

/** The OpenAPI schema of a definition's parameters; undefined where it is not known. */
export type ParameterSchemas = (kind: DefinitionKindName, type: string) => Promise<JsonObject | undefined>;

interface Use {
  readonly field: string;
  readonly kind: DefinitionKindName;
  readonly what: string;
  readonly type: string;
  readonly properties: JsonObject;
}

/**
 * One sentence for each property of an Application that its definition does not declare: templates ignore it, so it is
 * probably misspelt.
 */
export async function undeclaredProperties(app: Application, schemas: ParameterSchemas): Promise<readonly string[]> {
  const found = await Promise.all(
    usesOf(app).map(async ({ field, kind, what, type, properties }) => {
      const schema = await schemas(kind, type);
      if (!schema) return [];
      return undeclaredIn(schema, properties, `${field}.properties`).map(
        ({ path, hint }) => `${path}: ${what} "${type}" does not declare it, so it has no effect${hint}`,
      );
    }),
  );
  return found.flat();
}

function usesOf({ spec }: Application): readonly Use[] {
  const components = spec.components.flatMap((component, i): readonly Use[] => {
    const field = `spec.components[${i}]`;
    const traits = (component.traits ?? []).map((trait, j) => use(`${field}.traits[${j}]`, 'TraitDefinition', trait));
    return [use(field, 'ComponentDefinition', component), ...traits];
  });
  const policies = (spec.policies ?? []).map((policy, i) => use(`spec.policies[${i}]`, 'PolicyDefinition', policy));
  const steps = (spec.workflow?.steps ?? []).flatMap((step, i): readonly Use[] => {
    const field = `spec.workflow.steps[${i}]`;
    const subs = (step.subSteps ?? []).map((sub, j) => stepUse(`${field}.subSteps[${j}]`, sub));
    return [stepUse(field, step), ...subs];
  });
  return [...components, ...policies, ...steps].filter(({ properties }) => Object.keys(properties).length > 0);
}

const words: Readonly<Record<DefinitionKindName, string>> = {
  ComponentDefinition: 'component type',
  TraitDefinition: 'trait',
  PolicyDefinition: 'policy type',
  WorkflowStepDefinition: 'step type',
};

function use(
  field: string,
  kind: DefinitionKindName,
  { type, properties }: { readonly type: string; readonly properties?: unknown },
): Use {
  return { field, kind, what: words[kind], type, properties: isMap(properties) ? (properties as JsonObject) : {} };
}

const stepUse = (field: string, step: WorkflowSubStep): Use => use(field, 'WorkflowStepDefinition', step);

interface Undeclared {
  readonly path: string;
  /** A suggestion, or nothing. */
  readonly hint: string;
}

/** The properties in a value that a schema does not declare. A schema without properties accepts any. */
export function undeclaredIn(schema: JsonObject, value: Json | undefined, path: string): readonly Undeclared[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    const list = value as readonly Json[];
    return isMap(items) ? list.flatMap((item, i) => undeclaredIn(items, item, `${path}[${i}]`)) : [];
  }
  const declared = declaredIn(schema);
  if (!isMap(value) || declared.size === 0) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const property = declared.get(key);
    if (property) return undeclaredIn(property, item, `${path}.${key}`);
    return isOpen(schema) ? [] : [{ path: `${path}.${key}`, hint: suggestion(key, [...declared.keys()]) }];
  });
}
