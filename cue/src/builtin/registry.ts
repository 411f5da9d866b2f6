import type { BuiltinPackage } from './api.ts';
import { base64Package } from './base64.ts';
import { md5Package, sha256Package } from './hash.ts';
import { hexPackage } from './hex.ts';
import { jsonPackage } from './json.ts';
import { listPackage } from './list.ts';
import { mathPackage } from './math.ts';
import { netPackage } from './net.ts';
import { pathPackage } from './path.ts';
import { regexpPackage } from './regexp.ts';
import { strconvPackage } from './strconv.ts';
import { stringsPackage } from './strings.ts';
import { structPackage } from './struct.ts';
import { timePackage } from './time.ts';
import { uuidPackage } from './uuid.ts';
import { yamlPackage } from './yaml.ts';

const all: readonly BuiltinPackage[] = [
  base64Package,
  hexPackage,
  jsonPackage,
  listPackage,
  mathPackage,
  md5Package,
  netPackage,
  pathPackage,
  regexpPackage,
  sha256Package,
  strconvPackage,
  stringsPackage,
  structPackage,
  timePackage,
  uuidPackage,
  yamlPackage,
];

const packages: ReadonlyMap<string, BuiltinPackage> = new Map(all.map((entry) => [entry.path, entry]));

/** The packages that a file may import, by path. */
export function builtinPackage(path: string): BuiltinPackage | undefined {
  return packages.get(path);
}
