import type { Json, JsonObject } from '../apis/meta.ts';
import type { Expressions } from './expressions.ts';
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
  /** What the user is to know of outputs that are null. */
  readonly notes: readonly string[];
  /** Why an expression cannot be evaluated. */
  readonly problems: readonly string[];
}

/** Reads the outputs of a step from what it left behind. */
export async function outputValues(
  outputs: readonly StepOutput[],
  produced: JsonObject,
  expressions: Expressions,
): Promise<OutputValues> {
  const variables: Record<string, Json> = {};
  const notes: string[] = [];
  const problems: string[] = [];
  for (const { name, valueFrom } of outputs) {
    const text = valueFrom.trim();
    const path = parsePath(text);
    if (path) {
      const value = getPath(produced, path) ?? getPath(produced, [...path.slice(0, 1), '$returns', ...path.slice(1)]);
      variables[name] = value ?? null;
      if (value === undefined) notes.push(`output "${name}" is null: nothing at ${text}`);
      continue;
    }
    const result = await expressions.evaluate(text, withReturns(produced));
    if (result.ok) variables[name] = result.value;
    else problems.push(problemOf(name, text, result.problem));
  }
  return { variables, notes, problems };
}

/** The problems of output expressions that no value can mend. */
export async function outputProblems(
  outputs: readonly StepOutput[],
  expressions: Expressions,
): Promise<readonly string[]> {
  const written = outputs.map(({ name, valueFrom }) => ({ name, text: valueFrom.trim() }));
  const problems = await Promise.all(
    written
      .filter(({ text }) => !parsePath(text))
      .map(async ({ name, text }) => ({ name, text, problem: await expressions.check(text) })),
  );
  return problems.flatMap(({ name, text, problem }) => (problem === undefined ? [] : [problemOf(name, text, problem)]));
}

const problemOf = (name: string, text: string, problem: string): string =>
  `output "${name}": valueFrom ${JSON.stringify(text)}: ${problem}`;

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
