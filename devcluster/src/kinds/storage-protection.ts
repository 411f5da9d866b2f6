import type { AdmissionPlugin } from '../contract/admission.ts';

const finalizers: Readonly<Record<string, string>> = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
};

/** The finalizer that keeps an object of a storage kind while it is in use. */
export function protectionOf(plural: string): string | undefined {
  return Object.hasOwn(finalizers, plural) ? finalizers[plural] : undefined;
}

/** Gives new claims and volumes their finalizer. */
export const storageProtection: AdmissionPlugin = {
  mutate({ object, resource, operation, subresource }) {
    const finalizer = resource.group === '' ? protectionOf(resource.plural) : undefined;
    if (finalizer === undefined || operation !== 'CREATE' || subresource !== '' || !object) return undefined;
    const before = object.metadata.finalizers ?? [];
    if (before.includes(finalizer)) return undefined;
    return { ...object, metadata: { ...object.metadata, finalizers: [...before, finalizer] } };
  },
};
