import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import { idOf } from './inventory.ts';

interface Installation {
  /** What this installation would bring. */
  readonly wanted: readonly KubeObject[];
  readonly namespace: string;
  readonly signal: AbortSignal;
}

interface Webhooks {
  readonly webhooks?: readonly {
    readonly name: string;
    readonly failurePolicy?: string;
    readonly clientConfig?: { readonly service?: { readonly name: string; readonly namespace: string } };
    readonly rules?: readonly { readonly apiGroups?: readonly string[] }[];
  }[];
}

/**
 * Webhooks of Applications and definitions that no Service answers keep everything from being written. Configurations with a
 * name of this installation are taken over by it.
 */
export async function webhookFindings(
  client: KubeClient,
  { wanted, signal }: Installation,
): Promise<readonly Finding[]> {
  const taken = new Set(wanted.map(idOf));
  const findings: Finding[] = [];
  for (const kind of ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']) {
    const apiVersion = 'admissionregistration.k8s.io/v1';
    const resource = await client.resourceFor(apiVersion, kind);
    const { items } = await client.list(resource, { signal });
    for (const item of items.filter((one) => !taken.has(idOf({ ...one, apiVersion, kind })))) {
      for (const { name, clientConfig, failurePolicy, rules } of (item as KubeObject & Webhooks).webhooks ?? []) {
        const service = clientConfig?.service;
        if (!service || !rules?.some(({ apiGroups }) => apiGroups?.includes('core.oam.dev'))) continue;
        if (await hasEndpoint(client, service, signal)) continue;
        const level = failurePolicy === 'Ignore' ? 'note' : 'stop';
        const message = `webhook ${name} calls Service ${service.namespace}/${service.name}, which has no ready endpoint; delete the configuration`;
        findings.push(finding(level, `${kind} ${item.metadata.name ?? ''}`, message));
      }
    }
  }
  return findings;
}

interface EndpointSlice extends KubeObject {
  readonly endpoints?: readonly { readonly conditions?: { readonly ready?: boolean } }[] | null;
}

async function hasEndpoint(
  client: KubeClient,
  { name, namespace }: { readonly name: string; readonly namespace: string },
  signal: AbortSignal,
): Promise<boolean> {
  const resource = await client.resourceFor('discovery.k8s.io/v1', 'EndpointSlice');
  const labelSelector = `kubernetes.io/service-name=${name}`;
  const { items } = await client.list<EndpointSlice>(resource, { namespace, labelSelector, signal });
  return items.some(({ endpoints }) => endpoints?.some(({ conditions }) => conditions?.ready !== false));
}

interface Binding extends KubeObject {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
}

/** Rights that an earlier installation gave to an account of this one: they stay, and `rights` does not limit them. */
export async function rightsFindings(
  client: KubeClient,
  { wanted, namespace, signal }: Installation,
): Promise<readonly Finding[]> {
  const accounts = new Set(wanted.filter(({ kind }) => kind === 'ServiceAccount').map(({ metadata }) => metadata.name));
  const taken = new Set(wanted.map(idOf));
  const [apiVersion, kind] = ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'];
  const resource = await client.resourceFor(apiVersion, kind);
  const { items } = await client.list<Binding>(resource, { signal });
  return items
    .filter((one) => !taken.has(idOf({ ...one, apiVersion, kind })))
    .filter(({ subjects }) =>
      subjects?.some((s) => s.kind === 'ServiceAccount' && s.namespace === namespace && accounts.has(s.name)),
    )
    .map(({ metadata, roleRef }) => {
      const message = `gives the account of the controllers ${roleRef.kind} ${roleRef.name} beside the rights of this installation; delete it once there is no way back`;
      return finding('note', `${kind} ${metadata.name ?? ''}`, message);
    });
}

interface Containers {
  readonly template?: { readonly spec?: { readonly containers?: readonly { readonly args?: readonly string[] }[] } };
}

const argsOf = ({ spec }: KubeObject): readonly string[] =>
  ((spec ?? {}) as Containers).template?.spec?.containers?.flatMap(({ args }) => args ?? []) ?? [];

/** Controllers of KubeVela's addon `vela-workflow`: with the controllers of this installation, each step would run twice. */
export async function workflowFindings(
  client: KubeClient,
  { wanted, signal }: Installation,
): Promise<readonly Finding[]> {
  const isOff = wanted.some((one) => one.kind === 'Deployment' && argsOf(one).includes('--enable-workflow-runs=false'));
  if (isOff) return [];
  const resource = await client.resourceFor('apps/v1', 'Deployment');
  const { items } = await client.list(resource, { labelSelector: 'app.kubernetes.io/name=vela-workflow', signal });
  return items.map(({ metadata: { namespace, name } }) => {
    const remedy = 'disable the addon, or set extraArgs={--enable-workflow-runs=false}';
    const message = `executes WorkflowRuns, too, so that each step would run twice; ${remedy}`;
    return finding('stop', `Deployment ${namespace ?? ''}/${name ?? ''}`, message);
  });
}
