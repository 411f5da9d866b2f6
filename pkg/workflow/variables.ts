import type { Json, JsonObject } from '../apis/meta.ts';
import { getPath, parsePath, setPath } from './path.ts';
import type { PlannedStep, StepInput, StepOutput } from './plan.ts';

/** What steps publish for one another, by name. */
export type Variables = Readonly<Record<string, Json>>;

/** The value that an input asks for: a variable, a path into one, or a path into context. */
export function inputValue(input: StepInput, variables: Variables, context: JsonObject): Json | undefined {
  if (Object.hasOwn(variables, input.from)) return variables[input.from];
  const path = parsePath(input.from);
  if (!path) return undefined;
  return path[0] === 'context' ? getPath(context, path.slice(1)) : getPath(variables, path);
}

/** The inputs of a step that have no value yet. */
export function missingInputs(step: PlannedStep, variables: Variables, context: JsonObject): readonly string[] {
  return step.inputs.filter((i) => inputValue(i, variables, context) === undefined).map((i) => i.from);
}

/** The properties of a step with its inputs put in. */
export function withInputs(step: PlannedStep, variables: Variables, context: JsonObject): JsonObject {
  return step.inputs.reduce<JsonObject>((properties, input) => {
    const path = input.parameterKey ? parsePath(input.parameterKey) : undefined;
    const value = inputValue(input, variables, context);
    return path && value !== undefined ? (setPath(properties, path, value) as JsonObject) : properties;
  }, step.properties);
}

export type OutputsResult =
  { readonly ok: true; readonly variables: Variables } | { readonly ok: false; readonly problem: string };

/** Reads the outputs of a finished step from what it left behind. */
export function outputValues(outputs: readonly StepOutput[], produced: JsonObject): OutputsResult {
  const variables: Record<string, Json> = {};
  for (const { name, valueFrom } of outputs) {
    const path = parsePath(valueFrom.trim());
    if (!path) {
      return { ok: false, problem: `output "${name}": valueFrom "${valueFrom}" is not a path such as output.status.x` };
    }
    const value = getPath(produced, path) ?? getPath(produced, [...path.slice(0, 1), '$returns', ...path.slice(1)]);
    if (value === undefined) return { ok: false, problem: `output "${name}": nothing at ${valueFrom}` };
    variables[name] = value;
  }
  return { ok: true, variables };
}
