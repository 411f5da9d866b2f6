import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { loadYaml } from '../../pkg/render/yaml.ts';
import { newEngines } from '../support/engines.ts';
import { outsideData } from '../support/needs.mjs';
import type { Case } from './render.ts';
import { renderCase } from './render.ts';

/** KubeVela's own definitions, beside ours. */
const theirs = join(outsideData, 'fixtures/upstream/definitions');
const ours = join(packageRoot(), 'templates/definitions');
const folder = import.meta.dirname;
const engines = newEngines();

/** Where what KubeVela's definition yields is not what ours does, and why that is as it should be. */
const otherwise: Readonly<Record<string, string>> = {
  'container-image/wrong-kind-of-workload': 'the words of the message',
  'env/containers': 'the words of the message',
  'hostalias/merge': 'theirs cannot change an alias that is there',
  'ingress/paths': 'theirs makes an Ingress of v1beta1, which Kubernetes serves no more since 1.22',
  'service-account/all': 'theirs does not say the namespace of the subject',
  'startup-probe/several': 'theirs fails where the list names an unknown container',
  'storage/everything': 'theirs leaves an empty mount for a block device',
};

const read = (name: string): Case => loadYaml(readFileSync(join(folder, name), 'utf8')) as Case;
const has = (type: string): boolean => existsSync(join(theirs, `${type}.yaml`));
const typesOf = ({ component }: Case): readonly string[] => [
  component.type,
  ...(component.traits ?? []).map(({ type }) => type),
];

/** Generated names hold a hash of the object, and CUE has another order of outputs. */
function comparable(rendered: Awaited<ReturnType<typeof renderCase>>): unknown {
  if (!rendered.ok) return rendered.problems;
  const objects = rendered.value.objects.map(({ object, ...rest }) => {
    const name = object.metadata.name?.replace(/-[0-9a-f]{8,}$/, '');
    return { ...rest, object: { ...object, metadata: { ...object.metadata, name } } };
  });
  return { workload: rendered.value.workload, objects: objects.sort((a, b) => (a.resource < b.resource ? -1 : 1)) };
}

describe("KubeVela's own definitions", () => {
  const cases = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.in.yaml') && typesOf(read(name)).every(has))
    .sort();

  test.each(cases)('%s yields the same as with ours', async (file) => {
    const input = read(file);
    const [own, other] = await Promise.all([ours, theirs].map((from) => renderCase(input, from, engines)));
    if (!own || !other) throw new Error('nothing rendered');
    const name = join(dirname(file), basename(file, '.in.yaml'));
    if (otherwise[name] === undefined) expect(comparable(other)).toEqual(comparable(own));
    else expect(comparable(other)).not.toEqual(comparable(own));
  });

  test.each(readdirSync(theirs))('%s compiles, and its schema can be published', async (file) => {
    const { metadata, spec } = loadYaml(readFileSync(join(theirs, file), 'utf8')) as KubeObject;
    const { schematic, status } = spec as { schematic: { cue: { template: string } }; status?: object };
    const template = { name: metadata.name ?? '', schematic, status };
    expect(await engines.cue.check(template)).toEqual([]);
    expect(await engines.cue.parameterSchema(template)).toMatchObject({ ok: true });
  });
});
