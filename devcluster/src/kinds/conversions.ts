import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { at, copyJson, isRecord, recordOf, recordsOf, type JsonRecord } from '../contract/json.ts';
import type { MutableObject } from '../contract/strategy.ts';

/** How a built-in kind that is served in several forms is stored in one. */
export interface KindConversion {
  /** The collection of the form that is stored. */
  readonly collection: string;
  fromStorage(object: KubeObject): KubeObject;
  toStorage(object: MutableObject): MutableObject;
}

/** Undefined for all kinds that are stored as they are served. */
export function conversionOf({ group, version, plural }: Resource): KindConversion | undefined {
  if (group === 'autoscaling' && version === 'v1' && plural === 'horizontalpodautoscalers') return autoscalers;
  return group === 'events.k8s.io' && plural === 'events' ? events : undefined;
}

const otherMetrics = 'autoscaling.alpha.kubernetes.io/metrics';
const behavior = 'autoscaling.alpha.kubernetes.io/behavior';

/** autoscaling/v1 knows CPU alone; other metrics of an autoscaler are in annotations. */
const autoscalers: KindConversion = {
  collection: 'autoscaling/horizontalpodautoscalers',
  fromStorage(object) {
    const { metrics, behavior: how, ...spec } = recordOf(object['spec']);
    const all = recordsOf(metrics);
    const cpu = all.find(isCpuUtilization);
    const others = all.filter((metric) => metric !== cpu);
    const annotations = {
      ...object.metadata.annotations,
      ...(others.length > 0 && { [otherMetrics]: JSON.stringify(others) }),
      ...(isRecord(how) && { [behavior]: JSON.stringify(how) }),
    };
    const { currentMetrics: _metrics, conditions: _conditions, ...status } = recordOf(object['status']);
    const target = at(cpu, 'resource', 'target')['averageUtilization'];
    return {
      ...object,
      apiVersion: 'autoscaling/v1',
      metadata: { ...object.metadata, ...(Object.keys(annotations).length > 0 && { annotations }) },
      spec: { ...spec, ...(target !== undefined && { targetCPUUtilizationPercentage: target }) },
      status: { currentReplicas: 0, ...status },
    };
  },
  toStorage(object) {
    const { targetCPUUtilizationPercentage: percent, ...spec } = recordOf(object['spec']);
    const {
      [otherMetrics]: others,
      [behavior]: how,
      ...annotations
    } = recordOf(object.metadata['annotations']) as Record<string, string | undefined>;
    const target = { type: 'Utilization', averageUtilization: percent };
    const cpu = percent === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', target } }];
    const metadata: JsonRecord = { ...object.metadata, annotations };
    if (Object.keys(annotations).length === 0) delete metadata['annotations'];
    return {
      ...object,
      apiVersion: 'autoscaling/v2',
      metadata,
      spec: {
        ...spec,
        metrics: [...cpu, ...recordsOf(parsed(others))],
        ...(how !== undefined && { behavior: parsed(how) }),
      },
      status: { currentMetrics: null, ...recordOf(object['status']) },
    };
  },
};

function isCpuUtilization(metric: JsonRecord): boolean {
  const resource = recordOf(metric['resource']);
  return resource['name'] === 'cpu' && recordOf(resource['target'])['averageUtilization'] !== undefined;
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Names in events.k8s.io, and what the core group calls the same. */
const eventNames: readonly (readonly [string, string])[] = [
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
];

/** Events are the same objects in both groups. */
const events: KindConversion = {
  collection: '/events',
  fromStorage: (object) => ({
    ...(renamed(
      object,
      eventNames.map(([to, from]) => [from, to]),
    ) as unknown as KubeObject),
    apiVersion: 'events.k8s.io/v1',
  }),
  toStorage: (object) => ({ ...(renamed(object, eventNames) as unknown as MutableObject), apiVersion: 'v1' }),
};

function renamed(object: object, names: readonly (readonly [string, string])[]): JsonRecord {
  const map = new Map(names);
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [map.get(key) ?? key, copyJson(value)]));
}
