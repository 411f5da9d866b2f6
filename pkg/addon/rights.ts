import { ApiError, ignoreNotFound } from '../apis/api-error.ts';
import type { Application } from '../apis/application.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../apis/names.ts';
import { isMap } from '../../machinery/src/patch/json.ts';

const deployments: Resource = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};

/**
 * What the controllers' account may not create of the objects that an addon contains, in one sentence, or undefined. Only
 * objects that the Application holds as they are can be judged, not those that definitions will make of it. Nothing is
 * judged where the controllers act as other users, are not installed, or may not be asked about.
 */
export async function missingRights(
  client: KubeClient,
  app: Application,
  signal: AbortSignal,
): Promise<string | undefined> {
  const kinds = new Map(objectsIn(app).map((object) => [`${object.apiVersion} ${object.kind}`, object]));
  const denied: string[] = [];
  try {
    const account = await controllerAccount(client, signal);
    if (account === undefined) return undefined;
    for (const { apiVersion, kind, metadata } of kinds.values()) {
      const resource = await ignoreNotFound(client.resourceFor(apiVersion, kind));
      if (resource && !(await mayCreate(client, { account, resource, namespace: metadata?.namespace }, signal)))
        denied.push(resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`);
    }
  } catch (error) {
    if (error instanceof ApiError && error.code === 403) return undefined;
    throw error;
  }
  if (denied.length === 0) return undefined;
  const remedy = 'let them with vela install --rights=admin, or add the kinds to its value rbac.dispatch';
  return `the controllers may not create ${denied.sort().join(', ')}, which the addon contains: ${remedy}`;
}

/** The user that the controllers are; undefined where they act as other users, or are not installed. */
async function controllerAccount(client: KubeClient, signal: AbortSignal): Promise<string | undefined> {
  const labelSelector = 'app.kubernetes.io/name=vela-core';
  const options = { namespace: systemNamespace, labelSelector, signal };
  const { items } = await client.list(deployments, options);
  const [first] = items;
  const spec = (first?.['spec'] as DeploymentSpec | undefined)?.template?.spec;
  const args = (spec?.containers ?? []).flatMap((container) => container.args ?? []);
  if (!spec || args.some((arg) => arg.includes('AuthenticateApplication=true'))) return undefined;
  return `system:serviceaccount:${systemNamespace}:${spec.serviceAccountName ?? 'default'}`;
}

interface DeploymentSpec {
  readonly template?: {
    readonly spec?: {
      readonly serviceAccountName?: string;
      readonly containers?: readonly { readonly args?: readonly string[] }[];
    };
  };
}

type Contained = Pick<KubeObject, 'apiVersion' | 'kind'> & { readonly metadata?: { readonly namespace?: string } };

function objectsIn({ spec }: Application): readonly Contained[] {
  const given = spec.components.flatMap(({ type, properties }): readonly unknown[] => {
    if (type === 'raw') return [properties];
    const objects = properties?.['objects'];
    return type === 'k8s-objects' && Array.isArray(objects) ? objects : [];
  });
  const isObject = (one: unknown): boolean =>
    isMap(one) && typeof one['apiVersion'] === 'string' && typeof one['kind'] === 'string';
  return given.filter(isObject) as readonly Contained[];
}

interface Question {
  readonly account: string;
  readonly resource: Resource;
  readonly namespace: string | undefined;
}

async function mayCreate(
  client: KubeClient,
  { account, resource, namespace = systemNamespace }: Question,
  signal: AbortSignal,
): Promise<boolean> {
  const resourceAttributes = {
    verb: 'create',
    group: resource.group,
    resource: resource.plural,
    ...(resource.namespaced && { namespace }),
  };
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user: account, groups: groupsOf(account), resourceAttributes },
  };
  const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
  const { status } = await client.raw<{ status?: { allowed?: boolean } }>('POST', path, review, { signal });
  return status?.allowed === true;
}

const groupsOf = (account: string): readonly string[] => [
  'system:serviceaccounts',
  `system:serviceaccounts:${account.split(':')[2] ?? ''}`,
  'system:authenticated',
];
