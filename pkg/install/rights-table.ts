import type { JsonObject } from '../../machinery/src/meta.ts';
import type { ReasonedRule, RightsRole, Rule } from './rights.ts';

const where: Readonly<Record<RightsRole['scope'], string>> = {
  cluster: 'the whole cluster',
  system: 'the namespace of the installation',
  delivery: 'where Applications may deliver',
};

const conditions: Readonly<Record<NonNullable<RightsRole['when']>, string>> = {
  sharding: 'with `sharding.enabled`',
  webhooks: 'with `admissionWebhooks.enabled`',
  impersonation: 'with `authentication.enabled`',
  delivery: 'without `authentication.enabled` and `rights=admin`',
};

/** The tables of docs/reference/rights.md: every rule of every role, and why. */
export function rightsTables(roles: readonly RightsRole[], defaults: JsonObject): string {
  const { dispatch } = defaults['rbac'] as unknown as { readonly dispatch: readonly Rule[] };
  return roles.map((role) => section(role, dispatch)).join('\n');
}

function section(role: RightsRole, dispatch: readonly Rule[]): string {
  const { name, scope, accounts, when } = role;
  const condition = when === undefined ? '' : `, ${conditions[when]}`;
  const rules: readonly ReasonedRule[] =
    name === 'deliver' ? dispatch.map((rule) => ({ ...rule, why: 'Delivers what Applications contain.' })) : role.rules;
  const head = `### ${name}\n\nFor ${accounts.join(' and ')}, in ${where[scope]}${condition}.\n`;
  return `${head}\n| API group | resources | verbs | why |\n|---|---|---|---|\n${rules.map(row).join('\n')}\n`;
}

function row({ apiGroups, resources, resourceNames, verbs, why, when }: ReasonedRule): string {
  const groups = apiGroups.map((group) => (group === '' ? 'core' : group)).join(', ');
  const names = resourceNames === undefined ? '' : ` named ${resourceNames.map((text) => `\`${text}\``).join(', ')}`;
  const condition = when === undefined ? '' : ` Only ${conditions[when]}.`;
  return `| ${groups} | ${resources.join(', ')}${names} | ${verbs.join(', ')} | ${why}${condition} |`;
}
