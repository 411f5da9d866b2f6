import { apiVersionOf } from '../../../machinery/src/meta.ts';
import type { ServedResource } from './served-resource.ts';

/** A served group with its versions, the preferred one first. */
export interface ServedGroup {
  readonly name: string;
  readonly versions: readonly ServedVersion[];
}

export interface ServedVersion {
  readonly version: string;
  readonly resources: readonly ServedResource[];
}

/** Everything that is served at the moment. */
export class ResourceTable {
  readonly #byPath = new Map<string, ServedResource>();
  readonly #byKind = new Map<string, ServedResource>();
  #generation = 0;
  readonly #listeners = new Set<() => void>();

  /** Grows with every change, so that documents made from the table can be kept. */
  get generation(): number {
    return this.#generation;
  }

  find(group: string, version: string, plural: string): ServedResource | undefined {
    return this.#byPath.get(`${group}/${version}/${plural}`);
  }

  findKind(apiVersion: string, kind: string): ServedResource | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`);
  }

  all(): IterableIterator<ServedResource> {
    return this.#byPath.values();
  }

  /** Replaces what is served of one kind, in all its versions; none takes it away. */
  replace(group: string, plural: string, versions: readonly ServedResource[]): void {
    for (const [path, resource] of this.#byPath) {
      if (resource.group !== group || resource.plural !== plural) continue;
      this.#byPath.delete(path);
      this.#byKind.delete(`${apiVersionOf(resource)}/${resource.kind}`);
    }
    for (const resource of versions) {
      this.#byPath.set(`${group}/${resource.version}/${plural}`, resource);
      this.#byKind.set(`${apiVersionOf(resource)}/${resource.kind}`, resource);
    }
    this.#generation += 1;
    for (const listener of [...this.#listeners]) listener();
  }

  onChange(listener: () => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => this.#listeners.delete(listener), { once: true });
  }

  /** In the order of registration; the versions of a group by preference. */
  groups(): ServedGroup[] {
    const groups = new Map<string, Map<string, ServedResource[]>>();
    for (const resource of this.#byPath.values()) {
      const versions = groups.get(resource.group) ?? new Map<string, ServedResource[]>();
      groups.set(resource.group, versions);
      const resources = versions.get(resource.version) ?? [];
      versions.set(resource.version, resources);
      resources.push(resource);
    }
    return [...groups].map(([name, versions]) => ({
      name,
      versions: [...versions]
        .map(([version, resources]) => ({ version, resources }))
        .sort((a, b) => compareVersions(a.version, b.version)),
    }));
  }
}

const form = /^v(\d+)(?:(alpha|beta)(\d+))?$/;

/** Orders versions as Kubernetes prefers them: v2, v1, v1beta2, v1alpha1, then all others by name. */
export function compareVersions(a: string, b: string): number {
  const left = rank(a);
  const right = rank(b);
  for (let i = 0; i < left.length; i++) {
    const difference = (right[i] ?? 0) - (left[i] ?? 0);
    if (difference !== 0) return difference;
  }
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function rank(version: string): number[] {
  const match = form.exec(version);
  if (match === null) return [0, 0, 0];
  const stability = match[2] === undefined ? 3 : match[2] === 'beta' ? 2 : 1;
  return [stability, Number(match[1]), Number(match[3] ?? 0)];
}
