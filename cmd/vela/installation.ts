import { join } from 'node:path';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { knownValues, layValues, withoutImageOf } from '../../pkg/install/kept-values.ts';
import { latestRelease } from '../../pkg/install/record.ts';
import { renderTemplates } from '../../pkg/install/render.ts';
import { loadTemplates } from '../../pkg/install/templates.ts';
import { isMap } from '../../machinery/src/patch/json.ts';
import { loadYaml } from '../../pkg/render/yaml.ts';
import { messageOf } from './failure.ts';
import { CliError } from './io.ts';
import type { Io } from './io.ts';
import { readSources } from './manifests.ts';
import { parsePairs } from './set-values.ts';
import { ownVersion } from './commands/version.ts';

/** The flags that say which values an installation gets. */
export interface ValueFlags {
  readonly namespace: string | undefined;
  readonly set: readonly string[];
  readonly values: readonly string[];
  readonly resetValues: boolean;
  readonly rights: string | undefined;
  readonly webhookUrl: string | undefined;
}

export interface Installation {
  /** Without defaults. */
  readonly values: JsonObject;
  readonly objects: readonly KubeObject[];
  /** Paths of kept values that this version does not have. */
  readonly dropped: readonly string[];
  readonly keptRevision: number | undefined;
}

export const namespaceOf = ({ namespace }: Pick<ValueFlags, 'namespace'>): string => namespace ?? systemNamespace;

/**
 * The values and objects of an installation: files (-f) in their order and --set over the values that it was installed
 * with last, unless these are reset. Without a client there are no kept values.
 */
export async function resolveInstallation(
  client: KubeClient | undefined,
  flags: ValueFlags,
  io: Pick<Io, 'stdin' | 'signal'>,
): Promise<Installation> {
  const templates = await loadTemplates(join(packageRoot(), 'templates'));
  const namespace = namespaceOf(flags);
  const release =
    client && !flags.resetValues ? await latestRelease({ client, namespace, signal: io.signal }) : undefined;
  const all = knownValues(release?.values ?? {}, templates.defaults);
  const kept = withoutImageOf(release?.chartValues, all.known, templates.defaults);
  const values = await withGivenValues(kept.known, flags, io);
  const objects = renderTemplates(templates, values, { version: ownVersion(), namespace: flags.namespace });
  return { values, objects, dropped: [...all.unknown, ...kept.unknown], keptRevision: release?.revision };
}

/** Lays each source over the values before it, so that a null takes a kept value back. */
async function withGivenValues(
  kept: JsonObject,
  flags: ValueFlags,
  io: Pick<Io, 'stdin' | 'signal'>,
): Promise<JsonObject> {
  let values = kept;
  for (const source of flags.values) values = layValues(values, await readValues(source, io));
  values = layValues(values, parsePairs(flags.set));
  if (flags.rights !== undefined) values = layValues(values, { rights: flags.rights });
  if (flags.webhookUrl !== undefined) values = layValues(values, { admissionWebhooks: { url: flags.webhookUrl } });
  return values;
}

/** Of a file, or of the files of a folder, the later ones over those before. */
async function readValues(source: string, io: Pick<Io, 'stdin' | 'signal'>): Promise<JsonObject> {
  const texts = await readSources(source, ['.yaml', '.yml', '.json'], io);
  if (texts.length === 0) throw new CliError(`${source} holds no file of YAML or JSON`);
  return texts.reduce((values: JsonObject, text) => layValues(values, valuesIn(text)), {});
}

function valuesIn({ name, content }: { readonly name: string; readonly content: string }): JsonObject {
  let values: unknown;
  try {
    values = loadYaml(content) ?? {};
  } catch (error) {
    throw new CliError(`${name} is not valid YAML: ${messageOf(error)}`, { cause: error });
  }
  if (!isMap(values)) throw new CliError(`${name}: expected a map of values, as in templates/values.yaml`);
  return values as JsonObject;
}
