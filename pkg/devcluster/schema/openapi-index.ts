import { createHash } from 'node:crypto';
import type { KubeObject } from '../../apis/meta.ts';
import { apiVersionOf } from '../../apis/meta.ts';
import { at, textOf } from '../kinds/json.ts';
import { customVersions, hasCondition } from './crd.ts';
import { customDocument, type CustomKindFacts } from './openapi-custom.ts';
import type { BuiltinSchemas, OpenApiDocument } from './openapi.ts';

export interface OpenApiSources {
  readonly schemas: BuiltinSchemas;
  /** Every group version that is served, such as `v1` and `apps/v1`. */
  readonly apiVersions: () => readonly string[];
  /** The stored CustomResourceDefinitions. */
  readonly definitions: () => readonly KubeObject[];
  /** Grows whenever what is served changes. */
  readonly generation: () => number;
}

/** The documents below /openapi/v3, made when asked for and kept until what is served changes. */
export class OpenApiPages {
  readonly #sources: OpenApiSources;
  readonly #kept = new Map<string, string>();
  #generation = -1;

  constructor(sources: OpenApiSources) {
    this.#sources = sources;
  }

  /** The JSON text of a page; undefined when there is none at the path. */
  page(path: string): string | undefined {
    const generation = this.#sources.generation();
    if (generation !== this.#generation) this.#kept.clear();
    this.#generation = generation;
    const known = this.#kept.get(path);
    if (known !== undefined) return known;
    const made = path === '/openapi/v3' ? this.#index() : this.#document(path);
    if (made === undefined) return undefined;
    const text = JSON.stringify(made);
    this.#kept.set(path, text);
    return text;
  }

  #index(): object {
    const entries = this.#sources.apiVersions().map((apiVersion) => {
      const path = pathOf(apiVersion);
      const hash = createHash('sha512')
        .update(`${apiVersion} ${this.#fingerprint(apiVersion)}`)
        .digest('hex')
        .toUpperCase();
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }];
    });
    return { paths: Object.fromEntries(entries) as object };
  }

  /** Changes with the definitions that make up a group version; built-in ones never change. */
  #fingerprint(apiVersion: string): string {
    const group = apiVersion.split('/')[0] ?? '';
    const own = this.#sources.definitions().filter((definition) => at(definition, 'spec')['group'] === group);
    return own.map(({ metadata }) => `${metadata.uid ?? ''}-${metadata.generation ?? 0}`).join(' ');
  }

  #document(path: string): OpenApiDocument | undefined {
    const apiVersion = this.#sources.apiVersions().find((served) => path === `/openapi/v3/${pathOf(served)}`);
    if (apiVersion === undefined) return undefined;
    const builtin = this.#sources.schemas.document(apiVersion);
    if (builtin) return builtin;
    const kinds = this.#sources.definitions().flatMap((definition) => factsOf(definition, apiVersion));
    return customDocument(kinds, this.#sources.schemas);
  }
}

function pathOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;
}

function factsOf(definition: KubeObject, apiVersion: string): CustomKindFacts[] {
  if (!hasCondition(definition, 'Established')) return [];
  const names = at(definition, 'status', 'acceptedNames');
  return customVersions(definition, {})
    .filter((version) => version.isServed && apiVersionOf(version) === apiVersion)
    .map((version) => ({
      ...version,
      kind: textOf(names['kind']),
      listKind: textOf(names['listKind']),
      plural: textOf(names['plural']),
      namespaced: at(definition, 'spec')['scope'] === 'Namespaced',
      hasScale: version.scale !== undefined,
    }));
}
