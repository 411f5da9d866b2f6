import type { KubeObject } from '../../machinery/src/meta.ts';

/** What must exist before what: lower first. Objects of one rank do not need each other. */
const ranks: readonly (readonly string[])[] = [
  ['Namespace'],
  ['CustomResourceDefinition'],
  ['ServiceAccount', 'ClusterRole', 'Role', 'Secret', 'ConfigMap'],
  ['ClusterRoleBinding', 'RoleBinding'],
  [],
  ['Service'],
  ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'],
  ['Deployment'],
  // fences refuse holders that do not record themselves, as those of earlier versions: not before the controllers are there
  ['ValidatingAdmissionPolicyBinding'],
];
/** Of everything that is not named above, definitions before all. */
const otherRank = 4;

function rankOf(object: KubeObject): number {
  const rank = ranks.findIndex((kinds) => kinds.includes(object.kind));
  return rank < 0 ? otherRank : rank;
}

/** Groups objects by what must exist before what. */
export function inOrder(objects: readonly KubeObject[]): readonly (readonly KubeObject[])[] {
  return ranks
    .map((_, rank) => objects.filter((object) => rankOf(object) === rank))
    .filter((group) => group.length > 0);
}
