import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { configMaps, secrets } from '../contract/builtin.ts';
import type { Container, EnvVar, KeyRef } from './pod.ts';
import { specOf } from './pod.ts';

/** What environment variables of a pod may come from. */
export interface EnvironmentSources {
  readonly pod: KubeObject;
  readonly podIp: string;
  readonly hostIp: string;
  readonly nodeName: string;
  readonly get: (resource: Resource, namespace: string | undefined, name: string) => KubeObject | undefined;
}

/** A reason why a container cannot be started yet, for its waiting state. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly reason = 'CreateContainerConfigError';
}

/** The environment of a container, with $(NAME) in values expanded. Throws ConfigurationError for a missing source. */
export function environmentOf(container: Container, sources: EnvironmentSources): Record<string, string> {
  const env: Record<string, string> = {};
  for (const from of container.envFrom ?? []) {
    const [resource, reference] = from.configMapRef ? [configMaps, from.configMapRef] : [secrets, from.secretRef];
    if (!reference) continue;
    for (const [key, value] of Object.entries(valuesOf(resource, reference.name, reference.optional ?? false, sources)))
      env[`${from.prefix ?? ''}${key}`] = value;
  }
  for (const variable of container.env ?? []) {
    const value = valueOf(variable, container, sources);
    if (value !== undefined) env[variable.name] = expand(value, env);
  }
  return env;
}

/** Replaces $(NAME) by the variable's value; $$(NAME) stands for itself, unknown names stay as they are. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)]+)\)/g, (all, name: string | undefined) =>
    name === undefined ? '$' : (env[name] ?? all),
  );
}

function valueOf(variable: EnvVar, container: Container, sources: EnvironmentSources): string | undefined {
  const { valueFrom } = variable;
  if (!valueFrom) return variable.value ?? '';
  if (valueFrom.fieldRef) return fieldOf(valueFrom.fieldRef.fieldPath, sources);
  if (valueFrom.configMapKeyRef) return keyOf(configMaps, valueFrom.configMapKeyRef, sources);
  if (valueFrom.secretKeyRef) return keyOf(secrets, valueFrom.secretKeyRef, sources);
  const [list, name] = (valueFrom.resourceFieldRef?.resource ?? '').split('.');
  return (list === 'limits' ? container.resources?.limits : container.resources?.requests)?.[name ?? ''] ?? '0';
}

function fieldOf(path: string, { pod, podIp, hostIp, nodeName }: EnvironmentSources): string {
  const map = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (map) return pod.metadata[map[1] as 'labels' | 'annotations']?.[map[2] ?? ''] ?? '';
  const field = /^metadata\.(name|namespace|uid)$/.exec(path)?.[1];
  if (field) return pod.metadata[field as 'name'] ?? '';
  switch (path) {
    case 'spec.nodeName':
      return nodeName;
    case 'spec.serviceAccountName':
      return specOf(pod).serviceAccountName ?? '';
    case 'status.podIP':
    case 'status.podIPs':
      return podIp;
    case 'status.hostIP':
    case 'status.hostIPs':
      return hostIp;
    default:
      throw new ConfigurationError(`field "${path}" cannot be an environment variable`);
  }
}

function keyOf(resource: Resource, reference: KeyRef, sources: EnvironmentSources): string | undefined {
  const value = valuesOf(resource, reference.name, reference.optional ?? false, sources)[reference.key];
  if (value === undefined && !reference.optional) {
    throw new ConfigurationError(
      `couldn't find key ${reference.key} in ${resource.kind} ${sources.pod.metadata.namespace ?? ''}/${reference.name}`,
    );
  }
  return value;
}

/** The data of a ConfigMap or Secret as text. */
export function valuesOf(
  resource: Resource,
  name: string,
  optional: boolean,
  { pod, get }: EnvironmentSources,
): Record<string, string> {
  const object = get(resource, pod.metadata.namespace, name);
  if (!object) {
    if (optional) return {};
    throw new ConfigurationError(`${resource.kind.toLowerCase()} "${name}" not found`);
  }
  const data = (object['data'] ?? {}) as Record<string, string>;
  if (resource.kind !== 'Secret') return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
}
