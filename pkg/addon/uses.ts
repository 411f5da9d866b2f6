import type { Application } from '../apis/application.ts';
import { applicationResource } from '../apis/application.ts';
import type { KubeClient } from '../apis/kube-client.ts';

/** The definitions that an addon's Application says it brought, as `c:name`, `t:name`, `w:name` and `p:name`. */
export function definitionNames({ metadata }: Application): ReadonlySet<string> {
  const kinds = {
    c: 'addon.oam.dev/componentDefinitions',
    t: 'addon.oam.dev/traitDefinitions',
    w: 'addon.oam.dev/workflowStepDefinitions',
    p: 'addon.oam.dev/policyDefinitions',
  };
  const listed = Object.entries(kinds).flatMap(([letter, key]) =>
    (metadata.annotations?.[key] ?? '')
      .split(',')
      .filter((name) => name !== '')
      .map((name) => `${letter}:${name}`),
  );
  return new Set(listed);
}

/** The Applications that use one of the definitions. */
export async function readApplicationUses(
  client: KubeClient,
  names: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<readonly Application[]> {
  const { items } = await client.list<Application>(applicationResource, { signal });
  return items.filter((app) => usesOf(app).some((used) => names.has(used)));
}

function usesOf({ spec }: Application): readonly string[] {
  const plain = (type: string): string => type.split('@', 1)[0] ?? type;
  const steps = (spec.workflow?.steps ?? []).flatMap((step) => [step, ...(step.subSteps ?? [])]);
  return [
    ...spec.components.map(({ type }) => `c:${plain(type)}`),
    ...spec.components.flatMap(({ traits = [] }) => traits.map(({ type }) => `t:${plain(type)}`)),
    ...steps.map(({ type }) => `w:${plain(type)}`),
    ...(spec.policies ?? []).map(({ type }) => `p:${plain(type)}`),
  ];
}
