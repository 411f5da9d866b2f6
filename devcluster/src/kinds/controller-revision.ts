import { absent, isRecord, sameJson } from '../contract/json.ts';
import { immutableText, invalid, required } from '../contract/problems.ts';
import { nonNegative } from './probe-validation.ts';
import type { KindStrategy } from '../contract/strategy.ts';

/** Data of a ControllerRevision never changes. */
export const controllerRevision: KindStrategy = {
  validate: (object) => nonNegative(object['revision'], 'revision'),
  validateCreate({ data }) {
    if (absent(data)) return [required('data', 'data is mandatory')];
    return isRecord(data) ? [] : [required('data', 'data must be a valid JSON object')];
  },
  validateUpdate: ({ data }, old) =>
    sameJson(data, old['data']) ? [] : [invalid('data', data ?? null, immutableText)],
};
