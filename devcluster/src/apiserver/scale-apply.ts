import type { KubeObject } from '../../../machinery/src/meta.ts';
import { serverSideApply } from '../../../machinery/src/patch/apply.ts';
import { describeConflicts } from '../../../machinery/src/patch/conflict.ts';
import { fieldStep, isEmpty } from '../../../machinery/src/patch/field-set.ts';
import type { FieldSet } from '../../../machinery/src/patch/field-set.ts';
import { decodeManagers, withManagers } from '../../../machinery/src/patch/managers.ts';
import type { Manager } from '../../../machinery/src/patch/managers.ts';
import { releaseAll } from '../../../machinery/src/patch/managed-fields.ts';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { timestamp } from './core.ts';
import type { Core } from './core.ts';
import { StatusError } from '../contract/status-error.ts';
import type { WriteContext } from './write-context.ts';

const scaleVersion = 'autoscaling/v1';
const count: Schema = { type: 'integer', format: 'int32' };
const schema: Schema = {
  type: 'object',
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object', properties: { name: { type: 'string' }, namespace: { type: 'string' } } },
    spec: { type: 'object', properties: { replicas: count } },
  },
};

/** The set with nothing but this path. */
function setOf(path: readonly string[]): FieldSet {
  const leaf: FieldSet = { member: true, children: new Map() };
  return path.reduceRight<FieldSet>(
    (child, name) => ({ member: false, children: new Map([[fieldStep(name), child]]) }),
    leaf,
  );
}

const owns = (set: FieldSet, path: readonly string[]): boolean => {
  const [name, ...rest] = path;
  if (name === undefined) return set.member;
  const child = set.children.get(fieldStep(name));
  return child !== undefined && owns(child, rest);
};

const scalePath = ['spec', 'replicas'];

/**
 * The managedFields of an object after its Scale was applied: the manager owns the number of replicas, as `scale`. Throws
 * Conflict when another manager owns it, the number changes, and the apply is not forced.
 */
export function applyToScale(
  { core, context, force }: { readonly core: Core; readonly context: WriteContext; readonly force: boolean },
  { live, path, before, wanted }: { live: KubeObject; path: readonly string[]; before: KubeObject; wanted: number },
): KubeObject {
  const managers = decodeManagers(live.metadata.managedFields);
  const owners = [...managers].filter(([, { set }]) => owns(set, path));
  const shown = owners.map(([id, owner]): [string, Manager] => [
    id,
    { ...owner, apiVersion: scaleVersion, set: setOf(scalePath) },
  ]);
  const result = serverSideApply({
    manager: context.fieldManager,
    apiVersion: scaleVersion,
    subresource: 'scale',
    time: timestamp(core.clock.now()),
    live: withManagers({ ...before, metadata: {} }, new Map(shown)),
    applied: {
      apiVersion: scaleVersion,
      kind: 'Scale',
      metadata: {},
      spec: { replicas: wanted },
    },
    schema,
    force,
  });
  if (!result.ok) {
    const { message, causes } = describeConflicts(result.conflicts);
    throw new StatusError({ code: 409, reason: 'Conflict', message, details: { causes } });
  }
  const own = setOf(path);
  const kept = new Map([...releaseAll(managers, own)].filter(([, { set }]) => !isEmpty(set)));
  for (const [id, owner] of decodeManagers(result.object.metadata.managedFields)) {
    if (owns(owner.set, scalePath)) kept.set(`scale/${id}`, { ...owner, apiVersion: live.apiVersion, set: own });
  }
  return withManagers(live, kept);
}
