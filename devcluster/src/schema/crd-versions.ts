import { compareVersions } from '../text/versions.ts';
import { recordOf, recordsOf, textOf, type JsonRecord } from '../contract/json.ts';

/** The warning of a deprecated version: the definition's own, or one that names the version to use instead. */
export function deprecationWarning(spec: JsonRecord, version: JsonRecord): string | undefined {
  if (version['deprecated'] !== true) return undefined;
  if (typeof version['deprecationWarning'] === 'string') return version['deprecationWarning'];
  const group = textOf(spec['group']);
  const kind = textOf(recordOf(spec['names'])['kind']);
  const text = `${group}/${textOf(version['name'])} ${kind} is deprecated`;
  const candidates = recordsOf(spec['versions']).filter(
    (other) => other['served'] === true && other['deprecated'] !== true,
  );
  const [best] = candidates.map((other) => textOf(other['name'])).sort(compareVersions);
  if (best === undefined || compareVersions(best, textOf(version['name'])) > 0) return text;
  return `${text}; use ${group}/${best} ${kind}`;
}
