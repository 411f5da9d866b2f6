import { apiVersionOf } from '../../../machinery/src/meta.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { emptySet, setOfPaths, union } from '../../../machinery/src/patch/field-set.ts';
import type { FieldSet } from '../../../machinery/src/patch/field-set.ts';
import { trackUpdate } from '../../../machinery/src/patch/managed-fields.ts';
import type { Writer } from '../../../machinery/src/patch/managed-fields.ts';
import type { MutableObject } from '../contract/strategy.ts';
import { timestamp } from './core.ts';
import type { Core } from './core.ts';
import type { WriteContext } from './write-context.ts';
import type { ServedResource } from './served-resource.ts';

const status: FieldSet = setOfPaths([['status']]);
const allButStatus: FieldSet = setOfPaths([['spec']]);

/** The writer, for the entries of managedFields. */
export function writerOf(core: Core, resource: ServedResource, context: WriteContext, subresource: string): Writer {
  return {
    manager: context.fieldManager,
    apiVersion: apiVersionOf(resource),
    subresource,
    time: timestamp(core.clock.now()),
    ignored: ignoredOf(resource, subresource),
  };
}

function ignoredOf(resource: ServedResource, subresource: string): FieldSet | undefined {
  if (subresource === 'status') return allButStatus;
  return subresource === '' && resource.subresources.has('status') ? status : undefined;
}

/** The object with managedFields that say what this write changed. */
export function tracked(
  write: {
    readonly core: Core;
    readonly resource: ServedResource;
    readonly context: WriteContext;
    readonly subresource: string;
  },
  live: KubeObject | undefined,
  updated: MutableObject,
): MutableObject {
  const { core, resource, context, subresource } = write;
  const writer = writerOf(core, resource, context, subresource);
  const empty = (resource.strategy.alwaysWritten ?? []).filter((path) => isZero(updated, path));
  return trackUpdate({
    ...writer,
    ...(empty.length > 0 && { ignored: union(writer.ignored ?? emptySet, setOfPaths(empty)) }),
    live,
    updated: updated as unknown as KubeObject,
    schema: resource.schema,
  }) as unknown as MutableObject;
}

function isZero(object: unknown, path: readonly string[]): boolean {
  let value = object;
  for (const key of path) value = (value as Readonly<Record<string, unknown>> | undefined)?.[key];
  return value === 0 || value === '';
}
