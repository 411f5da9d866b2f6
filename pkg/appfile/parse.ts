import type { AppPolicy, Application, Component } from '../apis/application.ts';
import type { ComponentDefinition } from '../apis/component-definition.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import type { PolicyDefinition } from '../apis/policy-definition.ts';
import type { Policy } from '../apis/policy.ts';
import type { TraitDefinition } from '../apis/trait-definition.ts';
import type { WorkflowStepDefinition } from '../apis/workflow-step-definition.ts';
import { absence } from './absent-types.ts';
import type { DefinitionKindName, DefinitionKinds, DefinitionSource, LookupScope } from './definition-lookup.ts';
import { findDefinition, knownTypes, lookupScope } from './definition-lookup.ts';
import { findCycle } from './depends-on.ts';
import { environmentsOf } from './environments.ts';
import type { OverrideProperties } from './override.ts';
import { isBuiltInPolicy, policyProblems } from './policy-check.ts';
import type { ResourcePolicies } from './resource-policy.ts';
import { resourcePolicies } from './resource-policy.ts';
import { suggestion } from './suggest.ts';

/** A policy that has a name. */
export interface NamedPolicy extends AppPolicy {
  readonly name: string;
}

/** Definitions by the type string that uses them. */
interface UsedDefinitions {
  readonly componentDefinitions: Readonly<Record<string, ComponentDefinition>>;
  readonly traitDefinitions: Readonly<Record<string, TraitDefinition>>;
  readonly workflowStepDefinitions: Readonly<Record<string, WorkflowStepDefinition>>;
  /** Of policies that yield objects. */
  readonly policyDefinitions: Readonly<Record<string, PolicyDefinition>>;
}

/** An Application in which every name is defined. */
export interface ParsedApplication {
  readonly app: Application;
  readonly components: readonly Component[];
  readonly policies: readonly NamedPolicy[];
  readonly resourcePolicies: ResourcePolicies;
  readonly definitions: UsedDefinitions;
}

export type ParseResult =
  | { readonly ok: true; readonly parsed: ParsedApplication }
  | { readonly ok: false; readonly problems: readonly string[] };

export interface ParseOptions {
  readonly definitions: DefinitionSource;
  readonly systemNamespace: string;
  /** Types of workflow steps that may have a definition. */
  readonly stepTypes?: readonly string[];
  /** Those of them that run without one too. */
  readonly optionalStepTypes?: readonly string[];
  /** Policy objects that deploy steps name. */
  readonly external?: readonly Policy[];
}

/** Gives unnamed policies the name `<type>-auto-gen-<index>`. */
export function namedPolicies(policies: readonly AppPolicy[]): readonly NamedPolicy[] {
  return policies.map((policy, i) => ({
    ...policy,
    name: isNamed(policy) ? policy.name : `${policy.type}-auto-gen-${i}`,
  }));
}

const isNamed = (policy: AppPolicy): policy is NamedPolicy => policy.name !== undefined && policy.name !== '';

/** A Policy object as a policy of the Application that refers to it. */
export const externalPolicy = ({ metadata, type, properties }: Policy): NamedPolicy => ({
  name: metadata.name ?? '',
  type,
  ...(properties && { properties }),
});

/** Checks an Application and finds the definitions that it uses; returns all problems at once. */
export function parseApplication(app: Application, options: ParseOptions): ParseResult {
  const components = app.spec.components;
  const own = namedPolicies(app.spec.policies ?? []);
  const lookup = new Lookup(options.definitions, lookupScope(app, options.systemNamespace));
  for (const component of components) lookup.component(component);
  // what a policy of scope Application says is done before
  const policies = [...own, ...(options.external ?? []).map(externalPolicy)].filter(
    (policy) => !lookup.changesApplication(policy),
  );
  for (const policy of policies) {
    if (policy.type === 'override') lookup.override(policy.name, policy.properties ?? {});
    else if (!isBuiltInPolicy(policy.type)) lookup.policy(policy);
    for (const { patch = {} } of environmentsOf(policy)) lookup.override(policy.name, patch);
  }
  for (const type of options.stepTypes ?? []) lookup.step(type, options.optionalStepTypes?.includes(type) ?? false);
  const problems = [...componentProblems(components), ...lookup.problems, ...policyProblems(policies, lookup.policies)];
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    parsed: {
      app,
      components,
      policies,
      resourcePolicies: resourcePolicies(app, own),
      definitions: {
        componentDefinitions: lookup.components,
        traitDefinitions: lookup.traits,
        workflowStepDefinitions: lookup.steps,
        policyDefinitions: lookup.policies,
      },
    },
  };
}

