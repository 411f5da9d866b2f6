import type { PolicyRule } from './rbac.ts';

/** A rule of one verb and one resource or path, with one name at most. */
export interface Right {
  readonly verb: string;
  readonly apiGroup?: string;
  /** As a rule names it: `pods`, `pods/log`, `*`, or for all resources with a subresource `*` + `/scale`. */
  readonly resource?: string;
  readonly name?: string;
  readonly path?: string;
}

/** The single rights that a rule grants. */
export function rightsOf(rule: PolicyRule): Right[] {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const names = resourceNames.length === 0 ? [undefined] : resourceNames;
  return [
    ...apiGroups.flatMap((apiGroup) =>
      resources.flatMap((resource) =>
        verbs.flatMap((verb) =>
          names.map((name) => ({ verb, apiGroup, resource, ...(name === undefined ? {} : { name }) })),
        ),
      ),
    ),
    ...nonResourceURLs.flatMap((path) => verbs.map((verb) => ({ verb, path }))),
  ];
}

/** Whether a rule grants a right; what is `*` in the right must be `*` in the rule. */
export function grants(rule: PolicyRule, { verb, apiGroup, resource, name, path }: Right): boolean {
  const has = (list: readonly string[] | undefined, value: string) =>
    (list ?? []).includes('*') || (list ?? []).includes(value);
  if (!has(rule.verbs, verb)) return false;
  if (path !== undefined) return (rule.nonResourceURLs ?? []).some((pattern) => coversPath(pattern, path));
  if (!has(rule.apiGroups, apiGroup ?? '')) return false;
  const names = rule.resourceNames ?? [];
  if (names.length > 0 && (name === undefined || !names.includes(name))) return false;
  return coversResource(rule.resources ?? [], resource ?? '');
}

function coversPath(pattern: string, path: string): boolean {
  return pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, '')));
}

function coversResource(resources: readonly string[], resource: string): boolean {
  if (resources.includes('*') || resources.includes(resource)) return true;
  const slash = resource.indexOf('/');
  return slash !== -1 && resources.includes(`*${resource.slice(slash)}`);
}

/** Rights as rules, in the words of a refusal: those of one resource, and of one name of it, with all their verbs. */
export function describeRights(rights: readonly Right[]): string[] {
  const compact = new Map<string, { readonly right: Right; readonly verbs: string[] }>();
  for (const right of rights) {
    const { apiGroup, resource, name, path, verb } = right;
    const key = JSON.stringify(path === undefined ? [apiGroup, resource, name ?? null] : [path, verb]);
    const known = compact.get(key);
    if (known === undefined) compact.set(key, { right, verbs: [verb] });
    else known.verbs.push(verb);
  }
  return [...compact.values()].map(({ right, verbs }) => describe(right, verbs)).sort();
}

function describe({ apiGroup, resource, name, path }: Right, verbs: readonly string[]): string {
  const parts = [
    ...(apiGroup === undefined ? [] : [`APIGroups:${quoted([apiGroup])}`]),
    ...(resource === undefined ? [] : [`Resources:${quoted([resource])}`]),
    ...(path === undefined ? [] : [`NonResourceURLs:${quoted([path])}`]),
    ...(name === undefined ? [] : [`ResourceNames:${quoted([name])}`]),
    `Verbs:${quoted(verbs)}`,
  ];
  return `{${parts.join(', ')}}`;
}

/** A list of texts as Go prints it: `["a" "b"]`. */
export function quoted(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
}
