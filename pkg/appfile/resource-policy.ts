import type { AppPolicy } from '../apis/application.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels } from '../apis/names.ts';

/** Which resources of an Application a rule is about: every given list must contain the resource's value. */
export interface ResourceSelector {
  readonly componentNames?: readonly string[];
  readonly componentTypes?: readonly string[];
  readonly oamTypes?: readonly string[];
  readonly traitTypes?: readonly string[];
  readonly resourceTypes?: readonly string[];
  readonly resourceNames?: readonly string[];
}

type CollectStrategy = 'onAppUpdate' | 'onAppDelete' | 'never';

interface CollectRule {
  readonly selector: ResourceSelector;
  readonly strategy?: CollectStrategy;
  readonly propagation?: 'orphan' | 'cascading';
}

export interface ApplyOnceRule {
  readonly selector?: ResourceSelector;
  readonly strategy?: { readonly affect?: string; readonly path?: readonly string[] };
}

export interface UpdateRule {
  readonly selector: ResourceSelector;
  readonly strategy?: { readonly op?: 'patch' | 'replace'; readonly recreateFields?: readonly string[] };
}

interface Selected {
  readonly selector: ResourceSelector;
}

/** What the policies of an Application say about its resources, policies of one type merged. */
export interface ResourcePolicies {
  readonly collect: {
    readonly revisionLimit: number | undefined;
    readonly keepLegacyResource: boolean;
    readonly continueOnFailure: boolean;
    readonly order: 'dependency' | undefined;
    readonly rules: readonly CollectRule[];
  };
  readonly applyOnce: { readonly enable: boolean; readonly rules: readonly ApplyOnceRule[] };
  readonly shared: readonly Selected[];
  readonly takeOver: readonly Selected[];
  readonly readOnly: readonly Selected[];
  readonly update: readonly UpdateRule[];
}

/** Merges the built-in policies: lists are joined, booleans or-ed, the first value wins otherwise. */
export function resourcePolicies(app: KubeObject, policies: readonly AppPolicy[]): ResourcePolicies {
  const of = (type: string) => policies.filter((p) => p.type === type).map((p) => p.properties ?? {});
  const rules = (type: string) => of(type).flatMap((p) => (p['rules'] ?? []) as readonly never[]);
  const any = (type: string, field: string) => of(type).some((p) => p[field] === true);
  const first = (type: string, field: string) => of(type).find((p) => p[field] !== undefined)?.[field];
  const limit = first('garbage-collect', 'applicationRevisionLimit');
  const ofAddon = app.metadata.labels?.[labels.addonName] !== undefined && of('apply-once').length === 0;
  return {
    collect: {
      revisionLimit: typeof limit === 'number' && limit >= 0 ? limit : undefined,
      keepLegacyResource: any('garbage-collect', 'keepLegacyResource'),
      continueOnFailure: any('garbage-collect', 'continueOnFailure'),
      order: first('garbage-collect', 'order') === 'dependency' ? 'dependency' : undefined,
      rules: rules('garbage-collect'),
    },
    applyOnce: { enable: ofAddon || any('apply-once', 'enable'), rules: rules('apply-once') },
    shared: rules('shared-resource'),
    takeOver: rules('take-over'),
    readOnly: rules('read-only'),
    update: rules('resource-update'),
  };
}

/** The words for kinds of resources in an Application; their case does not matter. A workload is a component's. */
export const oamTypes = ['COMPONENT', 'WORKLOAD', 'TRAIT', 'POLICY'] as const;

/** The label value that a word of `oamTypes` stands for. */
const resourceTypeOf = (word: string): string => {
  const upper = word.toUpperCase();
  return upper === 'COMPONENT' ? 'WORKLOAD' : upper;
};

/** Whether a manifest, with the labels that dispatch gives it, is selected; an empty selector selects nothing. */
export function selects(selector: ResourceSelector | undefined, manifest: KubeObject): boolean {
  if (!selector) return false;
  const label = manifest.metadata.labels ?? {};
  const checks: readonly (readonly [readonly string[] | undefined, string | undefined])[] = [
    [selector.componentNames, label[labels.appComponent]],
    [selector.componentTypes, label[labels.workloadType]],
    [selector.oamTypes?.map(resourceTypeOf), label[labels.resourceType]],
    [selector.traitTypes, label[labels.traitType]],
    [selector.resourceTypes, manifest.kind],
    [selector.resourceNames, manifest.metadata.name],
  ];
  const given = checks.filter(([list]) => list !== undefined && list.length > 0);
  return given.length > 0 && given.every(([list, value]) => value !== undefined && list?.includes(value));
}

/** The first rule that selects the manifest. */
export function firstRule<T extends { readonly selector?: ResourceSelector }>(
  rules: readonly T[],
  manifest: KubeObject,
): T | undefined {
  return rules.find((rule) => selects(rule.selector, manifest));
}
