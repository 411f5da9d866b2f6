import type { AppPolicy, Application } from '../apis/application.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import type { Policy } from '../apis/policy.ts';
import { policyResource } from '../apis/policy.ts';
import type { Workflow } from '../apis/workflow.ts';
import { workflowResource } from '../apis/workflow.ts';
import { deployPolicies, unknownDeployFields } from './generate.ts';

/** The objects of its namespace that the workflow of an Application refers to. */
export interface References {
  /** The Workflow that `workflow.ref` names. */
  readonly workflow: Workflow | undefined;
  /** The Policies that deploy steps name and the Application does not declare. */
  readonly policies: readonly Policy[];
  /** Objects that do not exist. */
  readonly problems: readonly string[];
}

/** Reads an object of the namespace of the Application; undefined where it does not exist. */
export type ReadReferred = <T extends KubeObject>(resource: Resource, name: string) => Promise<T | undefined>;

/** Reads what the workflow of an Application refers to; `named` are its own policies. */
export async function readReferences(
  { spec: { workflow: own, components } }: Application,
  named: readonly (AppPolicy & { readonly name: string })[],
  read: ReadReferred,
): Promise<References> {
  const ref = own?.ref ?? '';
  const workflow = ref === '' ? undefined : await read<Workflow>(workflowResource, ref);
  if (ref !== '' && !workflow) {
    const problem = `workflow "${ref}" was not found in the namespace of the application`;
    return { workflow, policies: [], problems: [problem] };
  }
  const source = { workflow: own, referred: workflow, components, policies: named };
  const names = deployPolicies(source);
  const missing = names.filter((name) => !named.some((policy) => policy.name === name));
  const found = await Promise.all(missing.map((name) => read<Policy>(policyResource, name)));
  const problems = missing
    .filter((_, i) => found[i] === undefined)
    .map((name) => `policy "${name}" of a deploy step is neither declared nor a Policy in the namespace`);
  return {
    workflow,
    policies: found.filter((policy) => policy !== undefined),
    problems: [...unknownDeployFields(source), ...problems],
  };
}
