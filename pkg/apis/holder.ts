import { ApiError } from './api-error.ts';
import type { KubeClient } from './kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';

/**
 * Which process holds a shard, as the fences in the API server read it: a RoleBinding of the Role `holderRole`, one for each
 * Lease, with made-up ServiceAccounts as subjects. The policies in templates/system/5*.yaml spell the same names.
 */
export const holderRole = 'flotilla:hold';

/** The RoleBinding beside a Lease. */
export const holderBindingName = (lease: string): string => `flotilla:holder:${lease}`;

/** What an impersonated request says in `Impersonate-Extra-…`: for which shard, and in which term, its sender acts. */
export const holderExtra = 'flotilla.dev/holder';

export const roleBindings: Resource = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  namespaced: true,
};

/** A process as the API server sees it: `NAME.pod` of its pod, or `ID.credential` of its token. */
export type ProcessName = string;

/** The subject that says in which term of its Lease the holder of a shard is. */
export const termSubject = (shard: string, epoch: number): string => `${epoch}.epoch.${shard}`;

/** The subjects of a shard's RoleBinding: its holder for that shard, for any shard, and its term. */
export const holderSubjects = (shard: string, process: ProcessName, epoch: number): readonly string[] => [
  `${process}.${shard}`,
  process,
  termSubject(shard, epoch),
];

interface Subject {
  readonly kind: string;
  readonly name: string;
}

/** The names of the subjects of a RoleBinding. */
export const subjectsOf = (binding: KubeObject | undefined): readonly string[] =>
  ((binding?.['subjects'] ?? []) as readonly Subject[]).map(({ name }) => name);

/** The term that a RoleBinding names; undefined where it names none. */
export function termOf(binding: KubeObject | undefined): number | undefined {
  const epochs = subjectsOf(binding).map((name) => /^(\d{1,15})\.epoch\./.exec(name)?.[1]);
  const epoch = epochs.find((text) => text !== undefined);
  return epoch === undefined ? undefined : Number(epoch);
}

/** The RoleBinding by which a process holds a shard. */
export function holderBinding(
  lease: { readonly name: string; readonly namespace: string },
  labels: Readonly<Record<string, string>>,
  subjects: readonly string[],
): KubeObject {
  const { name, namespace } = lease;
  const apiGroup = roleBindings.group;
  return {
    apiVersion: `${apiGroup}/v1`,
    kind: 'RoleBinding',
    metadata: { name: holderBindingName(name), namespace, labels },
    roleRef: { apiGroup, kind: 'Role', name: holderRole },
    subjects: subjects.map((subject) => ({ kind: 'ServiceAccount', name: subject, namespace })),
  };
}

interface SelfReview {
  readonly status?: {
    readonly userInfo?: {
      readonly username?: string;
      readonly extra?: Readonly<Record<string, readonly string[]>>;
    };
  };
}

/** This process as the API server sees it. */
export interface Self {
  readonly username: string;
  readonly process: ProcessName | undefined;
}

/** Asks the API server; undefined where it does not answer such questions (before 1.28). */
export async function reviewSelf(client: Pick<KubeClient, 'raw'>, signal: AbortSignal): Promise<Self | undefined> {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  try {
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const { status } = await client.raw<SelfReview>('POST', path, review, { signal });
    const { username = '', extra = {} } = status?.userInfo ?? {};
    return { username, process: processNameOf(extra) };
  } catch (error) {
    if (error instanceof ApiError && error.code < 500 && error.code !== 429) return undefined;
    throw error;
  }
}

function processNameOf(extra: Readonly<Record<string, readonly string[]>>): ProcessName | undefined {
  const pod = extra['authentication.kubernetes.io/pod-name']?.[0];
  if (pod !== undefined) return `${pod}.pod`;
  const credential = extra['authentication.kubernetes.io/credential-id']?.[0];
  return credential === undefined ? undefined : `${credential.toLowerCase().replaceAll('=', '-')}.credential`;
}
