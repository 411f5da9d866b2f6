import type { EarlyManifests, RenderInputs } from '../family/rendered-manifests.ts';
import type { Capabilities, Prepared } from '../stages.ts';
import { isTransient } from '../status/failure.ts';
import { keyOf } from './place.ts';
import type { Placement } from './placement.ts';
import { manifestsOf, render, stageOf, traitsOf } from './render.ts';

/** What is delivered of a component before it is healthy; rendered once as long as nothing that it depends on changes. */
export async function earlyManifests(
  prepared: Prepared,
  placement: Placement,
  capabilities: Capabilities,
): Promise<EarlyManifests> {
  const [key, inputs] = [keyOf(placement), inputsOf(prepared, placement)];
  const known = capabilities.rendered.recall(key, inputs);
  if (known) return known;
  const traits = traitsOf(placement.component, prepared).filter((trait) => stageOf(trait) !== 'PostDispatch');
  const rendered = await render(prepared, placement, { traits }, capabilities);
  const manifests = {
    preDispatch: manifestsOf(prepared, placement, rendered, 'PreDispatch'),
    defaultDispatch: manifestsOf(prepared, placement, rendered, 'DefaultDispatch'),
  };
  if (!readsObjects(placement)) capabilities.rendered.store(key, inputs, manifests);
  return manifests;
}

/**
 * Records what several components deliver in one write of the tracker, before the first of their objects is written. What the
 * Application or the cluster refuses is left to the dispatch of the component, which meets it again and reports it.
 */
export async function recordAhead(
  prepared: Prepared,
  placements: readonly Placement[],
  capabilities: Capabilities,
): Promise<void> {
  const { keeper, rendered, signal } = capabilities;
  const isNew = (one: Placement): boolean =>
    !readsObjects(one) && !rendered.recall(keyOf(one), inputsOf(prepared, one));
  const groups = [];
  for (const placement of placements.filter(isNew)) {
    const manifests = await earlyManifests(prepared, placement, capabilities).catch(() => undefined);
    if (manifests) groups.push([...manifests.preDispatch, ...manifests.defaultDispatch]);
  }
  await keeper.recordAhead(groups, signal).catch((error: unknown) => {
    if (isTransient(error)) throw error;
  });
}

/** Its manifests are objects of the cluster, which change without the Application. */
const readsObjects = ({ component }: Placement): boolean => component.type === 'ref-objects';

function inputsOf({ app, revision, custom }: Prepared, placement: Placement): RenderInputs {
  const { name, namespace, labels, annotations } = app.metadata;
  return { revision, values: [placement, name, namespace, labels, annotations, app.spec.components, custom] };
}
