import type { KubeClient } from '../apis/kube-client.ts';
import { systemNamespace } from '../apis/names.ts';
import type { Addon } from './addon.ts';
import { absentAs, readApplication } from './store.ts';
import { labels } from '../apis/names.ts';
import { satisfies } from './version.ts';

/** What the cluster or this command lack for an addon, in sentences: versions, and addons that it depends on. */
export async function missingRequirements(
  client: KubeClient,
  { metadata }: Addon,
  cliVersion: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { vela = '', kubernetes = '' } = metadata.system ?? {};
  const needs = (constraint: string, what: string, version: string): readonly string[] =>
    satisfies(version, constraint)
      ? []
      : [`addon ${metadata.name} needs ${what} ${constraint}, but this is ${version}`];
  const core = vela === '' ? '' : await controllerVersion(client, signal);
  const server = kubernetes === '' ? '' : await serverVersion(client, signal);
  return [
    ...needs(vela, 'vela', cliVersion),
    ...needs(vela, 'vela-core', core),
    ...needs(kubernetes, 'Kubernetes', server),
  ];
}

/** The addons that must be enabled first, in sentences. */
export async function missingDependencies(
  client: KubeClient,
  { metadata }: Addon,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const sentences: string[] = [];
  for (const { name, version = '' } of metadata.dependencies ?? []) {
    const app = await readApplication(client, name, signal);
    const enabled = app?.metadata.labels?.[labels.addonVersion] ?? '';
    if (!app) sentences.push(`addon ${metadata.name} depends on ${name}; enable it first: vela addon enable ${name}`);
    else if (!satisfies(enabled, version))
      sentences.push(`addon ${metadata.name} depends on ${name} ${version}, but ${enabled} is enabled`);
  }
  return sentences;
}

interface DeploymentSpec {
  readonly template: { readonly spec: { readonly containers: readonly { readonly image?: string }[] } };
}

/** The image tag of the controller; empty when there is none. */
async function controllerVersion(client: KubeClient, signal: AbortSignal): Promise<string> {
  const resource = await client.resourceFor('apps/v1', 'Deployment');
  const target = { name: 'kubevela-vela-core', namespace: systemNamespace };
  const deployment = await client.get(resource, target, { signal }).catch(absentAs(undefined));
  const image = (deployment?.['spec'] as DeploymentSpec | undefined)?.template.spec.containers[0]?.image ?? '';
  return /:([^:/@]+)$/.exec(image)?.[1] ?? '';
}

async function serverVersion(client: KubeClient, signal: AbortSignal): Promise<string> {
  const { gitVersion = '' } = await client.raw<{ gitVersion?: string }>('GET', '/version', undefined, { signal });
  return gitVersion;
}
