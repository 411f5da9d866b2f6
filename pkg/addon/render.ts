import { createHash } from 'node:crypto';
import type { Application, Component } from '../apis/application.ts';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { annotations, labels, systemNamespace } from '../apis/names.ts';
import { omit } from '../../machinery/src/patch/json.ts';
import type { Addon } from './addon.ts';
import { sorted } from './config-template.ts';
import type { CueParts } from './cue.ts';
import { readSkeleton } from './skeleton.ts';
import { topologyPolicies } from './topology.ts';

export const applicationName = (addon: string): string => `addon-${addon}`;

/** Annotations of the Application that list the definitions of its addon. */
const definitionAnnotations: Readonly<Record<string, string>> = {
  ComponentDefinition: 'addon.oam.dev/componentDefinitions',
  TraitDefinition: 'addon.oam.dev/traitDefinitions',
  WorkflowStepDefinition: 'addon.oam.dev/workflowStepDefinitions',
  PolicyDefinition: 'addon.oam.dev/policyDefinitions',
};

export interface RenderedAddon {
  readonly application: Application;
  /** To be in place before the Application uses them. */
  readonly definitions: readonly KubeObject[];
  /** Objects beside the Application that go with it: outputs of the template, config templates, UI schemas, views. */
  readonly auxiliaries: readonly KubeObject[];
  /** What its author or its user should mend although it can be used, in sentences. */
  readonly warnings: readonly string[];
}

/**
 * Renders an addon with parameters that were checked before, and with the results of its CUE files; without the publish
 * version, which depends on the cluster.
 */
export function renderAddon(addon: Addon, parameter: JsonObject, cue?: CueParts): RenderedAddon {
  const { metadata, resources } = addon;
  const definitions = [...addon.definitions, ...(cue?.definitions ?? [])];
  const { skeleton, dropped } = readSkeleton(addon, parameter, cue);
  const components: readonly Component[] = [
    ...skeleton.spec.components,
    ...(metadata.needNamespace ?? []).filter((name) => name !== systemNamespace).map(namespaceComponent),
    ...(resources.length > 0 ? [objectsComponent(`${metadata.name}-resources`, resources)] : []),
    ...(cue?.components ?? []),
  ];
  const policies = [...(skeleton.spec.policies ?? []), ...topologyPolicies(addon, skeleton.spec, parameter)];
  const application: Application = {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: {
      name: applicationName(metadata.name),
      namespace: systemNamespace,
      labels: {
        ...skeleton.metadata?.labels,
        [labels.addonName]: metadata.name,
        [labels.addonVersion]: metadata.version,
        [labels.addonRegistry]: addon.registry,
      },
      annotations: { ...skeleton.metadata?.annotations, ...annotationsOf(definitions) },
    },
    spec: { ...skeleton.spec, components, ...(policies.length > 0 && { policies }) },
  };
  const names = components.map(({ name }) => name);
  const isWanted = ({ metadata: { annotations: notes = {} } }: KubeObject): boolean =>
    bindings.every((key) => notes[key] === undefined || names.includes(notes[key]));
  const left = dropped.map((path) => `template: ${path} is no field of an Application and is left out`);
  return {
    application,
    definitions: definitions
      .filter(isWanted)
      .map((one) => ({ ...one, metadata: { ...one.metadata, namespace: systemNamespace } })),
    auxiliaries: auxiliariesOf(addon, cue).filter(isWanted),
    warnings: [...addon.warnings, ...left, ...(cue?.warnings ?? [])],
  };
}

/** An object with one of these is only there for the component that it names. */
const bindings = ['addon.oam.dev/bind-component', 'addon.oam.dev/ignore-without-component'];

function auxiliariesOf({ metadata, uiSchemas, views }: Addon, cue: CueParts | undefined): readonly KubeObject[] {
  const outputs = (cue?.auxiliaries ?? []).map(([key, object]): KubeObject => {
    const own = { [labels.addonName]: metadata.name, [labels.addonVersion]: metadata.version };
    const all = { ...object.metadata.labels, ...own, 'addons.oam.dev/auxiliary-name': key };
    return { ...object, metadata: { ...object.metadata, labels: all } };
  });
  const schemas = Object.entries(uiSchemas).map(([name, schema]) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: systemNamespace },
    data: { 'ui-schema': JSON.stringify(sorted(schema)) },
  }));
  return [...outputs, ...(cue?.configTemplates ?? []), ...schemas, ...views, ...(cue?.views ?? [])];
}

const namespaceComponent = (name: string): Component =>
  objectsComponent(`${name}-namespace`, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }]);

function objectsComponent(name: string, objects: readonly KubeObject[]): Component {
  const properties = JSON.parse(JSON.stringify({ objects })) as NonNullable<Component['properties']>;
  return { name, type: 'k8s-objects', properties };
}

function annotationsOf(definitions: readonly KubeObject[]): Record<string, string> {
  const entries = Object.entries(definitionAnnotations).map(([kind, key]) => {
    const names = definitions.filter((one) => one.kind === kind).map((one) => one.metadata.name ?? '');
    return [key, names.sort().join(',')] as const;
  });
  return Object.fromEntries(entries.filter(([, names]) => names !== ''));
}

/**
 * Stamps the Application with a publish version that stands for its content and for the live objects that it refers to:
 * the same again is the same version, and a changed original makes a new one.
 */
export function withPublishVersion(app: Application, referred: readonly KubeObject[]): Application {
  const content = stable({ spec: app.spec, labels: app.metadata.labels, referred: referred.map(original) });
  const version = `addon-${createHash('sha256').update(content).digest('hex').slice(0, 12)}`;
  const all = { ...app.metadata.annotations, [annotations.publishVersion]: version };
  return { ...app, metadata: { ...app.metadata, annotations: all } };
}

const livesAnnotations: readonly string[] = ['deployment.kubernetes.io/revision', annotations.kubectlLastApplied];

/** What a copy would take over. The number of replicas is not part of it: it changes by itself. */
function original(object: KubeObject): object {
  const { name, namespace, labels: own, annotations: all = {} } = object.metadata;
  const kept = Object.entries(all).filter(([key]) => !livesAnnotations.includes(key));
  const spec = omit((object['spec'] ?? {}) as { readonly replicas?: number }, 'replicas');
  const rest = Object.entries(object).filter(([field]) => !['metadata', 'status', 'spec'].includes(field));
  return { ...Object.fromEntries(rest), name, namespace, labels: own, annotations: Object.fromEntries(kept), spec };
}

/** JSON with sorted keys. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
