import type { BuiltinPackage } from './api.ts';

/** The packages that a file may import, by path. */
const packages = new Map<string, BuiltinPackage>();

export function builtinPackage(path: string): BuiltinPackage | undefined {
  return packages.get(path);
}
