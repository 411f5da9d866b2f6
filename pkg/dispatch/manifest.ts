import type { Application } from '../apis/application.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { annotations, fleetKeys, labels } from '../apis/names.ts';

/** One resource of an Application, as it is to be in the cluster. */
export interface Manifest {
  readonly object: KubeObject;
  readonly component: string;
  /** Name of the trait that it is from; empty for a workload. */
  readonly trait: string;
}

/** A manifest of a kind that the API server knows; its object has the hash of its content. */
export interface ResolvedManifest extends Manifest {
  readonly resource: Resource;
}

/** Where a rendered object comes from. */
export interface Origin {
  readonly app: Application;
  readonly revision: string;
  readonly revisionHash: string;
  readonly component: string;
  readonly componentType: string;
  /** The cluster that a policy or a step names; empty or absent where none is named, which is the local one too. */
  readonly cluster?: string | undefined;
  /** Undefined for the workload. */
  readonly trait?: TraitOrigin | undefined;
}

export interface TraitOrigin {
  readonly name: string;
  readonly resource: string;
  readonly manageWorkload: boolean;
  /**
   * Rendered after the workload is healthy (stage PostDispatch). KubeVela gives such objects neither the labels and annotations
   * of the Application nor a resource type; with others each change of controllers would write them.
   */
  readonly isLate?: boolean | undefined;
}

/** Labels of an Application that are about its controller and not about what it delivers. */
const ownLabels: readonly string[] = [...fleetKeys, labels.pause];
/** Annotations of an Application that steer its controller or kubectl, or name identities. */
const ownAnnotations: readonly string[] = [
  ...fleetKeys,
  annotations.kubectlLastApplied,
  annotations.filterLabelKeys,
  annotations.filterAnnotationKeys,
  'app.oam.dev/inplace-upgrade',
];

/** Gives a rendered object the labels and annotations by which it is known to belong to an Application. */
export function ownedManifest(object: KubeObject, origin: Origin): Manifest {
  const { app, component, trait } = origin;
  const isLate = trait?.isLate ?? false;
  const notes = { ...(!isLate && inherited(app, 'annotations')), ...object.metadata.annotations };
  const metadata = {
    ...object.metadata,
    labels: { ...(!isLate && inherited(app, 'labels')), ...object.metadata.labels, ...ownership(origin) },
    ...(Object.keys(notes).length > 0 && { annotations: notes }),
  };
  return { object: { ...object, metadata }, component, trait: trait?.name ?? '' };
}

function ownership(origin: Origin): Record<string, string> {
  const { app, trait } = origin;
  const common = {
    [labels.appName]: app.metadata.name ?? '',
    [labels.appNamespace]: app.metadata.namespace ?? '',
    [labels.appRevision]: origin.revision,
    [labels.appRevisionHash]: origin.revisionHash,
    [labels.appComponent]: origin.component,
    [labels.appCluster]: origin.cluster ?? '',
  };
  if (!trait) {
    return { ...common, [labels.resourceType]: 'WORKLOAD', [labels.workloadType]: labelValue(origin.componentType) };
  }
  return {
    ...common,
    ...(!trait.isLate && { [labels.resourceType]: 'TRAIT' }),
    [labels.traitType]: trait.name,
    [labels.traitResource]: trait.resource,
    ...(trait.manageWorkload && { [labels.manageWorkload]: 'true' }),
  };
}

/** `name@v1` is no label value. */
export const labelValue = (type: string): string => type.replaceAll('@', '-');

function inherited(app: Application, what: 'labels' | 'annotations'): Record<string, string> {
  const filter = what === 'labels' ? annotations.filterLabelKeys : annotations.filterAnnotationKeys;
  const named = (app.metadata.annotations?.[filter] ?? '').split(',').map((key) => key.trim());
  const dropped = [...named, ...(what === 'labels' ? ownLabels : ownAnnotations)];
  return Object.fromEntries(Object.entries(app.metadata[what] ?? {}).filter(([key]) => !dropped.includes(key)));
}

/** Identifies a resource, whatever its API version: `group/kind/cluster/namespace/name`. */
export function resourceKey(r: {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}): string {
  const { apiVersion = '' } = r;
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return `${group}/${r.kind ?? ''}/local/${r.namespace ?? ''}/${r.name ?? ''}`;
}

/** The key of an object. */
export const objectKey = (object: KubeObject): string =>
  resourceKey({ apiVersion: object.apiVersion, kind: object.kind, ...namesOf(object) });

/** `Kind namespace/name`, for messages. */
export function describe(object: KubeObject): string {
  const { namespace, name } = namesOf(object);
  return `${object.kind} ${namespace ? `${namespace}/` : ''}${name}`;
}

export function namesOf(object: KubeObject): { readonly namespace: string | undefined; readonly name: string } {
  return { namespace: object.metadata.namespace, name: object.metadata.name ?? '' };
}

/** The object as its kind wants it: without a namespace when the kind has none. */
export function inScope(object: KubeObject, resource: Resource): KubeObject {
  if (resource.namespaced || object.metadata.namespace === undefined) return object;
  const metadata = Object.fromEntries(Object.entries(object.metadata).filter(([key]) => key !== 'namespace'));
  return { ...object, metadata };
}

const early: Readonly<Record<string, number>> = {
  Namespace: 0,
  CustomResourceDefinition: 0,
  ServiceAccount: 1,
  ClusterRole: 1,
  Role: 1,
  ClusterRoleBinding: 1,
  RoleBinding: 1,
  StorageClass: 1,
  PriorityClass: 1,
  ConfigMap: 2,
  Secret: 2,
  PersistentVolume: 2,
  PersistentVolumeClaim: 2,
};

/** Groups manifests so that what others need comes first. */
export function applyOrder<T extends Manifest>(manifests: readonly T[]): readonly (readonly T[])[] {
  const waves: T[][] = [];
  for (const manifest of manifests) (waves[early[manifest.object.kind] ?? 3] ??= []).push(manifest);
  return waves.filter((wave) => wave.length > 0);
}
