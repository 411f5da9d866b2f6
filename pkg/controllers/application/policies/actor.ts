import type { KubeClient } from '../../../apis/kube-client.ts';
import type { StepActor } from '../../../render/step.ts';
import { listObjects, readObject } from '../workflow/actions/kube.ts';
import { wrongTemplate } from '../workflow/actions/params.ts';

/** Performs what the templates of policies ask for: they may read objects, with the rights of the Application's author. */
export function policyActor(author: KubeClient, signal: AbortSignal): StepActor {
  return {
    needsFields: false,
    perform: async ({ name, params, label }) => {
      if (name === 'kube.read') return readObject(params, { author, signal });
      if (name === 'kube.list') return listObjects(params, { author, signal });
      return wrongTemplate(`${label}: a policy cannot do ${name}; it can read objects by kube.#Read and kube.#List`);
    },
  };
}

/** The actor where no cluster is read. */
export const noActor: StepActor = {
  needsFields: false,
  perform: ({ name, label }) => Promise.resolve(wrongTemplate(`${label}: ${name} needs a cluster`)),
};
