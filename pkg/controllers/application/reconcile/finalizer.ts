import type { Application } from '../../../apis/application.ts';
import { applicationResource } from '../../../apis/application.ts';
import { fenceMetadata } from '../../../apis/fence.ts';
import { finalizers } from '../../../apis/names.ts';
import { patchObject } from '../../../apis/patch-object.ts';
import { fieldManager } from '../../../dispatch/field-manager.ts';
import type { ApplicationDeps } from '../deps.ts';
import { fenceFor } from '../ownership/fence.ts';

/** The finalizer is on an Application before anything is created for it. */
export function addFinalizer(app: Application, deps: ApplicationDeps, signal: AbortSignal): Promise<Application> {
  const { finalizers: present = [] } = app.metadata;
  return writeFinalizers(app, [...present, finalizers.application], deps, signal);
}

/** Removes the finalizers of this controller, so that the API server deletes the Application. */
export function removeFinalizers(app: Application, deps: ApplicationDeps, signal: AbortSignal): Promise<Application> {
  const own: readonly string[] = [finalizers.application, finalizers.orphanResource];
  const others = (app.metadata.finalizers ?? []).filter((finalizer) => !own.includes(finalizer));
  return writeFinalizers(app, others, deps, signal);
}

function writeFinalizers(
  app: Application,
  wanted: readonly string[],
  { client, options }: ApplicationDeps,
  signal: AbortSignal,
): Promise<Application> {
  const change = { metadata: { finalizers: wanted, ...fenceMetadata(fenceFor(app, options)) } };
  return patchObject(client, applicationResource, app, { change, fieldManager, signal });
}
