import { apiVersionOf } from '../../../machinery/src/meta.ts';
import { compareVersions } from '../text/versions.ts';
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
