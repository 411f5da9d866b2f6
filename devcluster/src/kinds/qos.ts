import { recordOf, recordsOf, type JsonRecord } from '../contract/json.ts';
import { parseQuantity } from '../text/quantity.ts';

/** The quality of service that a pod's requests and limits earn it. */
export function qosClass(spec: JsonRecord): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...recordsOf(spec['containers']), ...recordsOf(spec['initContainers'])];
  let some = false;
  let all = true;
  for (const container of containers) {
    const resources = recordOf(container['resources']);
    const limits = recordOf(resources['limits']);
    const requests = recordOf(resources['requests']);
    for (const name of ['cpu', 'memory']) {
      const limit = amount(limits[name]);
      const request = amount(requests[name]) ?? limit;
      if (limit !== undefined || request !== undefined) some = true;
      if (limit === undefined || request !== limit) all = false;
    }
  }
  if (!some) return 'BestEffort';
  return all ? 'Guaranteed' : 'Burstable';
}

/** Zero counts as nothing asked. */
function amount(value: unknown): bigint | undefined {
  const nano = typeof value === 'string' || typeof value === 'number' ? parseQuantity(value)?.nano : undefined;
  return nano === 0n ? undefined : nano;
}
