import semver from 'semver';
import { suggestion } from '../appfile/suggest.ts';
import type { Addon } from './addon.ts';
import { AddonError } from './addon-error.ts';
import type { AvailableAddon } from './status.ts';

/** What reading a registry needs. */
export interface RegistryAccess {
  /** Files are written here. */
  readonly folder: string;
  /** Of the process, for `git`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For a repository in Git. */
  readonly token: string | undefined;
  readonly signal: AbortSignal;
}

/** A registry that can be read. */
export interface AddonSource {
  list(): Promise<readonly AvailableAddon[]>;
  /** The addon in the newest or the given version. Throws AddonError NotFound. */
  fetch(name: string, version: string | undefined): Promise<Addon>;
}

/** The refusal of a name, or of a version where the name exists. */
export function notFound(
  registry: string,
  { name, version }: { readonly name: string; readonly version: string | undefined },
  known: readonly string[],
): AddonError {
  const isVersion = version !== undefined && known.length > 0 && known.every((one) => semver.valid(one) !== null);
  const problem = isVersion
    ? `registry ${registry}: addon "${name}" has no version ${version}; it has ${known.join(', ')}`
    : `registry ${registry}: addon "${name}" does not exist${suggestion(name, known)}`;
  return new AddonError('NotFound', [problem]);
}
