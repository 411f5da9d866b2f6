import { identifierLabel, isDefinition, isHidden, isRegular, labelText, regularLabel } from './compile/label.ts';
import type { Data } from './builtin/api.ts';
import { CueError, listErrors } from './cue-error.ts';
import { finalErrors, incompleteErrors } from './eval/all-errors.ts';
import { CueBudgetError } from './eval/budget.ts';
import { toData } from './eval/export.ts';
import { orderedArcs } from './eval/field-order.ts';
import type { Engine } from './eval/engine.ts';
import { toJson, type Json } from './json.ts';
import { openApiOf, type OpenApi, type OpenApiOptions } from './openapi.ts';
import * as K from './eval/kind.ts';
import { isOpenList } from './eval/list.ts';
import { fieldsOf } from './eval/lookup.ts';
import { Bottom, Disjunction, MEMBER, OPTIONAL, REQUIRED, Vertex, type Conjunct, type Value } from './eval/model.ts';
import { pathOf, printValue } from './eval/print.ts';
import { elementVertex } from './eval/schema-vertex.ts';
import { isScalar, possibleKinds, withDefault } from './eval/value-of.ts';

/** Names of regular fields and indexes; `#name` and `_name` are definitions and hidden fields. */
export type Path = readonly (string | number)[];

/** An evaluation of a template: values are computed when they are asked for. */
export class Evaluation {
  readonly #engine: Engine;
  readonly root: CueNode;

  constructor(engine: Engine, root: Vertex) {
    this.#engine = engine;
    this.root = new CueNode(engine, root, '');
  }

  /** Steps of the budget used so far. */
  get steps(): number {
    return this.#engine.budget.steps;
  }

  /** Bytes of the budget used so far. */
  get bytes(): number {
    return this.#engine.budget.bytes;
  }

  /** The value at a path; undefined where there is none. */
  lookup(...path: Path): CueNode | undefined {
    return this.root.lookup(...path);
  }
}

/** A value with what was declared for it. */
export class CueNode {
  readonly #engine: Engine;
  readonly #vertex: Vertex;
  readonly #label: string;

  constructor(engine: Engine, vertex: Vertex, label: string) {
    this.#engine = engine;
    this.#vertex = vertex;
    this.#label = label;
  }

  /** The field's name without quotes; empty at the root and for list elements. */
  get name(): string {
    return labelText(this.#label);
  }

  get path(): string {
    return pathOf(this.#vertex);
  }

  get isOptional(): boolean {
    return this.#vertex.arcType === OPTIONAL;
  }

  get isRequired(): boolean {
    return this.#vertex.arcType === REQUIRED;
  }

  get isHidden(): boolean {
    return isHidden(this.#label);
  }

  get isDefinition(): boolean {
    return isDefinition(this.#label);
  }

  /** Comments of all declarations of the field, without the slashes. */
  get comments(): readonly string[] {
    return this.#declarations().flatMap((c) => c.field?.comments.map((comment) => comment.text) ?? []);
  }

  get attributes(): readonly { readonly name: string; readonly body: string }[] {
    return this.#declarations().flatMap((c) => c.field?.attributes ?? []);
  }

  /** Where the field is first declared in a text: the text's name and the offset; undefined for given values. */
  get declaredAt(): { readonly name: string; readonly offset: number } | undefined {
    const pos = this.#declarations().find((c) => c.field?.pos !== undefined)?.field?.pos;
    return pos && { name: pos.source.name, offset: pos.offset };
  }

  #declarations(): readonly Conjunct[] {
    return this.#vertex.conjuncts;
  }

  /** The kinds that the value may still have: one where it is known. */
  get kinds(): readonly string[] {
    return K.kindNames(this.#run(() => possibleKinds(this.#engine, withDefault(this.#engine, this.#value()))));
  }

  #value(): Value {
    return this.#engine.valueOf(this.#vertex);
  }

  #run<T>(evaluate: () => T): T {
    try {
      return evaluate();
    } catch (error) {
      if (error instanceof CueBudgetError && error.path === '') error.path = this.path;
      if (error instanceof RangeError) throw new CueBudgetError('depth', this.#engine.budget.limits.depth, this.path);
      throw error;
    }
  }

  /** Whether the value itself is known: a scalar, struct or list. */
  get isConcrete(): boolean {
    return this.#run(() => {
      const value = withDefault(this.#engine, this.#value());
      return isScalar(value) || value instanceof Vertex;
    });
  }

  /** The error of this value, or the first final one inside it. */
  get error(): CueError | undefined {
    return this.#run(() => {
      const value = this.#value();
      if (value instanceof Bottom) {
        if (value.isIncomplete) this.#engine.finalize(this.#vertex);
        return this.#errorOf((value.isIncomplete ? this.#vertex.childError : null) ?? value);
      }
      if (!(value instanceof Vertex)) return undefined;
      this.#engine.finalize(value);
      const error = value.childError ?? value.error;
      return error === null ? undefined : this.#errorOf(error);
    });
  }

