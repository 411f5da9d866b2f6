import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Component } from '../../pkg/apis/application.ts';
import type { ComponentDefinition } from '../../pkg/apis/component-definition.ts';
import type { KubeObject } from '../../pkg/apis/meta.ts';
import type { TraitDefinition } from '../../pkg/apis/trait-definition.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { renderComponent } from '../../pkg/render/component.ts';
import type { RenderContext } from '../../pkg/render/context.ts';
import { HandlebarsEngine } from '../../pkg/render/handlebars-engine.ts';
import { dumpYaml, loadYaml } from '../../pkg/render/yaml.ts';

/**
 * Every `<folder>/<case>.in.yaml` holds a component as an Application has it, and optionally `context` and `referred`;
 * `<case>.out.yaml` beside it holds what it renders to. UPDATE=1 writes the latter: read the difference.
 */
interface Case {
  readonly component: Component;
  readonly context?: Partial<RenderContext>;
  readonly referred?: readonly KubeObject[];
}

const definitions = join(packageRoot(), 'templates/definitions');
const folder = import.meta.dirname;
const engines = { handlebars: new HandlebarsEngine() };
const cases = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.in.yaml'));

const defaults: RenderContext = {
  name: '',
  namespace: 'prod',
  appName: 'shop',
  appRevision: 'shop-v1',
  appRevisionNum: 1,
  appLabels: {},
  appAnnotations: {},
  cluster: 'local',
  clusterVersion: { major: '1', minor: 36, gitVersion: 'v1.36.0', platform: 'linux/amd64' },
  revision: 'abc123',
};

const definition = (name: string): unknown => loadYaml(readFileSync(join(definitions, `${name}.yaml`), 'utf8'));

async function render({ component, context, referred }: Case): Promise<unknown> {
  const rendered = await renderComponent(
    {
      component,
      definition: definition(component.type) as ComponentDefinition,
      traits: (component.traits ?? []).map((trait) => ({
        trait,
        definition: definition(trait.type) as TraitDefinition,
      })),
      context: { ...defaults, name: component.name, ...context },
      ...(referred && { referred }),
    },
    engines,
  );
  return rendered.ok ? rendered.value : { problems: rendered.problems };
}

describe('rendering', () => {
  test.each(cases.sort())('%s', async (name) => {
    const out = join(folder, name.replace(/\.in\.yaml$/, '.out.yaml'));
    const result = await render(loadYaml(readFileSync(join(folder, name), 'utf8')) as Case);
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
    expect(await engines.handlebars.check({ name: file, schematic: object.spec.schematic })).toEqual([]);
  });
});
