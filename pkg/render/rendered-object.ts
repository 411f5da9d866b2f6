import type { KubeObject } from '../../machinery/src/meta.ts';
import type { DispatchStage } from '../apis/trait-definition.ts';

/** One object beside the workload, with where it comes from. */
export interface RenderedObject {
  readonly object: KubeObject;
  /** Name of the trait's definition, or AuxiliaryWorkload. */
  readonly trait: string;
  /** The key in `outputs`. */
  readonly resource: string;
  readonly stage: DispatchStage;
}
