import type { KubeObject } from '../../machinery/src/meta.ts';

/** Records Events on objects. */
export interface EventSink {
  event(object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
}
