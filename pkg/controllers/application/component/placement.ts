import type { Component } from '../../../apis/application.ts';
import type { ComponentDefinition } from '../../../apis/component-definition.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { annotations, fleetKeys } from '../../../apis/names.ts';
import { revisionNumber } from '../../../revision/content.ts';
import { publishVersionOf } from '../../../revision/decide.ts';
import { definitionFor } from '../../../revision/definitions.ts';
import { contentHash } from '../../../revision/hash.ts';
import type { Renderable } from '../stages.ts';
import type { ClusterVersion, RenderContext } from '../../../render/context.ts';

/** A component at one place. */
export interface Placement {
  readonly component: Component;
  readonly namespace: string;
  /** Whether a policy or a step names the namespace: then it is that of every object, whatever the object says. */
  readonly isNamespaceNamed?: boolean;
  /** The cluster that a policy or a step names; absent where none is named. */
  readonly cluster?: string | undefined;
  /** Identifies one replica of a component under a replication policy. */
  readonly replicaKey?: string | undefined;
}

/** The name of the cluster that the control plane is in, the only one. */
export const localCluster = 'local';

/** The template or the parameters of a component are wrong: trying again does not help. */
export class RenderProblem extends Error {
  override readonly name = 'RenderProblem';
}

/** The definition that a component was delivered with. */
export function definitionOf(component: Component, { revision }: Renderable): ComponentDefinition {
  const definition = definitionFor(revision.spec.componentDefinitions, component.type);
  if (!definition)
    throw new RenderProblem(
      `component "${component.name}": definition "${component.type}" is not in revision ${revision.metadata.name ?? ''}`,
    );
  return definition;
}

/** What templates and health expressions of a component see. */
export function renderContext(
  { component, namespace, cluster = '', replicaKey = '' }: Placement,
  { app, revision, custom }: Renderable,
  {
    clusterVersion,
    liveOutput,
  }: { readonly clusterVersion: ClusterVersion; readonly liveOutput?: KubeObject | undefined },
): RenderContext {
  const name = revision.metadata.name ?? '';
  const publishVersion = publishVersionOf(app);
  const workflowName = app.metadata.annotations?.['app.oam.dev/workflowName'];
  return {
    name: component.name,
    namespace,
    appName: app.metadata.name ?? '',
    appRevision: name,
    appRevisionNum: revisionNumber(name),
    appLabels: without(app.metadata.labels, fleetKeys),
    appAnnotations: without(app.metadata.annotations, [annotations.kubectlLastApplied, ...fleetKeys]),
    cluster: cluster === '' ? localCluster : cluster,
    replicaKey,
    clusterVersion,
    ...(workflowName !== undefined && { workflowName }),
    ...(publishVersion !== '' && { publishVersion }),
    components: app.spec.components,
    revision: contentHash(component),
    ...(liveOutput && { liveOutput }),
    ...(custom && { custom }),
  };
}

function without(
  record: Readonly<Record<string, string>> | undefined,
  keys: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record ?? {}).filter(([key]) => !keys.includes(key)));
}
