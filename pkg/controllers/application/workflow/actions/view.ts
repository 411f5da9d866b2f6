import type { KubeClient } from '../../../../apis/kube-client.ts';
import type { Json, JsonObject } from '../../../../../machinery/src/meta.ts';
import type { Engines, Rendered } from '../../../../render/engine.ts';
import type { StepActor } from '../../../../render/step.ts';
import { getPath, parsePath } from '../../../../workflow/path.ts';
import { listObjects, readObject } from './kube.ts';
import { wrongTemplate } from './params.ts';
import { queryActions } from './query.ts';
import type { QueryContext } from './query.ts';

/** A query: the template of a view, its parameters, and the field that is asked for. */
export interface ViewQuery {
  readonly template: string;
  readonly parameter: JsonObject;
  readonly exported: string;
}

/** The value of a view, or null where it has none; it reads objects with the rights of the client, and writes nothing. */
export async function queryView(
  { template, parameter, exported }: ViewQuery,
  {
    client,
    engines,
    signal,
  }: { readonly client: KubeClient; readonly engines: Pick<Engines, 'cue'>; readonly signal: AbortSignal },
): Promise<Rendered<Json>> {
  const path = parsePath(exported);
  if (!path) return problem(`"${exported}" is not a path such as status.podList`);
  const end = await engines.cue.runStep(
    { name: 'view', schematic: { cue: { template } } },
    { parameter, context: {} },
    viewActor({ capabilities: { deps: { client }, author: client, signal } }),
  );
  if (end.kind !== 'succeeded') return problem(end.message);
  return { ok: true, value: getPath(end.produced, path) ?? null };
}

function viewActor(context: QueryContext): StepActor {
  const { author, signal } = context.capabilities;
  return {
    needsFields: true,
    perform: async ({ name, params, label }) => {
      if (name === 'kube.read') return readObject(params, { author, signal });
      if (name === 'kube.list') return listObjects(params, { author, signal });
      const query = Object.hasOwn(queryActions, name) ? queryActions[name] : undefined;
      if (query) return query(params, context, { label });
      return wrongTemplate(
        `${label}: a view cannot do ${name}; it reads objects, by the packages vela/ql and vela/query`,
      );
    },
  };
}

const problem = (text: string): Rendered<never> => ({ ok: false, problems: [text] });
