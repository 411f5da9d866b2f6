import type { Json, JsonObject } from '../../machinery/src/meta.ts';
import type { ExpressionResult, Expressions } from './expressions.ts';
import { getPath, parsePath, setPath } from './path.ts';
import type { PlannedStep, StepInput, StepOutput, WorkflowPlan } from './plan.ts';
import { allSteps } from './plan.ts';

/** What steps publish for one another, by name. */
export type Variables = Readonly<Record<string, Json>>;

/** What inputs may name beside variables: `context` and, for steps, `parameter`. */
export type InputScope = Readonly<Record<string, JsonObject>>;

/** The value that an input asks for: a variable, a path into one, or a path into the scope. */
export function inputValue(input: StepInput, variables: Variables, scope: InputScope): Json | undefined {
  if (Object.hasOwn(variables, input.from)) return variables[input.from];
  const path = parsePath(input.from);
  if (!path) return undefined;
  return getPath(variables, path) ?? getPath(scope, path);
}

/** The inputs of a step that have no value yet. */
export function missingInputs(step: PlannedStep, variables: Variables, context: JsonObject): readonly string[] {
  const scope = { context, parameter: step.properties };
  return step.inputs.filter((input) => !isKnown(input, variables, scope)).map((i) => i.from);
}

/** A path into a variable that is null, or has nothing there, waits for nothing more. */
function isKnown(input: StepInput, variables: Variables, scope: InputScope): boolean {
  if (inputValue(input, variables, scope) !== undefined) return true;
  const [root = ''] = parsePath(input.from) ?? [];
  return Object.hasOwn(variables, root);
}

/** The properties of a step with its inputs put in. */
export function withInputs(step: PlannedStep, variables: Variables, context: JsonObject): JsonObject {
  const scope = { context, parameter: step.properties };
  return step.inputs.reduce<JsonObject>((properties, input) => {
    const path = input.parameterKey ? parsePath(input.parameterKey) : undefined;
    const value = inputValue(input, variables, scope) ?? null;
    return path ? (setPath(properties, path, value) as JsonObject) : properties;
  }, step.properties);
}

/** The outputs in a plan, each with the step that gives it. */
export const outputsOf = (plan: WorkflowPlan): readonly (readonly [step: PlannedStep, output: string])[] =>
  allSteps(plan).flatMap((step) => step.outputs.map(({ name }) => [step, name] as const));

export interface OutputValues {
  /** The values by output; null where the path leads nowhere. */
  readonly variables: Variables;
  /** Why outputs are null, in the words of KubeVela; empty when all have a value. */
  readonly problems: string;
  /** The first expression that cannot be evaluated, whatever the step leaves behind, and why. */
  readonly invalid?: string;
}

/** The first output with an expression that cannot be evaluated over any fields, and why. */
export async function invalidOutput(
  outputs: readonly StepOutput[],
  expressions: Expressions,
): Promise<string | undefined> {
  for (const output of outputs) {
    const text = output.valueFrom.trim();
    const problem = parsePath(text) ? undefined : await expressions.check(text);
    if (problem !== undefined) return invalid(output, problem);
  }
  return undefined;
}

const invalid = ({ name, valueFrom }: StepOutput, problem: string): string =>
  `output "${name}": valueFrom: ${valueFrom.trim()} cannot be evaluated: ${problem}`;

/** Reads the outputs of a step from what it left behind. */
export async function outputValues(
  outputs: readonly StepOutput[],
  produced: JsonObject,
  expressions: Expressions,
): Promise<OutputValues> {
  const variables: Record<string, Json> = {};
  let problems = '';
  let wrong: string | undefined;
  for (const output of outputs) {
    const { name, valueFrom } = output;
    const result = await outputValue(valueFrom.trim(), produced, expressions);
    variables[name] = result.ok ? result.value : null;
    if (result.ok) continue;
    problems += `failed to get output from ${valueFrom}: ${result.problem}\n`;
    if (result.isFinal) wrong ??= invalid(output, result.problem);
  }
  return { variables, problems, ...(wrong !== undefined && { invalid: wrong }) };
}

async function outputValue(text: string, produced: JsonObject, expressions: Expressions): Promise<ExpressionResult> {
  const path = parsePath(text);
  if (!path) return expressions.evaluate(text, withReturns(produced));
  const value = getPath(produced, path) ?? getPath(produced, [...path.slice(0, 1), '$returns', ...path.slice(1)]);
  if (value !== undefined) return { ok: true, value };
  return { ok: false, problem: `failed to lookup value: var(path=${lastTried(text)}) not exist`, isFinal: false };
}

/** The path that KubeVela reads last: below what an action returned, unless the text names that itself. */
function lastTried(text: string): string {
  if (text.includes('$returns.')) return text;
  const at = text.indexOf('output.') + 'output.'.length;
  return text.includes('output.') ? `${text.slice(0, at)}$returns.${text.slice(at)}` : `${text}.$returns`;
}

/** Fields of actions with what these returned beside their parameters, so that older paths find it. */
function withReturns(produced: JsonObject): JsonObject {
  const entries = Object.entries(produced).map(([key, value]) => {
    const returned = getPath(value, ['$returns']);
    return [key, isObject(value) && isObject(returned) ? { ...returned, ...value } : value] as const;
  });
  return Object.fromEntries(entries);
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
