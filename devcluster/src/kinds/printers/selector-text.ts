import { isRecord, recordOf, recordsOf, stringOf } from '../../contract/json.ts';
import { none } from './printer.ts';

/** A LabelSelector in the form of `kubectl -l`. */
export function selectorText(selector: unknown, empty = none): string {
  if (!isRecord(selector)) return none;
  const equal = Object.entries(recordOf(selector['matchLabels'])).map(([key, value]) => `${key}=${String(value)}`);
  const others = recordsOf(selector['matchExpressions']).map((expression) => {
    const key = stringOf(expression['key']);
    const values = Array.isArray(expression['values']) ? expression['values'].map(String).sort().join(',') : '';
    switch (expression['operator']) {
      case 'In':
        return `${key} in (${values})`;
      case 'NotIn':
        return `${key} notin (${values})`;
      case 'Exists':
        return key;
      default:
        return `!${key}`;
    }
  });
  const all = [...equal, ...others].sort();
  return all.length === 0 ? empty : all.join(',');
}
