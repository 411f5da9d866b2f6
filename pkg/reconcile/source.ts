import { keyOf } from '../../machinery/src/meta.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';

/** A stream of changes, such as an informer. */
export interface Changes<T> {
  subscribe(handlers: {
    added?(object: T): void;
    updated?(old: T, object: T): void;
    deleted?(object: T): void;
  }): () => void;
  whenSynced(signal: AbortSignal): Promise<void>;
}

/** State outside the API server that a controller depends on, such as the view of the fleet. */
export interface Trigger {
  /** Calls back after each change, until the returned function is called. */
  onChange(listener: () => void): () => void;
  whenSynced(signal: AbortSignal): Promise<void>;
}

/** A change of an object. */
export type Change<T> =
  | { readonly type: 'added' | 'deleted'; readonly object: T }
  | { readonly type: 'updated'; readonly old: T; readonly object: T };

/** Where a controller's keys come from; hands keys on until the returned function is called. */
export interface Source {
  readonly whenSynced: (signal: AbortSignal) => Promise<void>;
  readonly attach: (add: (key: string) => void) => () => void;
}

export interface SourceOptions<T> {
  /** Changes that it refuses are ignored; none when absent. */
  readonly predicate?: ((change: Change<T>) => boolean) | undefined;
  /** The keys that a changed object concerns; its own when absent. Of an update, those of both states. */
  readonly map?: ((object: T) => readonly string[]) | undefined;
}

/** Makes a source of the changes of one kind of objects. */
export function changesOf<T extends KubeObject>(changes: Changes<T>, options: SourceOptions<T> = {}): Source {
  const { predicate = () => true, map = (object: T) => [keyOf(object)] } = options;
  return {
    whenSynced: (signal) => changes.whenSynced(signal),
    attach: (add) => {
      const take = (change: Change<T>): void => {
        if (!predicate(change)) return;
        const states = change.type === 'updated' ? [change.old, change.object] : [change.object];
        for (const key of new Set(states.flatMap(map))) add(key);
      };
      return changes.subscribe({
        added: (object) => {
          take({ type: 'added', object });
        },
        updated: (old, object) => {
          take({ type: 'updated', old, object });
        },
        deleted: (object) => {
          take({ type: 'deleted', object });
        },
      });
    },
  };
}

/** Makes a source that yields the given keys at the start and after each change. */
export function keysAfter(trigger: Trigger, keys: () => readonly string[]): Source {
  return {
    whenSynced: (signal) => trigger.whenSynced(signal),
    attach: (add) => {
      const addAll = (): void => {
        for (const key of keys()) add(key);
      };
      addAll();
      return trigger.onChange(addAll);
    },
  };
}

/** A predicate: the object's spec, labels or annotations may have changed, or it is being deleted; not its status alone. */
export function wantsChanged<T extends KubeObject>(change: Change<T>): boolean {
  if (change.type !== 'updated') return true;
  const [a, b] = [change.old.metadata, change.object.metadata];
  const isRepeated = a.resourceVersion === b.resourceVersion;
  return (
    isRepeated ||
    a.generation !== b.generation ||
    a.deletionTimestamp !== b.deletionTimestamp ||
    JSON.stringify([a.labels, a.annotations, a.finalizers]) !== JSON.stringify([b.labels, b.annotations, b.finalizers])
  );
}
