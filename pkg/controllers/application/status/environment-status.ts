import type { ApplicationStatus } from '../../../apis/application-status.ts';
import { environmentType } from '../../../appfile/environments.ts';

/** Where an environment of an env-binding policy is delivered. */
export interface PlacedEnvironment {
  readonly policy: string;
  readonly env: string;
  /** Empty where the environment names none: then it is the namespace of the Application. */
  readonly namespace: string;
}

/** The name of the only cluster. */
const clusterName = 'local';

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
    const entry = { env, placements: [{ cluster: clusterName, namespace }] };
    const isKnown = envs.some((one) => one.env === env);
    const status = {
      envs: isKnown ? envs.map((one) => (one.env === env ? entry : one)) : [...envs, entry],
      clusterConnections: [{ clusterName, lastActiveRevision: revision }],
    };
    const after = { name, type: environmentType, status };
    return old ? policies.map((one) => (one === old ? after : one)) : [...policies, after];
  }, before);
}
