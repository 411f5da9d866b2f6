import {
  groups,
  helm,
  multicluster,
  oam,
  olderEnvironments,
  olderOam,
  olderRefused,
  query,
  terraformPackage,
} from './application-packages.ts';
import { builtin, config, email, http, kube, metrics, time, util } from './core-packages.ts';
import { nearest } from '../../apis/suggest.ts';
import type { ActionPackage, ActionSpec, CueFields } from './spec.ts';

/** The packages that templates of workflow steps may import as `vela/<name>`. */
const packages: Readonly<Record<string, ActionPackage>> = {
  kube,
  builtin,
  http,
  email,
  metrics,
  time,
  util,
  config,
  oam,
  multicluster,
  query,
  terraform: terraformPackage,
  helm,
};

/** Results of older actions that have other names or another shape there. */
const olderReturns: Readonly<Record<string, CueFields>> = {
  'http.do': { 'response?': '{body: string, header?: {...}, trailer?: {...}, statusCode: int, ...}' },
  'kube.list': { 'list?': '{...}', 'err?': 'string' },
};

function older(actions: ActionPackage): ActionPackage {
  const entries = Object.entries(actions).map(
    ([name, spec]) => [name, { ...spec, returns: olderReturns[spec.action] ?? spec.returns }] as const,
  );
  return Object.fromEntries(entries);
}

/** Packages of actions that have parameters and results side by side. */
const flatPackages: Readonly<Record<string, ActionPackage>> = {
  op: older({
    ...kube,
    ...builtin,
    ...http,
    ...email,
    ...metrics,
    ...time,
    ...util,
    ...config,
    ...oam,
    ...olderOam,
    ...olderEnvironments,
    ...multicluster,
    ...olderRefused,
  }),
  ql: older({ Read: kube['Read'], List: kube['List'], ...query } as ActionPackage),
};

export interface FoundPackage {
  readonly actions: ActionPackage;
  /** Whether parameters and results of its actions stand side by side. */
  readonly isFlat: boolean;
}

/** The package that is imported as `vela/<name>`; undefined when there is none. */
export function findPackage(name: string): FoundPackage | undefined {
  const flat = own(flatPackages, name);
  if (flat) return { actions: flat, isFlat: true };
  const actions = own(packages, name);
  return actions && { actions, isFlat: false };
}

export const packageNames: readonly string[] = [...Object.keys(packages), ...Object.keys(flatPackages)];

/** Whether a definition of a package only groups fields. */
export const isGroup = (definition: string): boolean => groups.includes(definition);

/** What a template uses: a definition of a package, without `#`. */
export interface Use {
  readonly packageName: string;
  readonly definition: string;
}

/** Every package and action that does not exist, with the name that may have been meant. */
export function unknownUses(imported: readonly string[], uses: readonly Use[]): readonly string[] {
  const problems = imported
    .filter((name) => !findPackage(name))
    .map((name) => `there is no package "vela/${name}"${meant(name, packageNames, (near) => `"vela/${near}"`)}`);
  for (const { packageName, definition } of uses) {
    const found = findPackage(packageName);
    if (!found || isGroup(definition) || own(found.actions, definition)) continue;
    const near = meant(definition, Object.keys(found.actions), (name) => `${packageName}.#${name}`);
    problems.push(`there is no action ${packageName}.#${definition}${near}`);
  }
  return [...new Set(problems)];
}

export interface FoundAction {
  readonly name: string;
  readonly isFlat: boolean;
}

/** The action that a template names by `#provider` and `#do` instead of a definition; a problem where there is none. */
export function findAction(provider: string, verb: string): FoundAction | string {
  const found = findPackage(provider);
  if (!found) return `there is no provider "${provider}"${meant(provider, packageNames, (near) => `"${near}"`)}`;
  const verbs = new Map<string, string>();
  for (const { action } of Object.values(found.actions)) {
    const short = action.slice(action.indexOf('.') + 1);
    if (!verbs.has(short)) verbs.set(short, action);
  }
  const name = verbs.get(verb);
  if (name !== undefined) return { name, isFlat: found.isFlat };
  return `provider "${provider}" has no action "${verb}"${meant(verb, [...verbs.keys()], (near) => `"${near}"`)}`;
}

/** Fields beside `$params` that are meant to be in it, or to be it; only where a parameter is missing. */
export function misplacedFields(
  action: string,
  params: Readonly<Record<string, unknown>>,
  beside: readonly string[],
): readonly string[] {
  const parameters = new Set(specsOf(action).flatMap((spec) => fieldNames(spec.params)));
  return beside.flatMap((name) => {
    if (name === '$returns') return [];
    if (parameters.has(name) && isEmpty(params[name])) return [`parameter "${name}" of ${action} belongs in $params`];
    const isMeant = Object.values(params).every(isEmpty) && nearest(name, ['$params']) !== undefined;
    return isMeant ? [`${action} has no field "${name}"; did you mean "$params"`] : [];
  });
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === '' ||
  (typeof value === 'object' && value !== null && Object.keys(value).length === 0);

/**
 * Fields that an action does not have. Actions with parameters and results side by side may have any other field: there
 * only one that resembles a parameter which is not given counts.
 */
export function unknownFields(
  action: string,
  params: Readonly<Record<string, unknown>>,
  isFlat: boolean,
): readonly string[] {
  const specs = specsOf(action);
  if (specs.length === 0) return [];
  const known = new Set(specs.flatMap((spec) => [...fieldNames(spec.params), ...fieldNames(spec.returns)]));
  const missing = [...new Set(specs.flatMap((spec) => fieldNames(spec.params)))].filter(
    (name) => params[name] === undefined,
  );
  return Object.keys(params).flatMap((name) => {
    if (known.has(name)) return [];
    const near = nearest(name, isFlat ? missing : known);
    if (isFlat && near === undefined) return [];
    return [`${action} has no parameter "${name}"${near === undefined ? '' : `; did you mean "${near}"`}`];
  });
}

/** Why an action is not performed, and what to use instead; undefined where it is. */
export const refusalOf = (action: string): string | undefined => specsOf(action).find((s) => s.refusal)?.refusal;

/**
 * Every action that is to be performed, by name.
 *
 * @testonly
 */
export const performedActions: readonly string[] = [
  ...new Set(allSpecs().flatMap((s) => (s.refusal ? [] : [s.action]))),
];

const fieldNames = (fields: CueFields): readonly string[] => Object.keys(fields).map((name) => name.replace(/\?$/, ''));

function allSpecs(): readonly ActionSpec[] {
  return [...Object.values(packages), ...Object.values(flatPackages)].flatMap((actions) => Object.values(actions));
}

const specsOf = (action: string): readonly ActionSpec[] => allSpecs().filter((spec) => spec.action === action);

function meant(word: string, candidates: readonly string[], show: (near: string) => string): string {
  const near = nearest(word, candidates);
  return near === undefined ? '' : `; did you mean ${show(near)}`;
}

const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
