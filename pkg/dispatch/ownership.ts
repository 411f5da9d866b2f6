import type { KubeObject } from '../../machinery/src/meta.ts';
import { annotations, labels } from '../apis/names.ts';

/** An Application as resources name their owner: `namespace/name`. */
export type OwnerKey = string;

export const ownerKeyOf = (app: KubeObject): OwnerKey => `${app.metadata.namespace ?? ''}/${app.metadata.name ?? ''}`;

/** The Application that a live object says it belongs to. */
export function ownerOf(live: KubeObject): OwnerKey | undefined {
  const label = live.metadata.labels ?? {};
  const name = label[labels.appName];
  return name ? `${label[labels.appNamespace] ?? ''}/${name}` : undefined;
}

/** The Applications that share a live object, in order of arrival. */
export function sharersOf(live: KubeObject): readonly OwnerKey[] {
  return (live.metadata.annotations?.[annotations.sharedBy] ?? '').split(',').filter((key) => key !== '');
}

export type Claim =
  | 'own'
  | 'take'
  /** It belongs to another Application that shares it: only the list of sharers is written. */
  | 'join'
  | 'unmanaged'
  | 'foreign';

/** What an Application may do with an object that exists already. */
export function claimOn(
  live: KubeObject,
  owner: OwnerKey,
  rules: { readonly takeOver: boolean; readonly shared: boolean },
): Claim {
  const current = ownerOf(live);
  if (current === owner) return 'own';
  if (rules.shared && sharersOf(live).length > 0) return current === undefined ? 'take' : 'join';
  if (rules.takeOver) return 'take';
  return current === undefined ? 'unmanaged' : 'foreign';
}
