import type { Component } from '../../../apis/application.ts';
import type { ApplicationStatus } from '../../../apis/application-status.ts';
import type { EnvironmentProperties } from '../../../appfile/environments.ts';
import { environmentsOf, environmentType } from '../../../appfile/environments.ts';
import { applyOverride } from '../../../appfile/override.ts';
import type { ParsedApplication } from '../../../appfile/parse.ts';
import type { Placement } from './placement.ts';
import { localCluster } from './placement.ts';

/** Where an environment of an env-binding policy is delivered. */
export interface PlacedEnvironment {
  readonly policy: string;
  readonly env: string;
  /** Empty where the environment names none: then it is the namespace of the Application. */
  readonly namespace: string;
}

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

type PolicyStatus = NonNullable<ApplicationStatus['policy']>;

/** The status of env-binding policies after environments were placed by a revision. */
export function withEnvironments(
  before: PolicyStatus = [],
  placed: readonly PlacedEnvironment[],
  revision: string,
): PolicyStatus {
  return placed.reduce<PolicyStatus>((policies, { policy: name, env, namespace }) => {
    const old = policies.find((one) => one.name === name);
    const { envs = [] } = (old?.status ?? {}) as { readonly envs?: readonly { readonly env: string }[] };
    const entry = { env, placements: [{ cluster: localCluster, namespace }] };
    const isKnown = envs.some((one) => one.env === env);
    const status = {
      envs: isKnown ? envs.map((one) => (one.env === env ? entry : one)) : [...envs, entry],
      clusterConnections: [{ clusterName: localCluster, lastActiveRevision: revision }],
    };
    const after = { name, type: environmentType, status };
    return old ? policies.map((one) => (one === old ? after : one)) : [...policies, after];
  }, before);
}
