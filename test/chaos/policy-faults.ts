import { roleBindings } from '../../pkg/apis/holder.ts';
import { fleetName, fleetResource } from '../../pkg/apis/fleet.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import type { Random } from '../../machinery/src/clock/clock.ts';
import type { Field } from './field.ts';

const prefix = 'kubevela-vela-core-';
const kinds = ['ValidatingAdmissionPolicy', 'MutatingAdmissionPolicy'];

interface Found {
  readonly resource: Resource;
  readonly object: KubeObject;
}

/** Policies of the installation, or their bindings, as far as the API server knows such kinds. */
async function installed(client: KubeClient, suffix: '' | 'Binding'): Promise<readonly Found[]> {
  const lists = kinds.map(async (kind) => {
    const version = 'admissionregistration.k8s.io/v1';
    const resource = await client.resourceFor(version, `${kind}${suffix}`).catch(() => undefined);
    if (!resource) return [];
    const { items } = await client.list(resource);
    return items.filter(({ metadata }) => metadata.name?.startsWith(prefix)).map((object) => ({ resource, object }));
  });
  return (await Promise.all(lists)).flat();
}

const withoutState = ({ metadata, ...rest }: KubeObject): KubeObject => ({
  ...rest,
  status: undefined,
  metadata: { name: metadata.name ?? '', labels: metadata.labels ?? {} },
});

/** What a fault needs of its surroundings beside the field. */
interface Tools {
  readonly nap: (ms: number, field: Field) => Promise<void>;
  readonly insist: (action: () => Promise<unknown>) => Promise<void>;
}

/** Faults of the objects by which the API server itself judges and assigns; what is deleted is made again, or repaired. */
export function policyFaults({ nap, insist }: Tools) {
  const chosen = <T>(items: readonly T[], random: Random): T | undefined => items[Math.floor(random() * items.length)];

  const deleteAndMakeAgain =
    (suffix: '' | 'Binding') =>
    async (field: Field, random: Random): Promise<string> => {
      const { client } = field.cluster;
      const found = chosen(await installed(client, suffix), random);
      if (!found) return 'none: the API server knows no policies';
      const { resource, object } = found;
      const name = object.metadata.name ?? '';
      const ms = Math.round(200 + 1500 * random());
      try {
        await client.delete(resource, { name });
        await nap(ms, field);
      } finally {
        await insist(() =>
          client.create(resource, withoutState(object)).catch((error: unknown) => {
            if ((error as { code?: number }).code !== 409) throw error;
          }),
        );
      }
      return `${resource.kind} ${name} for ${ms} ms`;
    };

  const deleteHolder = async ({ cluster: { client } }: Field, random: Random): Promise<string> => {
    const selection = { namespace: systemNamespace, labelSelector: labels.shardId };
    const binding = chosen((await client.list(roleBindings, selection)).items, random);
    const name = binding?.metadata.name;
    if (name === undefined) return 'none';
    await client.delete(roleBindings, { name, namespace: systemNamespace });
    return name;
  };

  const deleteFleet = async ({ cluster: { client } }: Field): Promise<string> => {
    await client.delete(fleetResource, { name: fleetName });
    return fleetName;
  };

  return {
    deletePolicy: deleteAndMakeAgain(''),
    deleteBinding: deleteAndMakeAgain('Binding'),
    deleteHolder,
    deleteFleet,
  };
}
