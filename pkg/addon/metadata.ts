import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';
import { basename } from 'node:path';
import type { Json, JsonObject } from '../../machinery/src/meta.ts';
import { isMap } from '../../machinery/src/patch/json.ts';
import { compileParameters } from '../render/parameters.ts';
import { AddonError } from './addon-error.ts';
import { pruned } from './prune.ts';

const text = Type.String();
const texts = Type.Record(text, text);

const schema = Type.Object({
  name: Type.Optional(text),
  version: Type.Optional(text),
  description: Type.Optional(text),
  icon: Type.Optional(text),
  url: Type.Optional(text),
  tags: Type.Optional(Type.Array(text)),
  uxPlugins: Type.Optional(texts),
  deployTo: Type.Optional(
    Type.Object({
      runtime_cluster: Type.Optional(Type.Boolean()),
      disableControlPlane: Type.Optional(Type.Boolean()),
      runtimeCluster: Type.Optional(Type.Boolean()),
    }),
  ),
  dependencies: Type.Optional(Type.Array(Type.Object({ name: Type.Optional(text), version: Type.Optional(text) }))),
  needNamespace: Type.Optional(Type.Array(text)),
  invisible: Type.Optional(Type.Boolean()),
  system: Type.Optional(Type.Object({ vela: Type.Optional(text), kubernetes: Type.Optional(text) })),
  annotations: Type.Optional(texts),
});

type Written = Static<typeof schema>;

export interface Dependency {
  readonly name: string;
  readonly version?: string;
}

/** The content of metadata.yaml; fields that an addon does not have are left out. */
export interface AddonMetadata extends Omit<Readonly<Written>, 'name' | 'version' | 'dependencies'> {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: readonly Dependency[];
}

const check = compileParameters(schema);

/** Reads the value of metadata.yaml. Throws AddonError with every missing or ill-typed field. */
export function readMetadata(folder: string, value: unknown): AddonMetadata {
  const given = withoutNulls(isMap(value) ? value : {}) as JsonObject;
  const missing = (['name', 'version'] as const).filter((field) => given[field] === undefined || given[field] === '');
  const checked = check(given);
  const problems = [
    ...missing.map((field) => `${field} is missing`),
    ...(checked.ok ? [] : checked.problems.map((problem) => problem.replace(/^properties\.?/, ''))),
  ];
  if (problems.length > 0)
    throw new AddonError(
      'BadAddon',
      problems.map((problem) => `addon ${basename(folder)}: metadata.yaml: ${problem}`),
    );
  return pruned(schema, given).value as unknown as AddonMetadata;
}

/** The metadata as templates see it in `context.metadata`: some fields are always there. */
export function contextMetadata(metadata: AddonMetadata): JsonObject {
  const { deployTo } = metadata;
  return {
    ...(metadata as unknown as JsonObject),
    description: metadata.description ?? '',
    icon: metadata.icon ?? '',
    invisible: metadata.invisible ?? false,
    ...(deployTo && { deployTo: { disableControlPlane: false, runtimeCluster: false, ...deployTo } }),
  };
}

/** Whether the addon is to be delivered to every cluster, although its template does not say so. */
export function isForAllClusters({ deployTo }: AddonMetadata): boolean {
  return deployTo?.runtimeCluster === true || deployTo?.runtime_cluster === true;
}

function withoutNulls(value: unknown): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isMap(value)) return value as Json;
  const kept = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutNulls(item)]));
}
