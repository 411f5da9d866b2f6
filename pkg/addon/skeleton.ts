import type { ApplicationSpec } from '../apis/application.ts';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { isMap } from '../../machinery/src/patch/json.ts';
import { TemplateCompiler } from '../render/template.ts';
import { loadYaml } from '../render/yaml.ts';
import type { Addon } from './addon.ts';
import { AddonError } from './addon-error.ts';
import type { CueParts } from './cue.ts';
import { contextMetadata } from './metadata.ts';
import { prunedSpec } from './prune.ts';

/** The Application of an addon's template, before the addon's own parts are added. */
export interface Skeleton {
  readonly metadata?: Pick<KubeObject['metadata'], 'labels' | 'annotations'>;
  readonly spec: ApplicationSpec;
}

/** Reads the Application that an addon's template yields; `dropped` are paths of fields that no Application has. */
export function readSkeleton(
  addon: Addon,
  parameter: JsonObject,
  cue: CueParts | undefined,
): { readonly skeleton: Skeleton; readonly dropped: readonly string[] } {
  const fail = (problem: string, cause?: unknown): AddonError =>
    new AddonError('BadTemplate', [`addon ${addon.metadata.name}: template: ${problem}`], cause);
  const yielded = cue?.application ?? yieldOf(addon, parameter, fail);
  if (yielded === undefined) return { skeleton: { spec: { components: [] } }, dropped: [] };
  const { kind = 'Application', metadata, spec } = (isMap(yielded) ? yielded : { kind: '' }) as Partial<KubeObject>;
  if (kind !== 'Application' || !isMap(spec ?? {})) throw fail('it does not yield an Application');
  const { value, dropped } = prunedSpec((spec ?? {}) as JsonObject);
  const { components = [], ...rest } = value as Partial<ApplicationSpec>;
  return { skeleton: { ...(metadata && { metadata }), spec: { ...rest, components } }, dropped };
}

function yieldOf(
  { template, metadata }: Addon,
  parameter: JsonObject,
  fail: (problem: string, cause: unknown) => AddonError,
): unknown {
  if (!template) return undefined;
  try {
    if (!template.isHandlebars) return loadYaml(template.text);
    return new TemplateCompiler().compile(template.text)({
      parameter,
      context: { metadata: contextMetadata(metadata) },
    });
  } catch (error) {
    throw fail((error as Error).message, error);
  }
}
