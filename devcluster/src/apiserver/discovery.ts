import { createHash } from 'node:crypto';
import { apiVersionOf } from '../../../machinery/src/meta.ts';
import type { ResourceTable, ServedGroup, ServedVersion } from './resource-table.ts';
import type { ServedResource, Subresource } from './served-resource.ts';

const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** The discovery documents; made once per state of the table. */
export class Discovery {
  readonly #table: ResourceTable;
  readonly #made = new Map<string, unknown>();
  #generation = -1;

  constructor(table: ResourceTable) {
    this.#table = table;
  }

  /** The document at a path such as `/apis/apps/v1`; undefined when there is none. */
  document(path: string, isAggregated: boolean): { readonly body: unknown; readonly contentType: string } | undefined {
    if (this.#generation !== this.#table.generation) {
      this.#made.clear();
      this.#generation = this.#table.generation;
    }
    const aggregated = isAggregated && (path === '/api' || path === '/apis');
    const key = `${aggregated ? 'v2 ' : ''}${path}`;
    let body = this.#made.get(key);
    if (body === undefined) {
      body = aggregated ? this.#aggregated(path) : this.#plain(path);
      if (body === undefined) return undefined;
      this.#made.set(key, body);
    }
    return { body, contentType: aggregated ? aggregatedType : 'application/json' };
  }

  #groups(isCore: boolean): ServedGroup[] {
    return this.#table.groups().filter(({ name }) => (name === '') === isCore);
  }

  #plain(path: string): unknown {
    const [, root, first, second, more] = path.split('/');
    if (more !== undefined) return undefined;
    if (root === 'api') {
      if (first === undefined)
        return {
          kind: 'APIVersions',
          versions: ['v1'],
          serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '' }],
        };
      return second === undefined ? this.#resources('', first) : undefined;
    }
    if (root !== 'apis') return undefined;
    if (first === undefined) {
      return {
        kind: 'APIGroupList',
        apiVersion: 'v1',
        groups: this.#groups(false).map((group) => groupDocument(group)),
      };
    }
    const group = this.#groups(false).find(({ name }) => name === first);
    if (group === undefined) return undefined;
    if (second === undefined) return { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(group) };
    return this.#resources(first, second);
  }

  #resources(group: string, version: string): unknown {
    const served = this.#groups(group === '').find(({ name }) => name === group);
    const found = served?.versions.find((candidate) => candidate.version === version);
    if (found === undefined) return undefined;
    const resources = found.resources.flatMap((resource) => [
      plainResource(resource),
      ...[...resource.subresources.values()].map((subresource) => plainSubresource(resource, subresource)),
    ]);
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf({ group, version }), resources };
  }

  #aggregated(path: string): unknown {
    const items = this.#groups(path === '/api').map(({ name, versions }) => ({
      metadata: name === '' ? { creationTimestamp: null } : { name, creationTimestamp: null },
      versions: versions.map(aggregatedVersion),
    }));
    return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
  }
}

function groupDocument({ name, versions }: ServedGroup): Record<string, unknown> {
  const all = versions.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: all, preferredVersion: all[0] };
}

function plainResource(resource: ServedResource): Record<string, unknown> {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = resource;
  return {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(verbs.includes('list') ? { storageVersionHash: storageHash(resource) } : {}),
  };
}

function storageHash({ group, version, kind }: ServedResource): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest('base64').slice(0, 11) + '=';
}

function plainSubresource(
  { plural, namespaced, ...own }: ServedResource,
  { name, responseKind, verbs }: Subresource,
): Record<string, unknown> {
  const isOwn = responseKind.group === own.group && responseKind.version === own.version;
  const { group, version, kind } = isOwn ? { ...responseKind, group: '', version: '' } : responseKind;
  return {
    name: `${plural}/${name}`,
    singularName: '',
    namespaced,
    ...(group === '' ? {} : { group }),
    ...(version === '' ? {} : { version }),
    kind,
    verbs,
  };
}

function aggregatedVersion({ version, resources }: ServedVersion): Record<string, unknown> {
  return { version, resources: resources.map(aggregatedResource), freshness: 'Current' };
}

function aggregatedResource(resource: ServedResource): Record<string, unknown> {
  const { plural, kind, namespaced, singular, verbs, shortNames, categories, subresources } = resource;
  const scope = namespaced ? 'Namespaced' : 'Cluster';
  const own =
    resource.custom === undefined ? { group: '', version: '' } : { group: resource.group, version: resource.version };
  return {
    resource: plural,
    responseKind: { ...own, kind },
    scope,
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(subresources.size > 0 ? { subresources: [...subresources.values()].map(aggregatedSubresource) } : {}),
  };
}

function aggregatedSubresource({ name, responseKind, verbs }: Subresource): Record<string, unknown> {
  return { subresource: name, responseKind, verbs };
}
