import { createHash } from 'node:crypto';
import { apiVersionOf } from '../../../machinery/src/meta.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { recordOf, stringOf } from '../contract/json.ts';
import { customVersions } from '../schema/crd.ts';
import type { BuiltinSchemas, OpenApiDocument } from '../schema/openapi.ts';
import { customDocument } from '../schema/openapi-custom.ts';
import type { CustomKindFacts } from '../schema/openapi-custom.ts';
import type { Store } from '../storage/store.ts';
import { openApiV2 } from './openapi-v2.ts';
import type { ApiRequest } from './request.ts';
import type { ResourceTable } from './resource-table.ts';
import { respond } from './responses.ts';

/** What the documents are made from. */
export interface OpenApiSources {
  readonly store: Store;
  readonly resources: ResourceTable;
  readonly schemas: BuiltinSchemas;
}

interface Page {
  readonly hash: string;
  readonly make: () => OpenApiDocument | undefined;
}

const root = '/openapi/v3';
const definitions = 'apiextensions.k8s.io/customresourcedefinitions';

/** `/openapi/v3` and what it lists: one document for each group version that is served; and `/openapi/v2`. */
export class OpenApiPages {
  readonly #sources: OpenApiSources;
  #generation = -1;
  #pages = new Map<string, Page>();
  readonly #texts = new Map<string, string>();

  constructor(sources: OpenApiSources) {
    this.#sources = sources;
  }

  /** Answers a request below /openapi; false for any other path and for documents that do not exist. */
  answer({ pathname, incoming, response }: ApiRequest): boolean {
    if (pathname === '/openapi/v2') {
      const { body, contentType } = openApiV2(this.#sources.resources, incoming);
      response.writeHead(200, { 'content-type': contentType, 'content-length': String(body.length) });
      response.end(body);
      return true;
    }
    if (pathname !== root && !pathname.startsWith(`${root}/`)) return false;
    this.#refresh();
    const path = pathname.slice(root.length + 1);
    if (path === '') {
      respond(incoming, response, { code: 200, json: JSON.stringify(this.#index()) });
      return true;
    }
    const page = this.#pages.get(path);
    const json = page === undefined ? undefined : this.#text(page);
    if (page === undefined || json === undefined) return false;
    response.setHeader('etag', `"${page.hash}"`);
    respond(incoming, response, { code: 200, json });
    return true;
  }

  /** What is served changed: the pages are collected again, the texts of those that stayed are kept. */
  #refresh(): void {
    const { resources } = this.#sources;
    if (this.#generation === resources.generation) return;
    this.#generation = resources.generation;
    this.#pages = this.#collect();
    const hashes = new Set([...this.#pages.values()].map(({ hash }) => hash));
    for (const hash of this.#texts.keys()) if (!hashes.has(hash)) this.#texts.delete(hash);
  }

  #index(): object {
    const paths = [...this.#pages].map(([path, { hash }]) => [
      path,
      { serverRelativeURL: `${root}/${path}?hash=${hash}` },
    ]);
    return { paths: Object.fromEntries(paths) as object };
  }

  #text({ hash, make }: Page): string | undefined {
    const known = this.#texts.get(hash);
    if (known !== undefined) return known;
    const document = make();
    if (document === undefined) return undefined;
    const text = JSON.stringify(document);
    this.#texts.set(hash, text);
    return text;
  }

  #collect(): Map<string, Page> {
    const { resources, schemas } = this.#sources;
    const custom = this.#customKinds();
    const pages = new Map<string, Page>();
    for (const { name: group, versions } of resources.groups()) {
      for (const { version } of versions) {
        const apiVersion = apiVersionOf({ group, version });
        const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
        const own = custom.get(apiVersion);
        if (own === undefined) {
          pages.set(path, { hash: hashOf(apiVersion), make: () => schemas.document(apiVersion) });
        } else pages.set(path, { hash: hashOf(JSON.stringify(own)), make: () => customDocument(own, schemas) });
      }
    }
    return pages;
  }

  /** The kinds of stored definitions that are served, by apiVersion. */
  #customKinds(): Map<string, CustomKindFacts[]> {
    const { store, resources } = this.#sources;
    const kinds = new Map<string, CustomKindFacts[]>();
    for (const { object } of store.collection(definitions).scan('')) {
      for (const facts of factsOf(object)) {
        if (resources.find(facts.group, facts.version, facts.plural) === undefined) continue;
        const apiVersion = apiVersionOf(facts);
        kinds.set(apiVersion, [...(kinds.get(apiVersion) ?? []), facts]);
      }
    }
    return kinds;
  }
}

function factsOf(definition: KubeObject): CustomKindFacts[] {
  const spec = recordOf(definition['spec']);
  const names = recordOf(spec['names']);
  const kind = stringOf(names['kind']);
  return customVersions(definition, {})
    .filter(({ isServed }) => isServed)
    .map(({ group, version, declaredSchema, hasStatus, scale }) => ({
      group,
      version,
      kind,
      listKind: stringOf(names['listKind']) || `${kind}List`,
      plural: stringOf(names['plural']),
      namespaced: spec['scope'] === 'Namespaced',
      declaredSchema,
      hasStatus,
      hasScale: scale !== undefined,
    }));
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').toUpperCase();
}
