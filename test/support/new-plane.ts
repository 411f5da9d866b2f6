import { EmbeddedPlane } from './embedded-plane.ts';
import type { Plane, PlaneOptions } from './plane.ts';
import { RealPlane } from './real-plane/real-plane.ts';

/** On the control plane with programs in a folder (KUBEBUILDER_ASSETS); the embedded one without. */
export function newPlane(options: PlaneOptions, assets: string | undefined): Plane {
  return assets === undefined || assets === '' ? new EmbeddedPlane(options) : new RealPlane(options, assets);
}
