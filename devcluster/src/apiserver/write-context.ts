import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { User } from '../contract/user.ts';

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

/** The writer and the kind of write. */
export interface WriteContext {
  readonly user: User;
  readonly fieldManager: string;
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  /** The request's options as admission sees them, such as CreateOptions. */
  readonly options: KubeObject | undefined;
  /** Throws Forbidden unless the user may create what an update or apply finds absent. */
  readonly requireCreate?: () => void;
  /** Adds a `Warning` header to the answer. */
  readonly warn: (text: string) => void;
  /** Called after each write of the request; `after` of a deletion is the last state. */
  readonly onWritten?: (before: KubeObject | undefined, after: KubeObject) => void;
}
