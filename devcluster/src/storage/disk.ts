import type { Change } from './history.ts';
import type { Stored } from './stored.ts';

/** Keeps what the store holds beyond the life of the process. */
export interface Disk {
  /** The greatest number that a write may have had. */
  readonly revision: number;
  /** The number of the latest stored write. */
  readonly floor: number;
  /** Everything kept, by collection; to be called once. */
  load(): ReadonlyMap<string, readonly Stored[]>;
  /** Resolves when the change is on disk. Changes of one call after the other become durable together. */
  write(collection: string, change: Change): Promise<void>;
  close(): Promise<void>;
}
