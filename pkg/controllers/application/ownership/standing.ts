import type { Application } from '../../../apis/application.ts';
import { annotations, labels } from '../../../apis/names.ts';
import type { Ownership } from '../../../scheduling/handover.ts';
import { dutyOf } from '../../family/duty.ts';
import type { ApplicationOptions } from '../deps.ts';

/** The options that decide which Applications a process works on. */
export type Term = Pick<
  ApplicationOptions,
  'shard' | 'drainOnly' | 'controllerVersion' | 'ignoreAppWithoutControllerVersion'
>;

/** A write to the Application that must come before any work. After an acknowledgement nothing known of it is valid. */
export interface OwnershipWrite {
  readonly do: 'write';
  readonly app: Application;
  readonly ownership: Ownership;
  readonly acknowledges: boolean;
}

/** Whether an Application is this process's, and what it may do with it. */
export type Standing =
  /** It is gone, or another shard or another version of the controller works on it: nothing known of it is valid. */
  | { readonly do: 'ignore' }
  /** It is paused: only a move is still carried out. */
  | { readonly do: 'pause' }
  /** It is being moved, or this process only hands Applications over. */
  | { readonly do: 'leave' }
  /** It is to be handed over, and requests that were sent for it may still take effect. */
  | { readonly do: 'wait'; readonly forMs: number }
  | OwnershipWrite
  | { readonly do: 'reconcile'; readonly app: Application };

/** The one decision on whether this process works on an Application, from its labels and annotations. */
export function standingOf(app: Application | undefined, term: Term, lateWriteMs: number): Standing {
  if (!app || !isSelected(app, term)) return { do: 'ignore' };
  const duty = term.shard === undefined ? undefined : dutyOf(app, term.shard, term.drainOnly);
  if (duty?.do === 'leave') return duty;
  if (duty?.do === 'write')
    return duty.acknowledges && lateWriteMs > 0 ? { do: 'wait', forMs: lateWriteMs } : { ...duty, app };
  return isPaused(app) ? { do: 'pause' } : { do: 'reconcile', app };
}

/** Whether the shard and the version in the metadata of an Application are those of this process. */
export function isSelected({ metadata }: Application, term: Term): boolean {
  if (term.shard !== undefined && metadata.labels?.[labels.scheduledShardId] !== term.shard) return false;
  const required = metadata.annotations?.[annotations.controllerVersionRequire] ?? '';
  return required === '' ? !term.ignoreAppWithoutControllerVersion : required === term.controllerVersion;
}

export const isPaused = ({ metadata }: Application): boolean => metadata.labels?.[labels.pause] === 'true';
