import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { factsFolder } from '../facts.ts';

/** The cluster roles, bindings of them and priority classes that every cluster starts with. */
export function bootstrapObjects(): KubeObject[] {
  return JSON.parse(readFileSync(join(factsFolder(), 'default-objects.json'), 'utf8')) as KubeObject[];
}
