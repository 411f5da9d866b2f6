import type { Environment } from '@marcbachmann/cel-js';
import semver from 'semver';
import { registerOwnType } from './own-type.ts';

class CelVersion {
  readonly version: semver.SemVer;

  constructor(version: semver.SemVer) {
    this.version = version;
  }
}

/** `v1.2` as `1.2.0`, `01.2.3` as `1.2.3`; undefined where something behind a short version would be lost. */
function normalized(text: string): string | undefined {
  const [major = '', minor, ...rest] = text.replace(/^v/, '').split('.');
  const parts = [major, ...(minor === undefined ? [] : [minor]), ...(rest.length > 0 ? [rest.join('.')] : [])];
  if (parts.length < 3 && /[+-]/.test(parts.at(-1) ?? '')) return undefined;
  const trimmed = parts.map((part) => part.replace(/^0+(?=\d)/, ''));
  return [...trimmed, '0', '0'].slice(0, 3).join('.');
}

function parse(text: string, isLenient: boolean): CelVersion | undefined {
  const exact = isLenient ? normalized(text) : text;
  if (exact === undefined || !/^\d/.test(exact) || /\s/.test(exact)) return undefined;
  const version = semver.parse(exact);
  return version === null ? undefined : new CelVersion(version);
}

function read(text: string, isLenient: boolean): CelVersion {
  const version = parse(text, isLenient);
  if (version === undefined) throw new Error('No Major.Minor.Patch elements found');
  return version;
}

/** Semantic versions: `semver("1.2.3").isLessThan(semver("1.10.0"))`. */
export function registerVersions(environment: Environment): void {
  const type = 'kubernetes.Semver';
  const compare = (a: CelVersion, b: CelVersion) => semver.compare(a.version, b.version);
  const method = registerOwnType(environment, type, CelVersion);
  environment
    .registerFunction(`semver(string): ${type}`, (text: string) => read(text, false))
    .registerFunction(`semver(string, bool): ${type}`, read)
    .registerFunction('isSemver(string): bool', (text: string) => parse(text, false) !== undefined)
    .registerFunction(
      'isSemver(string, bool): bool',
      (text: string, isLenient: boolean) => parse(text, isLenient) !== undefined,
    )
    .registerOperator(`${type} == ${type}`, (a: CelVersion, b: CelVersion) => compare(a, b) === 0);
  method('major(): int', ({ version }) => BigInt(version.major));
  method('minor(): int', ({ version }) => BigInt(version.minor));
  method('patch(): int', ({ version }) => BigInt(version.patch));
  method(`compareTo(${type}): int`, (a, b: CelVersion) => BigInt(compare(a, b)));
  method(`isLessThan(${type}): bool`, (a, b: CelVersion) => compare(a, b) < 0);
  method(`isGreaterThan(${type}): bool`, (a, b: CelVersion) => compare(a, b) > 0);
}
