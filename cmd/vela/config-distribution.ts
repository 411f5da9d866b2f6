import type { KubeObject } from '../../machinery/src/meta.ts';
import { annotations } from '../../pkg/apis/names.ts';

export interface Distribution {
  readonly name: string;
  readonly namespace: string;
  readonly config: string;
  /** The publish version of this distribution. */
  readonly version: string;
}

/** The Application that copies a config to namespaces, or what is wrong with the targets. */
export function distributionOf(
  { name, namespace, config, version }: Distribution,
  targets: readonly string[],
): KubeObject | string {
  if (targets.length === 0) return 'give at least one --target, such as local/shop';
  const parsed = targets.map((target) => target.split('/'));
  const wrong = targets.find((_, i) => parsed[i]?.length !== 2 || parsed[i].some((part) => part === ''));
  if (wrong !== undefined) return `--target ${wrong}: write CLUSTER/NAMESPACE, such as local/shop`;
  const other = parsed.find(([cluster]) => cluster !== 'local');
  if (other) return `--target: cluster "${other[0] ?? ''}" is not available; use "local", the only one`;
  const namespaces = [...new Set(parsed.map(([, one = '']) => one))];
  const spec = {
    configs: [{ name: config, namespace }],
    targets: namespaces.map((one) => ({ clusterName: 'local', namespace: one })),
  };
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: {
      name,
      namespace,
      labels: { 'app.oam.dev/source-of-truth': 'from-inner-system', 'config.oam.dev/catalog': 'config-distribution' },
      annotations: { 'config.oam.dev/distribution-spec': JSON.stringify(spec), [annotations.publishVersion]: version },
    },
    spec: {
      components: [
        {
          name,
          type: 'ref-objects',
          properties: { objects: [{ resource: 'secret', name: config, namespace }] },
        },
      ],
      policies: [
        ...namespaces.map((one) => ({
          name: `local-${one}`,
          type: 'topology',
          properties: { clusters: ['local'], namespace: one },
        })),
        {
          name: 'share-config',
          type: 'shared-resource',
          properties: { rules: [{ selector: { resourceTypes: ['Secret'] } }] },
        },
      ],
    },
  };
}
