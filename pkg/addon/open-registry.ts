import { AddonError } from './addon-error.ts';
import { GitFolder } from './git-folder.ts';
import { HelmRepository } from './helm-repository.ts';
import { OciRepository } from './oci.ts';
import { gitSourceOf, typeOf } from './registry.ts';
import type { Registry } from './registry.ts';
import type { AddonSource, RegistryAccess } from './source.ts';

/** Throws AddonError Registry for a kind of registry that is not supported. */
export function openRegistry(registry: Registry, access: RegistryAccess): AddonSource {
  const git = gitSourceOf(registry);
  if (git) return new GitFolder(registry.name, git, access);
  if (registry.helm?.url.startsWith('oci://')) return new OciRepository(registry, access);
  if (registry.helm) return new HelmRepository(registry, access);
  const problem = `registry ${registry.name}: type ${typeOf(registry)} is not supported; use helm, oci or git`;
  throw new AddonError('Registry', [problem]);
}
