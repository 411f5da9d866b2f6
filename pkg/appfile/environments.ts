import type { AppPolicy } from '../apis/application.ts';
import type { OverrideProperties } from './override.ts';

/** The type of policies that declare environments. */
export const environmentType = 'env-binding';

interface Selector {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** One environment of an env-binding policy. */
export interface EnvironmentProperties {
  readonly name: string;
  readonly placement?: { readonly clusterSelector?: Selector; readonly namespaceSelector?: Selector };
  readonly selector?: { readonly components?: readonly string[] };
  readonly patch?: Pick<OverrideProperties, 'components'>;
}

/** The environments that a policy declares; none where it is of another type. */
export function environmentsOf({ type, properties }: AppPolicy): readonly EnvironmentProperties[] {
  const envs = type === environmentType ? properties?.['envs'] : undefined;
  return Array.isArray(envs) ? (envs as unknown[] as readonly EnvironmentProperties[]) : [];
}

/** Whether a selector asks for labels. */
const hasLabels = (selector: Selector | undefined): boolean => Object.keys(selector?.labels ?? {}).length > 0;

/** Returns what is wrong with the environments of a policy; `cluster` is the name of the only cluster. */
export function environmentProblems(policy: AppPolicy & { readonly name: string }, cluster: string): string[] {
  if (policy.type !== environmentType) return [];
  const names = new Set<string>();
  return environmentsOf(policy).flatMap(({ name, placement }) => {
    const env = `env "${name}" of policy "${policy.name}"`;
    const isTwice = names.has(name);
    names.add(name);
    const chosen = placement?.clusterSelector?.name ?? '';
    return [
      ...(name ? [] : [`an env of policy "${policy.name}" has no name`]),
      ...(isTwice ? [`${env} is declared twice`] : []),
      ...(chosen !== '' && chosen !== cluster
        ? [`${env} names cluster "${chosen}"; only "${cluster}" is available`]
        : []),
      ...(hasLabels(placement?.clusterSelector)
        ? [`${env} selects clusters by labels; name "${cluster}" instead`]
        : []),
      ...(hasLabels(placement?.namespaceSelector)
        ? [`${env} selects namespaces by labels; name one namespace instead`]
        : []),
    ];
  });
}
