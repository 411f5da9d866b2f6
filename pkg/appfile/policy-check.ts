import type { AppPolicy } from '../apis/application.ts';
import { environmentProblems } from './environments.ts';
import { overrideProblems } from './override.ts';
import { ruleProblems } from './rule-check.ts';
import { suggestion } from './suggest.ts';

/** Policy types that change how resources are delivered and never become resources themselves. */
const builtInPolicies = [
  'garbage-collect',
  'apply-once',
  'shared-resource',
  'take-over',
  'read-only',
  'resource-update',
  'topology',
  'override',
  'replication',
  'env-binding',
  'debug',
] as const;

/** The name by which the cluster of the control plane itself is addressed. */
const localCluster = 'local';

/** Whether the controller itself carries a type of policies out; what a PolicyDefinition of that name says is documentation. */
export const isBuiltInPolicy = (type: string): boolean => builtInPolicies.some((known) => known === type);

/** Returns what is wrong with the policies of an Application; those of other types need a definition. */
export function policyProblems(
  policies: readonly (AppPolicy & { readonly name: string })[],
  definitions: Readonly<Record<string, unknown>>,
): string[] {
  const problems: string[] = [];
  const names = new Set<string>();
  for (const policy of policies) {
    if (names.has(policy.name)) problems.push(`policy "${policy.name}" is declared twice`);
    names.add(policy.name);
    problems.push(...typeProblems(policy, definitions), ...topologyProblems(policy), ...ruleProblems(policy));
    problems.push(...environmentProblems(policy, localCluster), ...overrideProblems(policy));
  }
  return problems;
}

function typeProblems(
  { name, type, properties }: AppPolicy & { readonly name: string },
  definitions: Readonly<Record<string, unknown>>,
): string[] {
  const known: readonly string[] = builtInPolicies;
  if (!known.includes(type) && !Object.hasOwn(definitions, type)) {
    const hint = suggestion(type, known) || `; built in are ${known.join(', ')}, and others need a PolicyDefinition`;
    return [`policy "${name}" has unknown type "${type}"${hint}`];
  }
  return type !== 'debug' && properties === undefined ? [`policy "${name}" of type "${type}" needs properties`] : [];
}

function topologyProblems({ name, type, properties = {} }: AppPolicy & { readonly name: string }): string[] {
  if (type !== 'topology') return [];
  const clusters = properties['clusters'];
  const foreign = Array.isArray(clusters) ? clusters.filter((c) => c !== localCluster) : [];
  return foreign.map((c) => `policy "${name}" names cluster "${String(c)}"; only "local" is available`);
}

/** Whether a topology selects clusters by labels. An empty selector selects every cluster, and that is `local`. */
export function selectsByLabel({ properties = {} }: AppPolicy): boolean {
  if (Array.isArray(properties['clusters'])) return false;
  const selector = properties['clusterLabelSelector'];
  return typeof selector === 'object' && selector !== null && Object.keys(selector).length > 0;
}
