import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Resource } from '../../../machinery/src/meta.ts';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { conversionOf } from '../kinds/conversions.ts';
import type { KindStrategy } from '../contract/strategy.ts';
import type { Store } from '../storage/store.ts';
import { convertedViews } from './served-resource.ts';
import type { ServedResource, Subresource } from './served-resource.ts';
import type { ResourceTable } from './resource-table.ts';

interface ResponseKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

interface DiscoveredResource {
  readonly resource: string;
  readonly responseKind: ResponseKind;
  readonly scope: 'Cluster' | 'Namespaced';
  readonly singularResource: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly {
    readonly subresource: string;
    readonly responseKind: ResponseKind;
    readonly verbs: readonly string[];
  }[];
}

interface DiscoveredGroups {
  readonly items: readonly {
    readonly metadata: { readonly name?: string };
    readonly versions: readonly { readonly version: string; readonly resources: readonly DiscoveredResource[] }[];
  }[];
}

/** What the server says about itself, from the recorded facts. */
export interface BuiltinFacts {
  readonly strategyFor: (resource: Resource) => KindStrategy | undefined;
  readonly schemaFor: (resource: Resource) => Schema | undefined;
}

/** Serves every built-in kind of `discovery.json` in the given folder. */
export function registerBuiltins(table: ResourceTable, store: Store, folder: string, facts: BuiltinFacts): void {
  const { api, apis } = JSON.parse(readFileSync(join(folder, 'discovery.json'), 'utf8')) as {
    api: DiscoveredGroups;
    apis: DiscoveredGroups;
  };
  for (const { metadata, versions } of [...api.items, ...apis.items]) {
    const group = metadata.name ?? '';
    const plurals = new Set(versions.flatMap(({ resources }) => resources.map(({ resource }) => resource)));
    for (const plural of plurals) {
      const served = versions.flatMap(({ version, resources }) =>
        resources
          .filter(({ resource }) => resource === plural)
          .map((found) =>
            servedResource({ group, version, isPreferred: version === versions[0]?.version }, found, store, facts),
          ),
      );
      table.replace(group, plural, served);
    }
  }
}

function servedResource(
  of: { readonly group: string; readonly version: string; readonly isPreferred: boolean },
  found: DiscoveredResource,
  store: Store,
  facts: BuiltinFacts,
): ServedResource {
  const identity: Resource = {
    group: of.group,
    version: of.version,
    kind: found.responseKind.kind,
    plural: found.resource,
    namespaced: found.scope === 'Namespaced',
  };
  const conversion = conversionOf(identity);
  return {
    ...identity,
    singular: found.singularResource,
    shortNames: found.shortNames ?? [],
    categories: found.categories ?? [],
    verbs: found.verbs,
    listKind: `${identity.kind}List`,
    subresources: new Map(found.subresources?.map((sub) => [sub.subresource, subresource(sub)])),
    collection: store.collection(conversion?.collection ?? `${of.group}/${found.resource}`),
    get schema() {
      return facts.schemaFor(identity);
    },
    strategy: facts.strategyFor(identity) ?? {},
    custom: undefined,
    isPreferred: of.isPreferred,
    conversion,
    view: conversion === undefined ? (stored) => stored : convertedViews((object) => conversion.fromStorage(object)),
  };
}

function subresource(found: {
  readonly subresource: string;
  readonly responseKind: ResponseKind;
  readonly verbs: readonly string[];
}): Subresource {
  return { name: found.subresource, verbs: found.verbs, responseKind: found.responseKind };
}
