import { ignoreNotFound } from '../../../../apis/api-error.ts';
import { systemNamespace } from '../../../../apis/names.ts';
import type { KubeClient } from '../../../../apis/kube-client.ts';
import type { JsonObject, KubeObject, Resource } from '../../../../../machinery/src/meta.ts';
import type { Engines, Rendered } from '../../../../render/engine.ts';
import { validationProblem } from './config-validation.ts';

const configMaps: Resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };

/** The Secret and the objects that a config template makes of properties. */
export interface RenderedConfig {
  readonly secret: KubeObject | undefined;
  readonly objects: readonly KubeObject[];
  readonly template: { readonly name: string; readonly namespace: string };
  readonly scope: string;
  readonly isSensitive: boolean;
}

/** The parameters go where the template has them, and what it makes comes to the top. */
const wiring = `
_given: parameter
template: parameter: _given
if template.output != _|_ {output: template.output}
if template.outputs != _|_ {outputs: template.outputs}
if template.validation.$returns.message != _|_ if template.validation.$returns.message != "" {
	errs: ["the validation failed: " + template.validation.$returns.message]
}
`;

/** Renders a config by a template, `name` or `namespace/name`; without a namespace it is one of the system. */
export async function renderConfig(
  reference: string,
  input: { readonly name: string; readonly namespace: string; readonly properties: JsonObject },
  { client, engines, signal }: { readonly client: KubeClient; readonly engines: Engines; readonly signal: AbortSignal },
): Promise<Rendered<RenderedConfig>> {
  const [first = '', second] = reference.split('/', 2);
  const template =
    second === undefined ? { name: first, namespace: systemNamespace } : { name: second, namespace: first };
  const target = { name: `config-template-${template.name}`, namespace: template.namespace };
  const stored = await ignoreNotFound(client.get<KubeObject>(configMaps, target, { signal }));
  const { template: text } = (stored?.['data'] ?? {}) as Readonly<Record<string, string>>;
  const where = `config template ${template.namespace}/${template.name}`;
  if (!stored || text === undefined) return problem(`${where} does not exist`);
  if (/^\s*nacos:/m.test(text)) return problem(`${where} writes to Nacos, which is not supported; use output`);
  const { name, namespace, properties } = input;
  const given = { parameter: properties, context: { name, namespace } };
  const wired = `${text}\n${wiring}`;
  if (/^\s*"?validation"?:/m.test(text)) {
    const wrong = await validationProblem({ name: template.name, text: wired }, given, { engines, signal });
    if (wrong !== undefined) return problem(`${where}: the validation failed: ${wrong}`);
  }
  const schematic = { cue: { template: wired } };
  const rendered = await engines.cue.render({ name: template.name, schematic }, given);
  if (!rendered.ok) return { ok: false, problems: rendered.problems.map((one) => `${where}: ${one}`) };
  const { output: secret, outputs } = rendered.value;
  if (secret && secret.kind !== 'Secret') return problem(`${where}: output must be a Secret, not a ${secret.kind}`);
  const { labels = {}, annotations = {} } = stored.metadata;
  return {
    ok: true,
    value: {
      secret,
      objects: Object.values(outputs),
      template,
      scope: labels['config.oam.dev/scope'] ?? '',
      isSensitive: annotations['config.oam.dev/sensitive'] === 'true',
    },
  };
}

const problem = (text: string): Rendered<never> => ({ ok: false, problems: [text] });
