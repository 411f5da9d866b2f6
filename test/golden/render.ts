import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Component } from '../../pkg/apis/application.ts';
import type { ComponentDefinition } from '../../pkg/apis/component-definition.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import type { TraitDefinition } from '../../pkg/apis/trait-definition.ts';
import type { RenderedComponent } from '../../pkg/render/component.ts';
import { renderComponent } from '../../pkg/render/component.ts';
import type { RenderContext } from '../../pkg/render/context.ts';
import type { Engines, Rendered } from '../../pkg/render/engine.ts';
import { loadYaml } from '../../pkg/render/yaml.ts';

/**
 * Every `<folder>/<case>.in.yaml` holds a component as an Application has it, and optionally `context` and `referred`;
 * `<case>.out.yaml` beside it holds what it renders to. UPDATE=1 writes the latter: read the difference.
 */
export interface Case {
  readonly component: Component;
  readonly context?: Partial<RenderContext>;
  readonly referred?: readonly KubeObject[];
}

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

/** Renders a case with the definitions of a folder. */
export async function renderCase(
  { component, context, referred }: Case,
  definitions: string,
  engines: Engines,
): Promise<Rendered<RenderedComponent>> {
  const definition = (name: string): unknown => loadYaml(readFileSync(join(definitions, `${name}.yaml`), 'utf8'));
  return renderComponent(
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
}
