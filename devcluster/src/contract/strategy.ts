import type { KubeObject } from '../../../machinery/src/meta.ts';

/** A cause in a Status of reason Invalid; `message` without the field's path, as kube-apiserver words it. */
export interface FieldProblem {
  readonly reason:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueDuplicate'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'FieldValueTypeInvalid'
    | 'FieldValueNotFound'
    | 'InternalError';
  readonly field: string;
  readonly message: string;
}

/** Which syntax metadata.name has; `path` is any text that can be a segment of a URL. */
export type NameRule = 'subdomain' | 'label' | 'namespace' | 'path' | 'service' | 'dns1035';

/** A JSON object that the server may still change in place before it is stored. */
export interface MutableObject {
  [key: string]: unknown;
  metadata: Record<string, unknown>;
}

/** Things of which each has one owner. */
export interface Pool<T> {
  /** Whether another owner has it. */
  isTaken(one: T, owner: string): boolean;
  /** A free one; undefined when there is none. */
  free(): T | undefined;
}

/** The addresses and node ports of the stored Services. */
export interface Allocations {
  readonly addresses: Pool<string>;
  readonly ports: Pool<number>;
}

/** What a write may read besides the object itself. */
export interface StrategyEnvironment {
  /** RFC 3339 with seconds. */
  readonly now: string;
  /** Every stored object of a resource. */
  readonly list: (group: string, plural: string) => readonly KubeObject[];
  /** What the stored Services have: cluster IPs and ports of nodes. */
  readonly services: () => Allocations;
}

/**
 * What the schema of a built-in kind cannot say: computed defaults, initial status, what an update may change, rules.
 * The order of a create is: decode, schema defaults, `default`, admission, `prepareForCreate`, `validate`, store.
 */
export interface KindStrategy {
  /** Whether objects carry metadata.generation (1 at creation). Custom resources do; of the built-in kinds only some. */
  readonly hasGeneration?: boolean;
  /** Whether a PUT of an object that does not exist creates it. */
  readonly createOnUpdate?: boolean;
  /** Whether a PUT must carry a resourceVersion. */
  readonly updateNeedsVersion?: boolean;
  /** Whether DELETE answers with the object instead of a Status, even when it is gone at once. */
  readonly returnsDeleted?: boolean;
  /** The warning of every answer about a deprecated kind. */
  readonly deprecation?: string;
  /** Paths of texts and numbers that are written even when they are empty, and have no owner then. */
  readonly alwaysWritten?: readonly (readonly string[])[];
  /** The rule for metadata.name; `subdomain` when left out. */
  readonly name?: NameRule;
  default?(object: MutableObject): void;
  prepareForCreate?(object: MutableObject, environment: StrategyEnvironment): void;
  /** For a write of the main resource: restores what it may not change besides the status, fills in what was allocated. */
  prepareForUpdate?(object: MutableObject, old: KubeObject, environment: StrategyEnvironment): void;
  /** For a write of `status`, after the caller has restored all but status and metadata: restores parts of the metadata. */
  prepareForStatusUpdate?(object: MutableObject, old: KubeObject): void;
  validate?(object: KubeObject): readonly FieldProblem[];
  /** For a creation only. */
  validateCreate?(object: KubeObject): readonly FieldProblem[];
  validateUpdate?(object: KubeObject, old: KubeObject): readonly FieldProblem[];
  /** For a write of a subresource, instead of `validateUpdate`. */
  readonly validateSubresource?: Readonly<
    Record<string, (object: KubeObject, old: KubeObject) => readonly FieldProblem[]>
  >;
  /** For a write of `status`. */
  validateStatusUpdate?(object: KubeObject, old: KubeObject): readonly FieldProblem[];
  warnings?(object: KubeObject): readonly string[];
  /** Whether a change between the two bumps metadata.generation; default: any difference outside metadata and status. */
  changesGeneration?(object: KubeObject, old: KubeObject): boolean;
}
