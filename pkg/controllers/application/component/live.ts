import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { labels } from '../../../apis/names.ts';
import type { Delivered } from '../../../dispatch/keeper.ts';
import type { Placement } from './placement.ts';

/** The live objects of a component at one place. */
export interface LiveComponent {
  readonly placement: Placement;
  readonly workload: KubeObject | undefined;
  /** False for components that yield no workload, or leave it to a trait. */
  readonly hasWorkload: boolean;
  /** Live objects by their key in `outputs`. */
  readonly outputs: Readonly<Record<string, KubeObject>>;
  /** The trait of each output. */
  readonly traitOf: ReadonlyMap<string, string>;
  /** The last stage that was dispatched; undefined after all of them. */
  readonly stage: 'PreDispatch' | 'DefaultDispatch' | undefined;
}

/** Sorts delivered objects by their labels into the workload and the outputs of traits. */
export function liveOf(
  placement: Placement,
  delivered: readonly Delivered[],
  stage: LiveComponent['stage'],
): LiveComponent {
  const isWorkload = (d: Delivered) => d.manifest.object.metadata.labels?.[labels.resourceType] === 'WORKLOAD';
  const traits = delivered.filter((d) => !isWorkload(d));
  const entries = traits.flatMap((d) => {
    const label = d.manifest.object.metadata.labels ?? {};
    return d.live
      ? [[label[labels.traitResource] ?? '', { trait: label[labels.traitType] ?? '', object: d.live }] as const]
      : [];
  });
  return {
    placement,
    workload: delivered.find(isWorkload)?.live,
    hasWorkload: delivered.some(isWorkload),
    outputs: Object.fromEntries(entries.map(([key, { object }]) => [key, object])),
    traitOf: new Map(entries.map(([key, { trait }]) => [key, trait])),
    stage,
  };
}
