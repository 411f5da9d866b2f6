import type { AppPolicy, AppWorkflow, Component } from '../../../apis/application.ts';
import type { JsonObject } from '../../../../machinery/src/meta.ts';
import { fleetKeys } from '../../../apis/names.ts';
import { isMap } from '../../../../machinery/src/patch/json.ts';
import type { Rendered } from '../../../render/engine.ts';

/** What a policy changes of an Application. */
export interface PolicyOutput {
  readonly components?: readonly Component[];
  readonly workflow?: AppWorkflow;
  readonly policies?: readonly AppPolicy[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** What templates see as `context.custom`. */
  readonly ctx?: JsonObject;
}

const isTexts = (value: unknown): boolean =>
  isMap(value) && Object.values(value).every((item) => typeof item === 'string');

const isNamedList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => isMap(item) && typeof item['type'] === 'string');

const shapes: Readonly<
  Record<keyof PolicyOutput, { readonly fits: (value: unknown) => boolean; readonly is: string }>
> = {
  components: { fits: isNamedList, is: 'a list of components with name and type' },
  workflow: { fits: isMap, is: 'a workflow' },
  policies: { fits: isNamedList, is: 'a list of policies with a type' },
  labels: { fits: isTexts, is: 'a map of texts' },
  annotations: { fits: isTexts, is: 'a map of texts' },
  ctx: { fits: isMap, is: 'an object' },
};

/** Reads the fields that the template of a policy yielded; undefined where the policy does not apply. */
export function readPolicyFields(fields: JsonObject): Rendered<PolicyOutput | undefined> {
  const { config, output } = fields;
  const enabled = isMap(config) ? config['enabled'] : fields['enabled'];
  if (enabled !== undefined && typeof enabled !== 'boolean')
    return problem(`${isMap(config) ? 'config.enabled' : 'enabled'} must be true or false`);
  if (enabled === false) return { ok: true, value: undefined };
  if (output === undefined) return problem('the template of a policy of scope Application must yield output');
  if (!isMap(output)) return problem('output must be an object');
  const problems = Object.entries(output).flatMap(([field, value]) => problemsOfField(field, value));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: output };
}

function problemsOfField(field: string, value: unknown): readonly string[] {
  if (!Object.hasOwn(shapes, field))
    return [`output.${field} is not allowed; permitted are ${Object.keys(shapes).join(', ')}`];
  const { fits, is } = shapes[field as keyof PolicyOutput];
  if (!fits(value)) return [`output.${field} must be ${is}`];
  if (field !== 'labels' && field !== 'annotations') return [];
  return Object.keys(value as object)
    .filter((key) => fleetKeys.includes(key))
    .map((key) => `output.${field}: "${key}" assigns the Application to a shard; a policy must not write it`);
}

const problem = (text: string): Rendered<never> => ({ ok: false, problems: [text] });
