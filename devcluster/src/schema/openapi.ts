import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GroupVersionKind } from '../../../machinery/src/meta.ts';
import { parseApiVersion } from '../../../machinery/src/meta.ts';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import type { Encoding } from './encoding.ts';
import { documentPaths, type OperationsDigest } from './openapi-paths.ts';
import { referencesOf, SchemaResolver, type RawSchema } from './resolve.ts';

/** An OpenAPI v3 document as `/openapi/v3/...` serves it. */
export interface OpenApiDocument {
  readonly openapi: '3.0.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, unknown>>;
  readonly components: { readonly schemas: Readonly<Record<string, RawSchema>> };
}

interface Facts {
  readonly components: { readonly schemas: Readonly<Record<string, RawSchema>> };
  readonly operations: OperationsDigest;
}

export const openApiInfo = { title: 'Kubernetes', version: 'v1.36.2' } as const;

/** The schemas of the built-in kinds, read and resolved when first asked for. */
export class BuiltinSchemas {
  readonly #folder: string;
  readonly #resolver: SchemaResolver;
  readonly #facts = new Map<string, Facts | undefined>();
  readonly #names = new Map<string, string>();
  readonly #documents = new Map<string, OpenApiDocument>();
  #common: Facts | undefined;
  #encoding: Readonly<Record<string, Encoding>> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#resolver = new SchemaResolver(
      (name) => this.#raw(name),
      (name) => this.#encodings()[name],
    );
  }

  /** The schema of a kind, `$ref`s resolved; undefined when it is not built in. */
  schemaFor(gvk: GroupVersionKind): Schema | undefined {
    this.#factsOf(gvk.group, gvk.version);
    const name = this.#names.get(`${gvk.group}/${gvk.version}/${gvk.kind}`);
    return name === undefined ? undefined : this.#resolver.resolve(name);
  }

  /** A schema by the name of its component, such as `io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta`; of the common ones or of a group asked for before. */
  component(name: string): Schema | undefined {
    return this.#raw(name) === undefined ? undefined : this.#resolver.resolve(name);
  }

  /** The document of a group version such as `v1` or `apps/v1`; undefined when it is not built in. */
  document(apiVersion: string): OpenApiDocument | undefined {
    const known = this.#documents.get(apiVersion);
    if (known) return known;
    const { group, version } = parseApiVersion(apiVersion);
    const facts = this.#factsOf(group, version);
    if (!facts) return undefined;
    const paths = documentPaths(facts.operations);
    const schemas = this.withReferences(facts.components.schemas, referencesOf(paths));
    const document: OpenApiDocument = { openapi: '3.0.0', info: openApiInfo, paths, components: { schemas } };
    this.#documents.set(apiVersion, document);
    return document;
  }

  /** The given components and all common ones that they, or `names`, refer to. */
  withReferences(
    components: Readonly<Record<string, RawSchema>>,
    names: readonly string[] = [],
  ): Record<string, RawSchema> {
    const out: Record<string, RawSchema> = {};
    const pending = Object.entries(components);
    for (const name of new Set(names)) {
      const raw = components[name] ?? this.#raw(name);
      if (raw) pending.push([name, raw]);
    }
    for (let next = pending.pop(); next; next = pending.pop()) {
      const [name, raw] = next;
      if (out[name]) continue;
      out[name] = raw;
      for (const reference of referencesOf(raw)) {
        const target = components[reference] ?? this.#raw(reference);
        if (target && !out[reference]) pending.push([reference, target]);
      }
    }
    return Object.fromEntries(Object.entries(out).sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #encodings(): Readonly<Record<string, Encoding>> {
    this.#encoding ??= JSON.parse(readFileSync(join(this.#folder, 'encoding.json'), 'utf8')) as Record<
      string,
      Encoding
    >;
    return this.#encoding;
  }

  #factsOf(group: string, version: string): Facts | undefined {
    const key = `${group === '' ? 'core' : group}_${version}`;
    if (this.#facts.has(key)) return this.#facts.get(key);
    const file = join(this.#folder, 'openapi-v3', `${key}.json`);
    const facts = existsSync(file) ? this.#read(file) : undefined;
    this.#facts.set(key, facts);
    return facts;
  }

  #read(file: string): Facts {
    const facts = JSON.parse(readFileSync(file, 'utf8')) as Facts;
    for (const [name, raw] of Object.entries(facts.components.schemas)) {
      for (const gvk of raw['x-kubernetes-group-version-kind'] ?? []) {
        const key = `${gvk.group}/${gvk.version}/${gvk.kind}`;
        if (!this.#names.has(key)) this.#names.set(key, name);
      }
    }
    return facts;
  }

  #raw(name: string): RawSchema | undefined {
    this.#common ??= this.#read(join(this.#folder, 'openapi-v3', 'common.json'));
    const common = this.#common.components.schemas[name];
    if (common) return common;
    for (const facts of this.#facts.values()) {
      const own = facts?.components.schemas[name];
      if (own) return own;
    }
    return undefined;
  }
}

/** Opens the facts about Kubernetes in `folder` (kubernetes-1.36/); reads nothing before it is asked. */
export function loadBuiltinSchemas(folder: string): BuiltinSchemas {
  return new BuiltinSchemas(folder);
}
