import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { Clock, Random } from '../../../machinery/src/clock/clock.ts';
import type { AdmissionPlugin } from '../contract/admission.ts';
import { ServiceIndex } from '../storage/service-index.ts';
import type { StrategyEnvironment } from '../contract/strategy.ts';
import type { Store } from '../storage/store.ts';
import type { ResourceTable } from './resource-table.ts';

/** What every request works with. */
export interface Core {
  readonly store: Store;
  readonly resources: ResourceTable;
  /** In the order in which they are asked. */
  readonly admission: readonly AdmissionPlugin[];
  readonly clock: Clock;
  readonly random: Random;
  readonly newUid: () => string;
}

/** The outcome of a write. */
export interface Written {
  readonly object: KubeObject;
  readonly wasCreated: boolean;
}

export interface Target {
  readonly namespace: string | undefined;
  readonly name: string;
}

/** RFC 3339 with seconds, as metav1.Time is written. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

export function environmentOf(core: Core): StrategyEnvironment {
  return {
    now: timestamp(core.clock.now()),
    list: (group, plural) =>
      core.store
        .collection(`${group}/${plural}`)
        .scan('')
        .map((stored) => stored.object),
    services: () => core.store.collection('/services').index(ServiceIndex),
  };
}