const nouns: Readonly<Record<DefinitionKindName, string>> = {
  ComponentDefinition: 'component type',
  TraitDefinition: 'trait',
  PolicyDefinition: 'policy',
  WorkflowStepDefinition: 'step type',
};

/** Finds the definitions of one Application and remembers what it did not find. */
class Lookup {
  readonly problems: string[] = [];
  readonly components: Record<string, ComponentDefinition> = {};
  readonly traits: Record<string, TraitDefinition> = {};
  readonly steps: Record<string, WorkflowStepDefinition> = {};
  readonly policies: Record<string, PolicyDefinition> = {};
  readonly #source: DefinitionSource;
  readonly #scope: LookupScope;

  constructor(source: DefinitionSource, scope: LookupScope) {
    this.#source = source;
    this.#scope = scope;
  }

  component(component: Component): void {
    const owner = `component "${component.name}"`;
    this.#use('ComponentDefinition', component.type, owner, this.components);
    for (const trait of component.traits ?? []) this.#use('TraitDefinition', trait.type, owner, this.traits);
  }

  step(type: string, isOptional: boolean): void {
    if (isOptional && !findDefinition(this.#source, 'WorkflowStepDefinition', type, this.#scope)) return;
    this.#use('WorkflowStepDefinition', type, 'the workflow', this.steps);
  }

  changesApplication({ type }: NamedPolicy): boolean {
    return (findDefinition(this.#source, 'PolicyDefinition', type, this.#scope)?.spec.scope ?? '') !== '';
  }

  /** A policy without a definition is reported with the other problems of policies. */
  policy({ type }: NamedPolicy): void {
    const definition = findDefinition(this.#source, 'PolicyDefinition', type, this.#scope);
    if (definition) this.policies[type] = definition;
  }

  override(policy: string, { components = [] }: OverrideProperties): void {
    const owner = `policy "${policy}"`;
    for (const change of components) {
      if (change.type) this.#use('ComponentDefinition', change.type, owner, this.components);
      for (const trait of change.traits ?? []) this.#use('TraitDefinition', trait.type, owner, this.traits);
    }
  }

  #use<K extends DefinitionKindName>(
    kind: K,
    type: string,
    owner: string,
    found: Record<string, KubeObject & DefinitionKinds[K]>,
  ): void {
    if (Object.hasOwn(found, type)) return;
    const definition = findDefinition(this.#source, kind, type, this.#scope);
    if (definition) {
      found[type] = definition;
      return;
    }
    const reason = absence(type);
    if (reason !== undefined) {
      this.problems.push(`${owner} uses ${nouns[kind]} "${type}", which is not built in: ${reason}`);
      return;
    }
    const hint = suggestion(type, knownTypes(this.#source, kind, this.#scope));
    const where = `searched in namespaces ${this.#scope.namespaces.join(', ')}`;
    this.problems.push(`${owner} uses unknown ${nouns[kind]} "${type}"${hint || ` (${where})`}`);
  }
}

function componentProblems(components: readonly Component[]): string[] {
  const names = new Set<string>();
  const problems: string[] = [];
  for (const { name } of components) {
    if (!name) problems.push('a component has no name');
    else if (names.has(name)) problems.push(`component "${name}" is declared twice`);
    names.add(name);
  }
  for (const { name, dependsOn = [] } of components) {
    for (const other of dependsOn) {
      if (!names.has(other))
        problems.push(`component "${name}" depends on unknown component "${other}"${suggestion(other, names)}`);
    }
  }
  const cycle = findCycle(components);
  if (cycle) problems.push(`components depend on each other in a circle: ${cycle.join(' -> ')}`);
  return [...problems, ...outputProblems(components)];
}

function outputProblems(components: readonly Component[]): string[] {
  const producers = new Map<string, string>();
  const problems: string[] = [];
  for (const component of components) {
    for (const { name } of component.outputs ?? []) {
      const other = producers.get(name);
      if (other !== undefined)
        problems.push(`components "${other}" and "${component.name}" both give output "${name}"`);
      producers.set(name, component.name);
    }
  }
  return problems;
}
