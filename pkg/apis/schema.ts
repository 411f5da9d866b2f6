import { Type } from '@sinclair/typebox';
import type { Static, TObject, TProperties, TSchema, TUnsafe } from '@sinclair/typebox';
import type { Condition, JsonObject } from '../../machinery/src/meta.ts';

/**
 * Building blocks for the schemas of our kinds. Each yields both a readonly TypeScript type and a node that is legal in
 * the structural schema of a CustomResourceDefinition (so no const, no patternProperties, no unions of types).
 */

interface Notes {
  readonly description?: string;
}

export const object = <T extends TProperties>(
  properties: T,
  notes: Notes = {},
): TUnsafe<Readonly<Static<TObject<T>>>> => Type.Unsafe<Readonly<Static<TObject<T>>>>(Type.Object(properties, notes));

export const list = <T extends TSchema>(items: T, notes: Notes = {}): TUnsafe<readonly Static<T>[]> =>
  Type.Unsafe<readonly Static<T>[]>(Type.Array(items, notes));

export const map = <T extends TSchema>(values: T, notes: Notes = {}): TUnsafe<Readonly<Record<string, Static<T>>>> =>
  Type.Unsafe<Readonly<Record<string, Static<T>>>>({ type: 'object', additionalProperties: values, ...notes });

export const oneOf = <const T extends readonly string[]>(values: T, notes: Notes = {}): TUnsafe<T[number]> =>
  Type.Unsafe<T[number]>({ type: 'string', enum: values, ...notes });

export const optional = <T extends TSchema>(schema: T) => Type.Optional(schema);

export const text = (description?: string) => Type.String(description === undefined ? {} : { description });
export const truth = (description?: string) => Type.Boolean(description === undefined ? {} : { description });
export const int64 = (description?: string) =>
  Type.Integer({ format: 'int64', ...(description !== undefined && { description }) });
export const int32 = (description?: string) =>
  Type.Integer({ format: 'int32', ...(description !== undefined && { description }) });
export const int32Between = (minimum: number, maximum: number, description: string) =>
  Type.Integer({ format: 'int32', minimum, maximum, description });
export const time = (description?: string) =>
  Type.String({ format: 'date-time', ...(description !== undefined && { description }) });

/** An object of any shape; nothing in it is pruned. */
export const anyObject = <T = JsonObject>(description?: string): TUnsafe<T> =>
  Type.Unsafe<T>({
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
    ...(description !== undefined && { description }),
  });

export const conditions = () =>
  list(
    Type.Unsafe<Condition>(
      Type.Object({
        type: text('Name of the condition.'),
        status: text('True, False or Unknown.'),
        lastTransitionTime: time('When the status changed last.'),
        reason: text('Cause of the status, in one word.'),
        message: optional(text('Cause of the status, for people.')),
      }),
    ),
    { description: 'What is observed about the object.' },
  );

/** A corev1 ObjectReference; every field optional. */
export const objectReferenceFields = {
  apiVersion: optional(text('Group and version of the object.')),
  kind: optional(text('Kind of the object.')),
  name: optional(text('Name of the object.')),
  namespace: optional(text('Namespace of the object; absent for a cluster-scoped one.')),
  uid: optional(text('Identity of the object.')),
  resourceVersion: optional(text('State of the object that is meant.')),
  fieldPath: optional(text('Part of the object that is meant.')),
} as const;

export const objectReference = (description?: string) =>
  object(objectReferenceFields, description === undefined ? {} : { description });
