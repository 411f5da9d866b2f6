import { basename } from 'node:path';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../apis/names.ts';
import { TemplateCompiler } from '../render/template.ts';
import { InstallError } from './install-error.ts';
import { readRights, renderRights } from './rights.ts';
import type { RightsContext } from './rights.ts';
import { loadTemplates } from './templates.ts';
import type { SystemTemplate, SystemTemplates } from './templates.ts';
import { mergeValues } from './values.ts';

export interface RenderOptions {
  /** The folder templates/ of the installation. */
  readonly templatesDir: string;
  readonly version: string;
  /** Default vela-system. */
  readonly namespace?: string | undefined;
  /** Registers the webhooks by this URL instead of by Service. */
  readonly webhookUrl?: string | undefined;
}

/** The name of the Deployment, and the beginning of the names of all that belongs to it. */
export const fullname = 'kubevela-vela-core';
const releaseName = 'kubevela';
/** By which objects of an installation are found again. */
export const ownLabels = {
  'app.kubernetes.io/name': 'vela-core',
  'app.kubernetes.io/instance': releaseName,
  'app.kubernetes.io/managed-by': 'vela',
};

/** Renders every object of the system with the given values over the defaults. Throws InstallError with all problems. */
export async function renderSystem(values: JsonObject, options: RenderOptions): Promise<KubeObject[]> {
  return renderTemplates(await loadTemplates(options.templatesDir), values, options);
}

/** The same from templates that are loaded already: pure. */
export function renderTemplates(
  templates: SystemTemplates,
  given: JsonObject,
  options: Omit<RenderOptions, 'templatesDir'>,
): KubeObject[] {
  const merged = mergeValues(templates.defaults, given);
  if (!merged.ok) throw new InstallError('BadValues', merged.problems);
  const context = contextOf(merged.values, options);
  const namespace = context['namespace'] as string;
  const compiler = new TemplateCompiler();
  const system = templates.system.flatMap(({ file, text }): KubeObject[] => {
    try {
      const object = compiler.compile(text)({ parameter: merged.values, context }) as KubeObject | null | undefined;
      return object ? [object] : [];
    } catch (error) {
      throw new InstallError('BadTemplate', [`${file}: ${(error as Error).message}`], error);
    }
  });
  const definitions = templates.definitions.map((definition) => inNamespace(definition, namespace));
  const views = templates.views.map((view) => viewObject(view, namespace, context['labels'] as Labels));
  const rights = renderRights(templates.rights, merged.values, rightsContext(context));
  return [...templates.crds, ...definitions, ...views, ...system, ...rights];
}

type Labels = Readonly<Record<string, string>>;

/** The ConfigMap of a query, as KubeVela's CLI finds it by name. */
const viewObject = ({ file, text }: SystemTemplate, namespace: string, own: Labels): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: basename(file, '.cue'), namespace, labels: { ...own, [labels.view]: 'true' } },
  data: { template: text },
});

function rightsContext(context: JsonObject): RightsContext {
  const { namespace, labels, serviceAccount, shardServiceAccount } = context;
  return {
    fullname,
    namespace: namespace as string,
    labels: labels as JsonObject,
    accounts: { master: serviceAccount as string, shard: shardServiceAccount as string },
  };
}

/** What Kubernetes calls the restricted profile of pods. */
const restrictedPod: JsonObject = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
const restricted: JsonObject = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

function contextOf(
  values: JsonObject,
  { version, namespace = systemNamespace, webhookUrl }: Omit<RenderOptions, 'templatesDir'>,
): JsonObject {
  const image = values['image'] as { readonly repository: string; readonly tag: string };
  const { failurePolicy } = values['admissionWebhooks'] as { readonly failurePolicy: string };
  const authentication = values['authentication'] as unknown as Authentication;
  const { serviceAccount, shardServiceAccount } = accountsOf(values);
  const accountNames = [...new Set([serviceAccount, shardServiceAccount])];
  const definitionNamespace = values['systemDefinitionNamespace'];
  const selectorLabels = { 'app.kubernetes.io/name': 'vela-core', 'app.kubernetes.io/instance': releaseName };
  return {
    namespace,
    version,
    release: releaseName,
    fullname,
    image: `${values['imageRegistry'] as string}${image.repository}:${image.tag || version}`,
    podSecurityContext: { ...restrictedPod, ...(values['podSecurityContext'] as JsonObject) },
    securityContext: { ...restricted, ...(values['securityContext'] as JsonObject) },
    serviceAccount,
    shardServiceAccount,
    // of all controllers: the policies judge what these write
    accountNames,
    accounts: accountNames.map((name) => `system:serviceaccount:${namespace}:${name}`),
    isAdmin: readRights(values).mode === 'admin',
    // an account of the Application's namespace stands for its author
    withUser: authentication.withUser && authentication.serviceAccount === '',
    defaultUser:
      authentication.serviceAccount === ''
        ? authentication.defaultUser
        : `system:serviceaccount:{namespace}:${authentication.serviceAccount}`,
    groupPattern: authentication.serviceAccount === '' ? authentication.groupPattern : '',
    definitionNamespace:
      typeof definitionNamespace === 'string' && definitionNamespace !== '' ? definitionNamespace : namespace,
    webhookUrl: webhookUrl ?? (values['admissionWebhooks'] as { readonly url: string }).url,
    // delivery with the user's rights needs the user of each Application from admission; all else can be done later
    failurePolicy: failurePolicy || (authentication.enabled ? 'Fail' : 'Ignore'),
    certificateSecret: certificateSecretOf(values),
    selectorLabels,
    labels: { ...selectorLabels, 'app.kubernetes.io/version': version, 'app.kubernetes.io/managed-by': 'vela' },
  };
}

/** The Secret with the certificate of the webhooks; empty where the controllers make their own. */
function certificateSecretOf(values: JsonObject): string {
  const { certificate, certManager } = values['admissionWebhooks'] as {
    readonly certificate: { readonly secretName: string };
    readonly certManager: { readonly enabled: boolean };
  };
  return certificate.secretName || (certManager.enabled ? `${fullname}-webhook` : '');
}

interface Authentication {
  readonly enabled: boolean;
  readonly withUser: boolean;
  readonly defaultUser: string;
  readonly groupPattern: string;
  readonly serviceAccount: string;
}

/** The accounts of the master and of the shards; one and the same without shards. */
function accountsOf(values: JsonObject): { readonly serviceAccount: string; readonly shardServiceAccount: string } {
  const { name, shardName, create } = values['serviceAccount'] as unknown as {
    readonly name: string;
    readonly shardName: string;
    readonly create: boolean;
  };
  const { enabled } = values['sharding'] as { readonly enabled: boolean };
  const serviceAccount = name || fullname;
  const own = shardName || (create ? `${serviceAccount}-shard` : serviceAccount);
  return { serviceAccount, shardServiceAccount: enabled ? own : serviceAccount };
}

function inNamespace(object: KubeObject, namespace: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace } };
}
