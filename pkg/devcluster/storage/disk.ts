import type { Change } from './history.ts';
import type { Stored } from './stored.ts';

/** Keeps what the store holds beyond the life of the process. */
export interface Disk {
  /** The number of the latest write that was kept. */
  readonly revision: number;
  /** Everything kept, by collection. */
  load(): ReadonlyMap<string, readonly Stored[]>;
  /** Resolves when the change is on disk. Changes of one call after the other become durable together. */
  write(collection: string, change: Change): Promise<void>;
  close(): Promise<void>;
}
