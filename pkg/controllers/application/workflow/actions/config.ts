import { ignoreNotFound } from '../../../../apis/api-error.ts';
import type { JsonObject, KubeObject, Resource } from '../../../../../machinery/src/meta.ts';
import { fieldManager } from '../../../../dispatch/field-manager.ts';
import { ownerOf } from '../../../../dispatch/ownership.ts';
import type { ActionResult } from '../../../../render/step.ts';
import { stepManifest } from '../../component/render.ts';
import type { ActionContext, Perform, Performers } from './context.ts';
import { textParam, wrongTemplate } from './params.ts';

const secrets: Resource = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };
const catalog = { 'config.oam.dev/catalog': 'velacore-config' };
const typeLabel = 'config.oam.dev/type';
const inputKey = 'input-properties';

const perform =
  (name: string): Perform =>
  (params, context) =>
    actionsWith(context)[name]?.(params) ?? wrongTemplate(`there is no action ${name}`);

/** Configurations, which KubeVela keeps as Secrets with a label; those that follow a template cannot be made here. */
export const configActions: Performers = Object.fromEntries(
  ['config.create', 'config.read', 'config.list', 'config.delete'].map((name) => [name, perform(name)]),
);

function actionsWith({
  prepared,
  capabilities,
}: ActionContext): Readonly<Record<string, (params: JsonObject) => Promise<ActionResult>>> {
  const { author: client, signal, keeper } = capabilities;
  const find = (params: JsonObject): Promise<KubeObject | undefined> =>
    ignoreNotFound(client.get(secrets, targetOf(params), { signal }));
  const failed = (params: JsonObject, why: string): ActionResult => {
    const { name, namespace } = targetOf(params);
    return { kind: 'failed', message: `config ${namespace}/${name} ${why}` };
  };
  return {
    'config.create': async (params) => {
      const { config = {} } = params;
      if (textParam(params, 'template') !== '')
        return wrongTemplate(
          'config templates are not supported; leave template out, or apply a Secret with kube.#Apply',
        );
      const existing = await find(params);
      if (existing && !isConfig(existing))
        return failed(params, 'cannot be kept: a Secret of that name is something else');
      const secret = secretOf(params, config);
      // a config from before belongs to no Application
      if (existing && ownerOf(existing) === undefined)
        await client.apply(secrets, secret, { fieldManager, force: true, signal });
      else await keeper.dispatch([stepManifest(prepared, secret)], signal);
      return { kind: 'returned', returns: {} };
    },
    'config.read': async (params) => {
      const secret = await find(params);
      if (!secret || !isConfig(secret)) return failed(params, 'is not there');
      const config = contentOf(secret);
      if (!config) return failed(params, `holds no JSON in ${inputKey}`);
      return { kind: 'returned', returns: { config } };
    },
    'config.list': async (params) => {
      const selector = [...Object.entries(catalog), [typeLabel, textParam(params, 'template')]].map(
        ([key, value]) => `${key}=${value}`,
      );
      const options = { namespace: textParam(params, 'namespace'), labelSelector: selector.join(','), signal };
      const { items } = await client.list(secrets, options);
      const configs = items.map((secret) => ({ name: secret.metadata.name ?? '', config: contentOf(secret) ?? null }));
      return { kind: 'returned', returns: { configs } };
    },
    'config.delete': async (params) => {
      const secret = await find(params);
      if (!secret) return failed(params, 'does not exist');
      if (!isConfig(secret)) return failed(params, 'is a Secret and no config');
      await keeper.delete([{ live: secret, resource: secrets }], signal);
      return { kind: 'returned', returns: {} };
    },
  };
}

function secretOf(params: JsonObject, config: unknown): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...targetOf(params),
      labels: { ...catalog, [typeLabel]: '' },
      annotations: { 'config.oam.dev/alias': '', 'config.oam.dev/description': '' },
    },
    type: 'Opaque',
    data: { [inputKey]: Buffer.from(JSON.stringify(config)).toString('base64') },
  };
}

const isConfig = (secret: KubeObject): boolean =>
  Object.entries(catalog).every(([key, value]) => secret.metadata.labels?.[key] === value);

const targetOf = (params: JsonObject) => ({
  name: textParam(params, 'name'),
  namespace: textParam(params, 'namespace'),
});

/** Undefined when it is not JSON, as in a Secret that another program wrote. */
function contentOf(secret: KubeObject): JsonObject | undefined {
  const { [inputKey]: text = '' } = (secret['data'] ?? {}) as Readonly<Record<string, string>>;
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString('utf8')) as JsonObject;
  } catch {
    return undefined;
  }
}
