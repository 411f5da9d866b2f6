import type { KubeObject } from '../../../machinery/src/meta.ts';
import { deepCopy } from '../../../machinery/src/patch/json.ts';
import type { MutableObject } from '../contract/strategy.ts';
import { badRequest, conflict, unknownResource } from '../contract/errors.ts';
import { modify } from './modify.ts';
import type { Core, Target } from './core.ts';
import type { WriteContext } from './write-context.ts';

interface BindingBody {
  readonly target?: { readonly kind?: string; readonly name?: string };
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
}

/** Puts a pod on the node that a Binding names. Throws Conflict when it is on one already. */
export async function bind(core: Core, target: Target, binding: unknown, context: WriteContext): Promise<KubeObject> {
  const { target: node, metadata } = (binding ?? {}) as BindingBody;
  const nodeName = node?.name ?? '';
  if (nodeName === '')
    throw badRequest(`a binding of pod ${target.namespace ?? ''}/${target.name} must name its node in target.name`);
  const pods = core.resources.find('', 'v1', 'pods');
  if (pods === undefined) throw unknownResource();
  const change = (live: KubeObject): MutableObject => {
    const spec = live['spec'] as Readonly<Record<string, unknown>>;
    const named = { group: '', plural: 'pods/binding' };
    if (live.metadata.deletionTimestamp !== undefined) {
      throw conflict(named, target.name, `pod ${target.name} is being deleted, cannot be assigned to a host`);
    }
    if (spec['nodeName'] !== undefined && spec['nodeName'] !== '') {
      throw conflict(
        named,
        target.name,
        `pod ${target.name} is already assigned to node "${spec['nodeName'] as string}"`,
      );
    }
    const copy = deepCopy(live) as unknown as MutableObject;
    copy['spec'] = { ...(copy['spec'] as object), nodeName };
    copy['status'] = scheduled(copy['status'] as Readonly<Record<string, unknown>> | undefined, core);
    const annotations = metadata?.annotations;
    if (annotations !== undefined) {
      copy.metadata['annotations'] = { ...(copy.metadata['annotations'] as object | undefined), ...annotations };
    }
    return copy;
  };
  const written = await modify({
    core,
    resource: pods,
    target,
    context,
    subresource: 'binding',
    isInternal: true,
    change,
  });
  return written.object;
}

function scheduled(status: Readonly<Record<string, unknown>> | undefined, core: Core): Record<string, unknown> {
  const conditions = (status?.['conditions'] ?? []) as readonly { readonly type: string }[];
  const time = `${new Date(core.clock.now()).toISOString().slice(0, 19)}Z`;
  const condition = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: time };
  return { ...status, conditions: [...conditions.filter(({ type }) => type !== 'PodScheduled'), condition] };
}
