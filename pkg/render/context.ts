import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';

/** The Kubernetes version that a template renders for. */
export interface ClusterVersion {
  readonly major: string;
  readonly minor: number;
  readonly gitVersion: string;
  readonly platform: string;
}

/** What templates see as `context`, beside what rendering itself adds (output, outputs, componentType). */
export interface RenderContext {
  /** The component's name. */
  readonly name: string;
  /** The target namespace, or the Application's. */
  readonly namespace: string;
  readonly appName: string;
  /** Name of the ApplicationRevision, such as `web-v3`. */
  readonly appRevision: string;
  readonly appRevisionNum: number;
  readonly appLabels: Readonly<Record<string, string>>;
  readonly appAnnotations: Readonly<Record<string, string>>;
  /** `local` for the control plane. */
  readonly cluster: string;
  readonly clusterVersion: ClusterVersion;
  readonly workflowName?: string;
  readonly publishVersion?: string;
  /** All components of the Application's spec. */
  readonly components?: readonly unknown[];
  /** Hash of the component's spec. */
  readonly revision?: string;
  readonly replicaKey?: string;
  /** The live workload, when it was found; templates see its status as `context.output.status`. */
  readonly liveOutput?: KubeObject;
  /** Context that Application-scoped policies added. */
  readonly custom?: JsonObject;
}

/** The context as plain JSON, without what rendering handles itself. */
export function contextData(context: RenderContext): JsonObject {
  return Object.fromEntries(Object.entries(context).filter(([key]) => key !== 'liveOutput'));
}

/** Reads the answer of `GET /version` (the minor version can be `27+`). */
export function clusterVersionOf(version: {
  readonly major?: string;
  readonly minor?: string;
  readonly gitVersion?: string;
  readonly platform?: string;
}): ClusterVersion {
  return {
    major: version.major ?? '',
    minor: Number.parseInt(version.minor ?? '', 10) || 0,
    gitVersion: version.gitVersion ?? '',
    platform: version.platform ?? '',
  };
}
