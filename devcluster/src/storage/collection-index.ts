import type { Stored } from './stored.ts';

/** Something known of all objects of a kind, kept up to date with each change of one of them. */
export interface Index {
  /** An object was created, or took the place of its previous version. */
  set(stored: Stored, previous: Stored | undefined): void;
  /** An object is gone; it comes as it was last. */
  delete(stored: Stored): void;
}
