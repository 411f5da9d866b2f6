/**
 * Invites a process to work for a shard that has lost its own. It stands on the Lease of the process' home shard, as
 * JSON in the annotation `controller.core.oam.dev/adopt`, and holds for one state of the shard's Lease only: once that
 * was acquired or renewed, the invitation is void.
 */
export interface Invitation {
  readonly shard: string;
  /** leaseTransitions and renewTime of the shard's Lease as it was when it was found to have run out. */
  readonly epoch: number;
  readonly renewTime: string | undefined;
  /** Only to hand its Applications over, not to work on them. */
  readonly drain?: true;
}

export function formatInvitations(invitations: readonly Invitation[]): string {
  return JSON.stringify(invitations);
}

/** Reads invitations; unreadable ones are left out. */
export function parseInvitations(text: string | undefined): readonly Invitation[] {
  if (text === undefined || text === '') return [];
  try {
    const read: unknown = JSON.parse(text);
    return Array.isArray(read) ? read.flatMap(invitationOf) : [];
  } catch {
    return [];
  }
}

function invitationOf(read: unknown): readonly Invitation[] {
  const { shard, epoch, renewTime, drain } = (read ?? {}) as Partial<Record<keyof Invitation, unknown>>;
  if (typeof shard !== 'string' || shard === '' || typeof epoch !== 'number') return [];
  return [
    {
      shard,
      epoch,
      renewTime: typeof renewTime === 'string' ? renewTime : undefined,
      ...(drain === true && { drain }),
    },
  ];
}

/** Whether a Lease is still in the state in which the invitation found it. */
export function isInvitedTo(
  { epoch, renewTime }: Pick<Invitation, 'epoch' | 'renewTime'>,
  lease: { readonly transitions: number; readonly renewTime: string | undefined },
): boolean {
  return lease.transitions === epoch && lease.renewTime === renewTime;
}
