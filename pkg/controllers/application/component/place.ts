import type { Component } from '../../../apis/application.ts';
import type { Json, JsonObject } from '../../../apis/meta.ts';
import { applyOverride } from '../../../appfile/override.ts';
import type { ParsedApplication } from '../../../appfile/parse.ts';
import type { PlannedStep, WorkflowPlan } from '../../../workflow/plan.ts';
import { allSteps } from '../../../workflow/plan.ts';
import type { Placement } from './placement.ts';

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
  const chosen = topologyNamespaces(names, parsed);
  const namespaces = chosen.length > 0 ? chosen : [parsed.app.metadata.namespace ?? ''];
  return {
    ok: true,
    placements: namespaces.flatMap((namespace) => components.map((component) => ({ component, namespace }))),
  };
}

/** The namespaces that those of the named policies choose that are topologies. */
export function topologyNamespaces(names: readonly string[], { app, policies }: ParsedApplication): readonly string[] {
  const topologies = policies.filter(({ name, type }) => type === 'topology' && names.includes(name));
  const own = app.metadata.namespace ?? '';
  return [...new Set(topologies.map((p) => textOf(p.properties?.['namespace']) ?? own))];
}

/** The component that an apply-component step delivers, with the inputs that were put into its properties. */
export function placementOf(properties: JsonObject, parsed: ParsedApplication): Placement {
  const namespace = textOf(properties['namespace']) ?? parsed.app.metadata.namespace ?? '';
  return { component: properties['value'] as unknown as Component, namespace };
}

/** Everything that the steps of a workflow deliver. */
export function allPlacements(plan: WorkflowPlan, parsed: ParsedApplication): readonly Placement[] {
  const list = allSteps(plan).flatMap((step) => {
    if (step.type === 'deploy') {
      const result = placements(step, parsed);
      return result.ok ? result.placements : [];
    }
    return step.type.endsWith('apply-component') ? [placementOf(step.properties, parsed)] : [];
  });
  return [...new Map(list.map((p) => [placementKey(p.component.name, p.namespace), p])).values()];
}

/** The same, and the components that actions of steps delivered, as their services show. */
export function deliveredPlacements(
  plan: WorkflowPlan,
  parsed: ParsedApplication,
  services: readonly { readonly name: string; readonly namespace?: string | undefined }[],
): readonly Placement[] {
  const planned = allPlacements(plan, parsed);
  const known = new Set(planned.map((p) => placementKey(p.component.name, p.namespace)));
  const others = services.flatMap(({ name, namespace = '' }) => {
    const component = parsed.components.find((one) => one.name === name);
    return component && !known.has(placementKey(name, namespace)) ? [{ component, namespace }] : [];
  });
  return [...planned, ...others];
}

export const placementKey = (component: string, namespace: string | undefined): string =>
  `${namespace ?? ''}/${component}`;

const textOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

const stringList = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? (value as readonly Json[]).filter((v) => typeof v === 'string') : [];
