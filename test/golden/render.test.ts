import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { ComponentDefinition } from '../../pkg/apis/component-definition.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { newEngines } from '../support/engines.ts';
import type { Case } from './render.ts';
import { renderCase } from './render.ts';
import { dumpYaml, loadYaml } from '../../pkg/render/yaml.ts';

const definitions = join(packageRoot(), 'templates/definitions');
const folder = import.meta.dirname;
const engines = newEngines();
const cases = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.in.yaml'));

const definition = (name: string): unknown => loadYaml(readFileSync(join(definitions, `${name}.yaml`), 'utf8'));

describe('rendering', () => {
  test.each(cases.sort())('%s', async (name) => {
    const out = join(folder, name.replace(/\.in\.yaml$/, '.out.yaml'));
    const rendered = await renderCase(loadYaml(readFileSync(join(folder, name), 'utf8')) as Case, definitions, engines);
    const result = rendered.ok ? rendered.value : { problems: rendered.problems };
    if (process.env['UPDATE']) writeFileSync(out, dumpYaml(result));
    expect(dumpYaml(result)).toBe(readFileSync(out, 'utf8'));
  });

  test('every component and trait that we ship has a case', () => {
    const names = readdirSync(definitions).map((name) => basename(name, '.yaml'));
    const rendering = names.filter((name) =>
      ['ComponentDefinition', 'TraitDefinition'].includes((definition(name) as KubeObject).kind),
    );
    expect(rendering.filter((name) => !existsSync(join(folder, name)))).toEqual([]);
  });
});

describe('definitions that we ship', () => {
  test.each(readdirSync(definitions))('%s compiles', async (file) => {
    const object = loadYaml(readFileSync(join(definitions, file), 'utf8')) as ComponentDefinition;
    expect(object.metadata).toMatchObject({ name: basename(file, '.yaml'), namespace: 'vela-system' });
    const { schematic, status } = object.spec;
    expect(await engines.cue.check({ name: file, schematic, status })).toEqual([]);
    expect(await engines.cue.parameterSchema({ name: file, schematic })).toMatchObject({ ok: true });
  });
});
