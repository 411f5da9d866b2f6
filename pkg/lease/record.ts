import type { KubeObject, ObjectMeta, Resource } from '../../machinery/src/meta.ts';

/** A coordination.k8s.io/v1 Lease, as far as an election needs it; other fields of its spec are kept. */
export interface Lease extends KubeObject {
  readonly metadata: ObjectMeta;
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
    readonly [field: string]: unknown;
  };
}

export const leases: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

/** The fields of a Lease at one moment. */
export interface LeaseRecord {
  /** Undefined while the Lease has no holder. */
  readonly holder: string | undefined;
  readonly durationMs: number;
  readonly acquireTime: string | undefined;
  readonly renewTime: string | undefined;
  /** How often the Lease was acquired; the epoch of its holder. */
  readonly transitions: number;
}

export function recordOf({ spec = {} }: Lease): LeaseRecord {
  return {
    holder: spec.holderIdentity === '' ? undefined : spec.holderIdentity,
    durationMs: (spec.leaseDurationSeconds ?? 0) * 1000,
    acquireTime: spec.acquireTime,
    renewTime: spec.renewTime,
    transitions: spec.leaseTransitions ?? 0,
  };
}

/** Whether two readings are of one and the same renewal; annotations and other fields do not matter. */
export function isSameRecord(a: LeaseRecord | undefined, b: LeaseRecord): boolean {
  return (
    a?.holder === b.holder &&
    a?.durationMs === b.durationMs &&
    a.acquireTime === b.acquireTime &&
    a.renewTime === b.renewTime &&
    a.transitions === b.transitions
  );
}

/** RFC 3339 with microseconds, as Leases have it. */
export function microTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '000Z');
}
