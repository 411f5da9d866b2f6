// The templates of a folder of definitions, with the parameters for which results of KubeVela are recorded.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

export type Parameter = Readonly<Record<string, unknown>>;

export interface Subject {
  readonly name: string;
  readonly source: string;
  readonly parameters: readonly Parameter[];
}

export const CONTEXT = {
  name: 'web',
  namespace: 'team-a',
  appName: 'shop',
  appRevision: 'shop-v3',
  revision: 'web-v2',
  clusterVersion: { major: '1', minor: 36 },
  appLabels: {},
  appAnnotations: {},
  output: {},
};

function recorded(): Map<string, Parameter[]> {
  const facts = new URL('../../testdata/kubevela/render.jsonl', import.meta.url);
  const found = new Map<string, Parameter[]>();
  for (const line of readFileSync(facts, 'utf8').split('\n')) {
    if (line === '') continue;
    const { definition, parameter } = JSON.parse(line) as { definition: string; parameter: Parameter };
    found.set(definition, [...(found.get(definition) ?? []), parameter]);
  }
  return found;
}

/** Templates without actions: those need packages that are not CUE's own. */
export function subjects(folder: string): Subject[] {
  if (!existsSync(folder)) return [];
  const parameters = recorded();
  return readdirSync(folder).flatMap((file): Subject[] => {
    // the values that Helm puts in do not matter here
    const [document] = parseAllDocuments(readFileSync(join(folder, file), 'utf8').replaceAll(/\{\{[^}]*\}\}/g, 'x'));
    const name = document?.getIn(['metadata', 'name']);
    const source = document?.getIn(['spec', 'schematic', 'cue', 'template']);
    if (typeof name !== 'string' || typeof source !== 'string' || source.includes('"vela/')) return [];
    return [{ name, source, parameters: parameters.get(name) ?? [{}] }];
  });
}
