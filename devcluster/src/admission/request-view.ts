import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { apiVersionOf } from '../../../machinery/src/meta.ts';
import type { AdmissionRequest } from '../contract/admission.ts';

/** The request of an AdmissionReview, without the objects, for webhooks and expressions. */
export function requestFacts(request: AdmissionRequest, matched: Resource, uid: string): Record<string, unknown> {
  const { resource, subresource, name, namespace, operation, user, dryRun, options } = request;
  return {
    uid,
    kind: kindOf(matched),
    resource: resourceOf(matched),
    ...(subresource === '' ? {} : { subResource: subresource }),
    requestKind: kindOf(resource),
    requestResource: resourceOf(resource),
    ...(subresource === '' ? {} : { requestSubResource: subresource }),
    ...(name === '' ? {} : { name }),
    ...(namespace === undefined || namespace === '' ? {} : { namespace }),
    operation,
    userInfo: {
      username: user.name,
      ...(user.uid === undefined ? {} : { uid: user.uid }),
      groups: user.groups,
      ...(user.extra === undefined || Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }),
    },
    dryRun,
    options: options ?? null,
  };
}

/** The kind of what is being written; that of a subresource with a kind of its own stays the object's. */
function kindOf({ group, version, kind }: Resource): object {
  return { group, version, kind };
}

function resourceOf({ group, version, plural }: Resource): object {
  return { group, version, resource: plural };
}

/** An object in the version of a resource. */
export function inVersion(object: KubeObject | undefined, from: Resource, to: Resource): KubeObject | undefined {
  if (object === undefined || from.version === to.version) return object;
  return { ...object, apiVersion: apiVersionOf(to) };
}
