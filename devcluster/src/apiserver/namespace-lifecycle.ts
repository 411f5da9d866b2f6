import type { AdmissionPlugin, AdmissionRequest } from '../contract/admission.ts';
import type { Store } from '../storage/store.ts';
import { forbidden, notFound } from '../contract/errors.ts';
import { StatusError } from '../contract/status-error.ts';

const namespaces = { group: '', plural: 'namespaces' };
const immortal = new Set(['default', 'kube-system', 'kube-public']);
/** What may be asked about without a place to store it. */
const reviews = new Set(['authorization.k8s.io/localsubjectaccessreviews']);

/** Nothing is created in a namespace that does not exist or is going away, and some namespaces stay for ever. */
export function namespaceLifecycle(store: Store): AdmissionPlugin {
  const collection = store.collection('/namespaces');
  return {
    mutate(request) {
      if (request.operation === 'CREATE') checkNamespace(request, (name) => collection.get(name)?.object);
      return undefined;
    },
    validate(request) {
      const { operation, resource, name } = request;
      if (operation !== 'DELETE' || resource.group !== '' || resource.plural !== 'namespaces') return;
      if (immortal.has(name)) throw forbidden(namespaces, name, 'this namespace may not be deleted');
    },
  };
}

function checkNamespace(
  { resource, namespace, name, object }: AdmissionRequest,
  find: (name: string) => { readonly metadata: { readonly deletionTimestamp?: string } } | undefined,
): void {
  if (namespace === undefined || reviews.has(`${resource.group}/${resource.plural}`)) return;
  const found = find(namespace);
  if (found === undefined) throw notFound(namespaces, namespace);
  if (found.metadata.deletionTimestamp === undefined) return;
  const shown = name || (object?.metadata.generateName ?? '');
  const refusal = forbidden(
    resource,
    shown,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
  const causes = [
    {
      reason: 'NamespaceTerminating',
      message: `namespace ${namespace} is being terminated`,
      field: 'metadata.namespace',
    },
  ];
  throw new StatusError({ ...refusal.status, details: { ...refusal.status.details, causes } });
}
