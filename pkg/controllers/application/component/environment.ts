import type { Component } from '../../../apis/application.ts';
import type { EnvironmentProperties } from '../../../appfile/environments.ts';
import { environmentsOf, environmentType } from '../../../appfile/environments.ts';
import { applyOverride } from '../../../appfile/override.ts';
import type { ParsedApplication } from '../../../appfile/parse.ts';
import type { PlacedEnvironment } from '../status/environment-status.ts';
import type { Placement } from './placement.ts';
import { localCluster } from './placement.ts';

export type EnvironmentResult =
  | {
      readonly ok: true;
      readonly environment: PlacedEnvironment;
      readonly components: readonly Component[];
      readonly placements: readonly Placement[];
    }
  | { readonly ok: false; readonly problem: string };

/** The components of one environment, patched and selected as its policy says; without a name, of the first such policy. */
export function placeEnvironment(name: string, env: string, { app, parsed }: Environments): EnvironmentResult {
  const policies = parsed.policies.filter(({ type }) => type === environmentType);
  const policy = name === '' ? policies[0] : policies.find((one) => one.name === name);
  if (!policy)
    return problem(name === '' ? 'there is no env-binding policy' : `there is no env-binding policy "${name}"`);
  const environments = environmentsOf(policy);
  const chosen = environments.find((one) => one.name === env);
  if (!chosen) {
    const names = environments.map((one) => `"${one.name}"`).join(', ');
    return problem(`policy "${policy.name}" has no env "${env}"; it has ${names === '' ? 'none' : names}`);
  }
  const namespace = chosen.placement?.namespaceSelector?.name ?? '';
  const components = patched(parsed.components, chosen);
  return {
    ok: true,
    environment: { policy: policy.name, env, namespace },
    components,
    placements: components.map((component) => ({
      component,
      namespace: namespace === '' ? (app.metadata.namespace ?? '') : namespace,
      isNamespaceNamed: namespace !== '',
      cluster: localCluster,
    })),
  };
}

interface Environments {
  readonly app: ParsedApplication['app'];
  readonly parsed: Pick<ParsedApplication, 'policies' | 'components'>;
}

const problem = (text: string): EnvironmentResult => ({ ok: false, problem: text });

function patched(components: readonly Component[], { patch, selector }: EnvironmentProperties): readonly Component[] {
  return applyOverride(components, {
    ...(patch?.components && { components: patch.components }),
    ...(selector?.components && { selector: selector.components }),
  });
}
