import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import type { FieldProblem, KindStrategy, MutableObject } from '../contract/strategy.ts';
import type { Collection } from '../storage/collection.ts';
import type { Stored } from '../storage/stored.ts';

export interface Subresource {
  readonly name: string;
  readonly verbs: readonly string[];
  /** The kind that it speaks; group and version are empty where they are the resource's own. */
  readonly responseKind: { readonly group: string; readonly version: string; readonly kind: string };
}

/** Between the version that is stored and the version that is served. */
export interface Conversion {
  fromStorage(object: KubeObject): KubeObject;
  toStorage(object: MutableObject): MutableObject;
}

export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string | undefined;
}

/** How to take fields that a kind does not have. */
export interface DecodeContext {
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  readonly warn: (text: string) => void;
}

/** What a custom kind brings along: the checks of its definition. */
export interface CustomKind {
  /** Prunes, fills in defaults and checks metadata; unknown fields are reported as the request wants it. */
  decode(given: MutableObject, context: DecodeContext, text: string | undefined): MutableObject;
  /** What the schema and its rules say against the object; `old` is undefined for a new one. */
  validate(object: KubeObject, old: KubeObject | undefined): readonly FieldProblem[];
  readonly hasStatus: boolean;
  readonly scale: ScalePaths | undefined;
  readonly selectableFields: readonly string[];
  readonly columns: readonly PrinterColumn[];
  /** Set while the definition is being deleted: nothing new may be created. */
  readonly isTerminating: boolean;
  /** A warning of every answer in a deprecated version. */
  readonly warning: string | undefined;
}

export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

/** One version of one kind as it is served. */
export interface ServedResource extends Resource {
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly listKind: string;
  readonly subresources: ReadonlyMap<string, Subresource>;
  /** Where its objects are; shared by all versions. */
  readonly collection: Collection;
  readonly schema: Schema | undefined;
  readonly strategy: KindStrategy;
  readonly custom: CustomKind | undefined;
  readonly isPreferred: boolean;
  readonly conversion: Conversion | undefined;
  /** The stored object in this version. */
  view(stored: Stored): View;
}

/** An object in the requested version. */
export interface View {
  readonly object: KubeObject;
  readonly json: string;
}

class ConvertedView implements View {
  readonly object: KubeObject;
  #json: string | undefined;

  constructor(object: KubeObject) {
    this.object = object;
  }

  get json(): string {
    return (this.#json ??= JSON.stringify(this.object));
  }
}

/** Views through a conversion, each made once as long as the stored object is referenced. */
export function convertedViews(convert: (object: KubeObject) => KubeObject): (stored: Stored) => View {
  const views = new WeakMap<Stored, View>();
  return (stored) => {
    let view = views.get(stored);
    if (view === undefined) {
      const object = convert(stored.object);
      view = object === stored.object ? stored : new ConvertedView(object);
      views.set(stored, view);
    }
    return view;
  };
}

/** The key of an object in its collection. */
export function storageKey(resource: Resource, namespace: string | undefined, name: string): string {
  return resource.namespaced ? `${namespace ?? ''}/${name}` : name;
}

/** The prefix of a namespace's keys; empty for everything. */
export function scanPrefix(resource: Resource, namespace: string | undefined): string {
  return resource.namespaced && namespace !== undefined ? `${namespace}/` : '';
}
