import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import type { User } from './user.ts';

/** One write as admission sees it. */
export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly resource: Resource;
  readonly subresource: string;
  readonly namespace: string | undefined;
  readonly name: string;
  /** The new object; undefined on DELETE. */
  readonly object: KubeObject | undefined;
  /** The stored object; undefined on CREATE. */
  readonly oldObject: KubeObject | undefined;
  readonly user: User;
  readonly dryRun: boolean;
  readonly options: KubeObject | undefined;
  /** Adds a `Warning` header to the answer. */
  readonly warn: (text: string) => void;
}

/** A step of admission. Refusals are thrown as StatusError. */
export interface AdmissionPlugin {
  /** Returns the object as it is to be stored: the given one, or a changed copy. */
  mutate?(request: AdmissionRequest): Promise<KubeObject | undefined> | KubeObject | undefined;
  validate?(request: AdmissionRequest): Promise<void> | void;
}
