import type { ComponentDefinition } from '../../apis/component-definition.ts';
import { autodetectWorkload, workloadNameOf } from '../../apis/component-definition.ts';
import type { Resource } from '../../../machinery/src/meta.ts';
import type { AdmissionAnswer, AdmissionRequest } from '../../webhook/admission-review.ts';

/** Finds the resource of a kind; undefined when the cluster serves none. */
export type FindResource = (apiVersion: string, kind: string) => Promise<Resource | undefined>;

/** Fills in the type of a ComponentDefinition's workload: by its kind where that is given, else `autodetects.core.oam.dev`. */
export async function mutateComponentDefinition(
  request: AdmissionRequest,
  findResource: FindResource,
): Promise<AdmissionAnswer> {
  const given = request.object as ComponentDefinition | undefined;
  const { operation } = request;
  if (!given || (operation !== 'CREATE' && operation !== 'UPDATE')) return { allowed: true };
  const { workload } = (given as { readonly spec?: Partial<ComponentDefinition['spec']> }).spec ?? {};
  if (workload?.type !== undefined && workload.type !== '') return { allowed: true };
  // clients in Go send an empty definition where none is given
  const kind = workload?.definition?.kind ? workload.definition : undefined;
  const type = kind ? await workloadTypeOf(kind, findResource) : autodetectWorkload;
  if (type === undefined) return { allowed: true };
  return { allowed: true, object: { ...given, spec: { ...given.spec, workload: { ...workload, type } } } };
}

/** The type that KubeVela gives to the workload of a kind, such as `deployments.apps`; undefined where no such kind is served. */
export async function workloadTypeOf(
  { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
  findResource: FindResource,
): Promise<string | undefined> {
  const resource = await findResource(apiVersion, kind);
  return resource && workloadNameOf(resource);
}
