import { ignoreNotFound } from '../../../../apis/api-error.ts';
import type { JsonObject, KubeObject, Resource } from '../../../../../machinery/src/meta.ts';
import { fieldManager } from '../../../../dispatch/field-manager.ts';
import { ownerOf } from '../../../../dispatch/ownership.ts';
import type { ActionResult } from '../../../../render/step.ts';
import { stepManifest } from '../../component/render.ts';
import type { ActionContext, Perform, Performers } from './context.ts';
import { catalog, configSecret, contentOf, inputKey, isConfig, sensitiveKey, typeLabel } from './config-secret.ts';
import { renderConfig } from './config-template.ts';
import { validateConfig } from './config-validation.ts';
import { returned, textParam, wrongTemplate } from './params.ts';

const secrets: Resource = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };

const perform =
  (name: string): Perform =>
  (params, context) =>
    actionsWith(context)[name]?.(params) ?? wrongTemplate(`there is no action ${name}`);

const validate: Perform = async (params, { capabilities: { signal } }, { name }) => {
  const message = await validateConfig(name, params, signal);
  return returned({ result: message === '', message });
};

/** Configurations, which KubeVela keeps as Secrets with a label. */
export const configActions: Performers = Object.fromEntries([
  ...['config.create', 'config.read', 'config.list', 'config.delete'].map((name) => [name, perform(name)]),
  ...['config.image-registry', 'config.helm-repository'].map((name) => [name, validate]),
]) as Performers;

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
  const deliverObjects = objectDelivery(prepared, capabilities);
  return {
    'config.create': async (params) => {
      const { config = {} } = params;
      const reference = textParam(params, 'template');
      const given = { ...targetOf(params), properties: config as JsonObject };
      const { engines } = capabilities.deps;
      const made = reference === '' ? undefined : await renderConfig(reference, given, { client, engines, signal });
      if (made && !made.ok) return wrongTemplate(made.problems.join('; '));
      const existing = await find(params);
      if (existing && !isConfig(existing))
        return failed(params, 'cannot be kept: a Secret of that name is something else');
      const secret = configSecret(targetOf(params), config as JsonObject, made?.value);
      // a config from before belongs to no Application
      if (existing && ownerOf(existing) === undefined)
        await client.apply(secrets, secret, { fieldManager, force: true, signal });
      else await keeper.dispatch([stepManifest(prepared, secret)], signal);
      await deliverObjects(made?.value.objects ?? [], given.namespace);
      return { kind: 'returned', returns: {} };
    },
    'config.read': async (params) => {
      const secret = await find(params);
      if (!secret || !isConfig(secret)) return failed(params, 'is not there');
      if (secret.metadata.annotations?.[sensitiveKey] === 'true') return failed(params, 'is sensitive and not shown');
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

/** Delivers what a config template makes beside its Secret. */
function objectDelivery(prepared: ActionContext['prepared'], { keeper, signal }: ActionContext['capabilities']) {
  return async (objects: readonly KubeObject[], namespace: string): Promise<void> => {
    const placed = objects.map((object) => ({ ...object, metadata: { namespace, ...object.metadata } }));
    const manifests = placed.map((object) => stepManifest(prepared, object));
    if (manifests.length > 0) await keeper.dispatch(manifests, signal);
  };
}

const targetOf = (params: JsonObject) => ({
  name: textParam(params, 'name'),
  namespace: textParam(params, 'namespace'),
});
