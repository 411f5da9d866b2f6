import type { Application } from '../../apis/application.ts';
import type { DefinitionSource } from '../../appfile/definition-lookup.ts';
import { findDefinition, lookupScope } from '../../appfile/definition-lookup.ts';
import { namedPolicies } from '../../appfile/parse.ts';

/** Policies without effect, because the feature gate of policies that change Applications is off. */
export function policyWarnings(
  app: Application,
  { definitions, systemNamespace }: { readonly definitions: DefinitionSource; readonly systemNamespace: string },
): readonly string[] {
  const scope = lookupScope(app, systemNamespace);
  return namedPolicies(app.spec.policies ?? []).flatMap(({ name, type }) =>
    findDefinition(definitions, 'PolicyDefinition', type, scope)?.spec.scope === 'Application'
      ? [
          `policy "${name}" has no effect: "${type}" needs the feature gate EnableApplicationScopedPolicies, which is off`,
        ]
      : [],
  );
}
