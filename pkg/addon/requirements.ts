import type { KubeClient } from '../apis/kube-client.ts';
import { compatibleKubeVela } from '../apis/compatibility.ts';
import type { Addon } from './addon.ts';
import { readApplication } from './store.ts';
import { labels } from '../apis/names.ts';
import { isConstraint, satisfies } from './version.ts';

/** The requirements of an addon that Flotilla or the cluster does not meet, in sentences. */
export async function missingRequirements(
  client: KubeClient,
  { metadata }: Addon,
  ownVersion: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { vela = '', kubernetes = '' } = metadata.system ?? {};
  const server = kubernetes === '' ? '' : await serverVersion(client, signal);
  const subject = `addon ${metadata.name} requires`;
  const flotilla = `Flotilla ${ownVersion} is compatible with KubeVela ${compatibleKubeVela}`;
  return [
    ...malformed(metadata.name, { vela, kubernetes }),
    ...(satisfies(compatibleKubeVela, vela) ? [] : [`${subject} KubeVela ${vela}; ${flotilla}`]),
    ...(satisfies(server, kubernetes) ? [] : [`${subject} Kubernetes ${kubernetes}; the cluster runs ${server}`]),
  ];
}

const malformed = (addon: string, constraints: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(constraints)
    .filter(([, constraint]) => !isConstraint(constraint))
    .map(([what, constraint]) => `addon ${addon}: metadata.yaml: system.${what}: "${constraint}" is no constraint`);

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

async function serverVersion(client: KubeClient, signal: AbortSignal): Promise<string> {
  const { gitVersion = '' } = await client.raw<{ gitVersion?: string }>('GET', '/version', undefined, { signal });
  return gitVersion;
}
