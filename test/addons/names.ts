import { applicationResource } from '../../pkg/apis/application.ts';
import { componentDefinitionResource } from '../../pkg/apis/component-definition.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { policyDefinitionResource } from '../../pkg/apis/policy-definition.ts';
import { traitDefinitionResource } from '../../pkg/apis/trait-definition.ts';
import { workflowStepDefinitionResource } from '../../pkg/apis/workflow-step-definition.ts';
import { eventually } from '../support/fleet.ts';

const core = (kind: string, plural: string): Resource => ({ group: '', version: 'v1', kind, plural, namespaced: true });

/** The kinds that enabling an addon writes into the namespace of the system. */
const kinds: readonly Resource[] = [
  applicationResource,
  componentDefinitionResource,
  traitDefinitionResource,
  policyDefinitionResource,
  workflowStepDefinitionResource,
  core('ConfigMap', 'configmaps'),
  core('Secret', 'secrets'),
];

/** Controllers deliver at the same time what was enabled before, keep contexts of workflows and publish schemas. */
const isOfControllers = ({ metadata: { labels, name = '' } }: KubeObject): boolean =>
  labels?.['app.oam.dev/component'] !== undefined || /^workflow-.*-context$|-schema-/.test(name);

/** `Kind/name` of every object that an addon could have written. */
export async function namesIn(client: KubeClient): Promise<ReadonlySet<string>> {
  const lists = await Promise.all(
    kinds.map(async (resource) => {
      const { items } = await client.list(resource, { namespace: systemNamespace, metadataOnly: true });
      const own = items.filter((item) => !isOfControllers(item));
      return own.map(({ metadata }) => `${resource.kind}/${metadata.name ?? ''}`);
    }),
  );
  return new Set(lists.flat());
}

/** What is there now and was not before, after the garbage collector had time. */
export async function leftOver(client: KubeClient, before: ReadonlySet<string>): Promise<readonly string[]> {
  const now = async (): Promise<readonly string[]> => [...(await namesIn(client))].filter((name) => !before.has(name));
  const check = async (): Promise<readonly string[]> => {
    const left = await now();
    if (left.length > 0) throw new Error(left.join(', '));
    return left;
  };
  return eventually('nothing to be left', check, 10).catch(now);
}
