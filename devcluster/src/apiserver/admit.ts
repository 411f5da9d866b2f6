import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { AdmissionRequest } from '../contract/admission.ts';
import type { MutableObject } from '../contract/strategy.ts';
import type { Core, Target } from './core.ts';
import type { WriteContext } from './write-context.ts';
import type { ServedResource } from './served-resource.ts';

/** What admission is asked about, without the objects. */
export interface Admission {
  readonly core: Core;
  readonly resource: ServedResource;
  readonly target: Target;
  readonly context: WriteContext;
  readonly subresource: string;
}

function request(
  { resource, target, context, subresource }: Admission,
  operation: AdmissionRequest['operation'],
  objects: Pick<AdmissionRequest, 'object' | 'oldObject'>,
): AdmissionRequest {
  return {
    operation,
    resource: {
      group: resource.group,
      version: resource.version,
      kind: resource.kind,
      plural: resource.plural,
      namespaced: resource.namespaced,
    },
    subresource,
    namespace: target.namespace,
    name: target.name,
    ...objects,
    user: context.user,
    dryRun: context.dryRun,
    options: optionsOf(context.options, operation),
    warn: context.warn,
  };
}

/** A patch is a create or an update to admission. */
function optionsOf(options: KubeObject | undefined, operation: AdmissionRequest['operation']): KubeObject | undefined {
  if (options?.kind !== 'PatchOptions') return options;
  return { ...options, kind: operation === 'CREATE' ? 'CreateOptions' : 'UpdateOptions' };
}

/** The object as the mutating plug-ins leave it. */
export async function mutate(
  admission: Admission,
  operation: AdmissionRequest['operation'],
  object: MutableObject,
  oldObject: KubeObject | undefined,
): Promise<MutableObject> {
  let current = object;
  for (const plugin of admission.core.admission) {
    if (plugin.mutate === undefined) continue;
    const asked = request(admission, operation, { object: current as unknown as KubeObject, oldObject });
    const answer = await plugin.mutate(asked);
    if (answer !== undefined) current = answer as unknown as MutableObject;
  }
  return current;
}

/** Mutating plug-ins are asked about deletions as well; what they make of the object does not count. */
export async function mutateDeletion(admission: Admission, live: KubeObject): Promise<void> {
  for (const plugin of admission.core.admission) {
    await plugin.mutate?.(request(admission, 'DELETE', { object: undefined, oldObject: live }));
  }
}

/** Asks all validating plug-ins; the first that refuses throws. */
export async function validate(
  admission: Admission,
  operation: AdmissionRequest['operation'],
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
): Promise<void> {
  for (const plugin of admission.core.admission) {
    if (plugin.validate === undefined) continue;
    await plugin.validate(request(admission, operation, { object, oldObject }));
  }
}