  /**
   * All errors of the value, as `cue vet` lists them: those that no further value can mend, each once; where there is
   * none, all reasons why the value is no data yet.
   */
  errors(): readonly CueError[] {
    return this.#run(() => {
      const found = finalErrors(this.#engine, this.#vertex);
      return listErrors(found.length > 0 ? found : incompleteErrors(this.#engine, this.#vertex), this.#vertex);
    });
  }

  #errorOf(bottom: Bottom): CueError {
    return new CueError(bottom, this.#vertex, () => {
      try {
        return this.errors();
      } catch (error) {
        if (error instanceof CueBudgetError) return [];
        throw error;
      }
    });
  }

  /** Alternatives of a disjunction, the defaults first; the value alone where there is none. */
  get alternatives(): readonly { readonly value: CueNode; readonly isDefault: boolean }[] {
    const value = this.#run(() => this.#value());
    if (!(value instanceof Disjunction)) return [{ value: this, isDefault: true }];
    return value.values.map((x, i) => ({ value: this.#wrap(x), isDefault: i < value.defaults }));
  }

  #wrap(value: Value): CueNode {
    return new CueNode(
      this.#engine,
      value instanceof Vertex ? value : this.#engine.hold(value, this.#vertex),
      this.#label,
    );
  }

  /** The value below a path; undefined where there is none or where it is optional. */
  lookup(...path: Path): CueNode | undefined {
    return this.#run(() => {
      let at: Vertex = this.#vertex;
      let label = this.#label;
      for (const step of path) {
        const holder = fieldsOf(this.#engine, at);
        if (holder instanceof Bottom) return undefined;
        label = typeof step === 'number' ? '' : labelOf(step);
        const next = typeof step === 'number' ? holder.elems?.[step] : holder.arcs?.get(label);
        if (next?.arcType !== MEMBER) return undefined;
        at = next;
      }
      return new CueNode(this.#engine, at, label);
    });
  }

  /** Regular fields in order; with `all`, optional and required ones, definitions and hidden fields too. */
  fields(all = false): readonly CueNode[] {
    return this.#run(() => {
      const holder = fieldsOf(this.#engine, this.#vertex);
      if (holder instanceof Bottom) return [];
      const nodes: CueNode[] = [];
      for (const [label, arc] of orderedArcs(holder)) {
        if (all || (isRegular(label) && arc.arcType === MEMBER)) nodes.push(new CueNode(this.#engine, arc, label));
      }
      return nodes;
    });
  }

  /** Elements of a list. */
  elements(): readonly CueNode[] {
    return this.#run(() => {
      const holder = fieldsOf(this.#engine, this.#vertex);
      if (holder instanceof Bottom) return [];
      return (holder.elems ?? []).map((e) => new CueNode(this.#engine, e, ''));
    });
  }

  /** What every further element of an open list must be, `T` of `[...T]`; undefined where there is nothing. */
  get rest(): CueNode | undefined {
    return this.#run(() => {
      const holder = fieldsOf(this.#engine, this.#vertex);
      const rest = holder instanceof Bottom || !isOpenList(holder) ? undefined : elementVertex(holder);
      return rest && new CueNode(this.#engine, rest, '');
    });
  }

  /** The schema of the value in OpenAPI 3.0, without references; comments of fields are their descriptions. */
  openApi(options?: OpenApiOptions): OpenApi {
    return this.#run(() => openApiOf(this.#engine, this.#vertex, options));
  }

  /** The data of the value with defaults taken. Throws a CueError where it is not concrete. */
  data(): Data {
    return this.#run(() => {
      const data = toData(this.#engine, this.#vertex);
      if (data instanceof Bottom) throw this.#errorOf(data);
      return data;
    });
  }

  /** The value as JSON: numbers as JavaScript numbers, bytes in base64. Throws a CueError where it is not concrete. */
  json(): Json {
    return toJson(this.data());
  }

  /** The value as CUE prints it, in short. */
  toString(): string {
    return this.#run(() => printValue(this.#vertex));
  }
}

function labelOf(name: string): string {
  return name.startsWith('#') || name.startsWith('_') ? identifierLabel(name) : regularLabel(name);
}
