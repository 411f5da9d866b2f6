import type { Component } from '../../../apis/application.ts';
import type { ServiceStatus } from '../../../apis/application-status.ts';
import type { Json, JsonObject } from '../../../../machinery/src/meta.ts';
import { applyOverride } from '../../../appfile/override.ts';
import type { NamedPolicy, ParsedApplication } from '../../../appfile/parse.ts';
import { selectsByLabel } from '../../../appfile/policy-check.ts';
import type { PlannedStep, WorkflowPlan } from '../../../workflow/plan.ts';
import { allSteps } from '../../../workflow/plan.ts';
import { placeEnvironment } from './environment.ts';
import type { Placement } from './placement.ts';
import { localCluster } from './placement.ts';

export type PlacementResult =
  { readonly ok: true; readonly placements: readonly Placement[] } | { readonly ok: false; readonly problem: string };

/** What a deploy step delivers and where, as its policies say. */
export function placements(step: PlannedStep, parsed: ParsedApplication): PlacementResult {
  const names = stringList(step.properties['policies']);
  const policies = [];
  for (const name of names) {
    const policy = parsed.policies.find((p) => p.name === name);
    if (!policy) return { ok: false, problem: `step "${step.name}" names unknown policy "${name}"` };
    policies.push(policy);
  }
  const overrides = policies.filter((p) => p.type === 'override');
  const components = overrides.reduce<readonly Component[]>(
    (list, p) => applyOverride(list, p.properties ?? {}),
    parsed.components,
  );
  if (components.length === 0 && parsed.components.length > 0)
    return { ok: false, problem: noComponent(step, overrides, parsed.components) };
  const topologies = policies.filter(({ type }) => type === 'topology');
  const unselected = topologies.find((policy) => selectsByLabel(policy) && policy.properties?.['allowEmpty'] !== true);
  if (unselected) return { ok: false, problem: noCluster(unselected) };
  const replicated = replicas(components, policies);
  if (!replicated.ok) return replicated;
  const chosen = topologyNamespaces(names, parsed);
  const places = topologies.length > 0 ? chosen : [{ namespace: parsed.app.metadata.namespace ?? '' }];
  return {
    ok: true,
    placements: places.flatMap((place) =>
      replicated.components.map((replica) => ({ ...replica, ...place, cluster: localCluster })),
    ),
  };
}

function noComponent({ name }: PlannedStep, overrides: readonly NamedPolicy[], all: readonly Component[]): string {
  const [policy] = overrides.filter(({ properties = {} }) => properties['selector'] !== undefined);
  const selector = JSON.stringify(policy?.properties?.['selector']);
  return `step "${name}" delivers nothing: selector ${selector} of policy "${policy?.name ?? ''}" selects none of the components ${all.map((one) => one.name).join(', ')}`;
}

const noCluster = ({ name }: NamedPolicy): string =>
  `failed to find any cluster matches given labels: policy "${name}" selects clusters by labels, ` +
  `and "${localCluster}", the only one, has none; use clusters: ["${localCluster}"]`;

type Replicas =
  | { readonly ok: true; readonly components: readonly Pick<Placement, 'component' | 'replicaKey'>[] }
  | { readonly ok: false; readonly problem: string };

/** The components, with one replica for each key of a replication policy in the place of those that it selects. */
function replicas(components: readonly Component[], policies: readonly NamedPolicy[]): Replicas {
  const wanted = policies.filter(({ type }) => type === 'replication');
  const added: Pick<Placement, 'component' | 'replicaKey'>[] = [];
  const replaced = new Set<string>();
  for (const { name, properties = {} } of wanted) {
    const selector = stringList(properties['selector']);
    const chosen = components.filter((component) => selector.includes(component.name));
    if (chosen.length === 0)
      return { ok: false, problem: `failed to apply replicate policy ${name}: no component selected to replicate` };
    for (const component of chosen) {
      replaced.add(component.name);
      added.push(...stringList(properties['keys']).map((replicaKey) => ({ component, replicaKey })));
    }
  }
  const others = components.filter(({ name }) => !replaced.has(name)).map((component) => ({ component }));
  return { ok: true, components: [...others, ...added] };
}

/** The namespaces that those of the named policies choose that are topologies. */
export function topologyNamespaces(
  names: readonly string[],
  { app, policies }: ParsedApplication,
): readonly Pick<Placement, 'namespace' | 'isNamespaceNamed'>[] {
  const topologies = policies.filter((p) => p.type === 'topology' && names.includes(p.name) && !selectsByLabel(p));
  const own = app.metadata.namespace ?? '';
  const named = topologies.map((p) => textOf(p.properties?.['namespace']));
  return [...new Set(named)].map((namespace) =>
    namespace === undefined ? { namespace: own } : { namespace, isNamespaceNamed: true },
  );
}

/** The component that an apply-component step delivers, with the inputs that were put into its properties. */
export function placementOf(properties: JsonObject, parsed: ParsedApplication): Placement {
  const named = textOf(properties['namespace']);
  return {
    component: properties['value'] as unknown as Component,
    namespace: named ?? parsed.app.metadata.namespace ?? '',
    isNamespaceNamed: named !== undefined,
    cluster: textOf(properties['cluster']),
  };
}

/** Everything that the steps of a workflow deliver. */
export function allPlacements(plan: WorkflowPlan, parsed: ParsedApplication): readonly Placement[] {
  const list = allSteps(plan).flatMap((step) => {
    if (step.type === 'deploy') {
      const result = placements(step, parsed);
      return result.ok ? result.placements : [];
    }
    if (step.type === 'deploy2env') {
      const { policy, env } = step.properties;
      const result = placeEnvironment(textOf(policy) ?? '', textOf(env) ?? '', { app: parsed.app, parsed });
      return result.ok ? result.placements : [];
    }
    return step.type.endsWith('apply-component') ? [placementOf(step.properties, parsed)] : [];
  });
  return [...new Map(list.map((p) => [keyOf(p), p])).values()];
}

/** The same, and the components that actions of steps delivered, as their services show. */
export function deliveredPlacements(
  plan: WorkflowPlan,
  parsed: ParsedApplication,
  services: readonly ServiceStatus[],
): readonly Placement[] {
  const planned = allPlacements(plan, parsed);
  const known = new Set(planned.map((p) => placementKey(p.component.name, p.namespace)));
  const others = services.flatMap(({ name, namespace = '', cluster }) => {
    const component = parsed.components.find((one) => one.name === name);
    return component && !known.has(placementKey(name, namespace)) ? [{ component, namespace, cluster }] : [];
  });
  return [...planned, ...others];
}

export const placementKey = (component: string, namespace: string | undefined): string =>
  `${namespace ?? ''}/${component}`;

/** Identifies a placement; replicas of one component differ. */
export const keyOf = ({ component, namespace, replicaKey = '' }: Placement): string =>
  `${placementKey(component.name, namespace)}/${replicaKey}`;

const textOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

const stringList = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? (value as readonly Json[]).filter((v) => typeof v === 'string') : [];
