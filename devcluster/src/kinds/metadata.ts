import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { isRecord, recordOf, recordsOf, stringOf, type JsonRecord } from '../contract/json.ts';
import { duplicateControllers, ownerReferenceProblems } from './owner-references.ts';
import { forbidden, immutableText, invalid, required, tooLong } from '../contract/problems.ts';
import type { FieldProblem, NameRule } from '../contract/strategy.ts';
import {
  dns1035Label,
  dnsLabel,
  dnsSubdomain,
  labelValueProblems,
  pathSegment,
  qualifiedName,
} from '../text/syntax.ts';

const annotationBytes = 256 * 1024;

/** `metadata` of an object about to be created; also after an update, where names cannot differ any more. */
export function validateMetadata(
  object: KubeObject,
  resource: Resource & { readonly custom?: unknown },
  rule: NameRule = 'subdomain',
): FieldProblem[] {
  const metadata = recordOf(object.metadata);
  return [
    ...nameProblems(metadata, rule),
    ...namespaceProblems(metadata, resource),
    ...sharedProblems(metadata),
    ...finalizerProblems(metadata['finalizers']),
    ...unqualifiedFinalizers(metadata['finalizers'], resource),
  ];
}

/**
 * What an update may not do to `metadata`; of the finalizers' names only where the resource is given. kube-apiserver checks it twice, once for all kinds and once for the kind,
 * and reports what it finds as often.
 */
export function validateMetadataUpdate(
  object: KubeObject,
  old: KubeObject,
  resource: (Pick<Resource, 'group'> & { readonly custom?: unknown }) | undefined,
): FieldProblem[] {
  const metadata = recordOf(object.metadata);
  const before = recordOf(old.metadata);
  const once = [
    ...addedFinalizers(metadata, before),
    ...identityProblems(metadata, before),
    ...sharedProblems(metadata),
  ];
  const { finalizers } = metadata;
  const own = resource === undefined ? [] : unqualifiedFinalizers(finalizers, resource);
  return [...once, ...once, ...finalizerProblems(finalizers), ...own];
}

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion'];
const plainGroups = ['admissionregistration.k8s.io', 'apiextensions.k8s.io', 'apiregistration.k8s.io'];

/** Finalizers of built-in kinds carry a domain, but for the server's own. */
function unqualifiedFinalizers(
  finalizers: unknown,
  { group, custom }: Pick<Resource, 'group'> & { readonly custom?: unknown },
): FieldProblem[] {
  if (custom !== undefined || plainGroups.includes(group) || !Array.isArray(finalizers)) return [];
  return finalizers.flatMap((name: unknown, i) =>
    stringOf(name).includes('/') || standardFinalizers.includes(stringOf(name))
      ? []
      : [
          invalid(
            `metadata.finalizers[${i}]`,
            name,
            'name is neither a standard finalizer name nor is it fully qualified',
          ),
        ],
  );
}

function nameProblems(metadata: JsonRecord, rule: NameRule): FieldProblem[] {
  const name = stringOf(metadata['name']);
  const generateName = stringOf(metadata['generateName']);
  const problems: FieldProblem[] = [];
  if (generateName !== '') {
    const prefix = generateName.replace(/[-.]$/, 'a');
    problems.push(...nameTexts(prefix, rule).map((text) => invalid('metadata.generateName', generateName, text)));
  }
  if (name === '') problems.push(required('metadata.name', 'name or generateName is required'));
  else problems.push(...nameTexts(name, rule).map((text) => invalid('metadata.name', name, text)));
  return problems;
}

/** What is wrong with a name of a kind with this rule. */
function nameTexts(name: string, rule: NameRule): string[] {
  const segment = pathSegment(name);
  switch (rule) {
    case 'path':
      return segment;
    case 'label':
    case 'service':
    case 'namespace':
      return dnsLabel(name);
    case 'dns1035':
      return dns1035Label(name);
    case 'subdomain':
      return dnsSubdomain(name);
  }
}

function namespaceProblems(metadata: JsonRecord, resource: Resource): FieldProblem[] {
  const namespace = stringOf(metadata['namespace']);
  if (!resource.namespaced) {
    return namespace === '' ? [] : [forbidden('metadata.namespace', 'not allowed on this type')];
  }
  if (namespace === '') return [required('metadata.namespace')];
  return dnsLabel(namespace).map((text) => invalid('metadata.namespace', namespace, text));
}

function sharedProblems(metadata: JsonRecord): FieldProblem[] {
  const owners = metadata['ownerReferences'];
  return [
    ...labelProblems(metadata['labels'], 'metadata.labels'),
    ...annotationProblems(metadata['annotations'], 'metadata.annotations'),
    ...recordsOf(owners).flatMap((owner) => ownerReferenceProblems(owner, 'metadata.ownerReferences')),
    ...duplicateControllers(recordsOf(owners)),
  ];
}

/** Labels wherever they stand: keys and values. */
export function labelProblems(labels: unknown, field: string): FieldProblem[] {
  if (!isRecord(labels)) return [];
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedName(key).map((text) => invalid(field, key, text)),
    ...labelValueProblems(stringOf(value)).map((text) => invalid(field, value, text)),
  ]);
}

/** Annotations wherever they stand: keys, and the size of all. */
export function annotationProblems(annotations: unknown, field: string): FieldProblem[] {
  if (!isRecord(annotations)) return [];
  let bytes = 0;
  const problems = Object.entries(annotations).flatMap(([key, value]) => {
    bytes += Buffer.byteLength(key) + Buffer.byteLength(stringOf(value));
    return qualifiedName(key.toLowerCase()).map((text) => invalid(field, key, text));
  });
  return bytes > annotationBytes ? [...problems, tooLong(field, annotationBytes)] : problems;
}

function finalizerProblems(finalizers: unknown): FieldProblem[] {
  if (!Array.isArray(finalizers)) return [];
  const problems = finalizers.flatMap((name: unknown) =>
    qualifiedName(stringOf(name)).map((text) => invalid('metadata.finalizers', name, text)),
  );
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    const text = 'finalizer orphan and foregroundDeletion cannot be both set';
    problems.push(invalid('metadata.finalizers', finalizers, text));
  }
  return problems;
}

function addedFinalizers(metadata: JsonRecord, before: JsonRecord): FieldProblem[] {
  if (before['deletionTimestamp'] === undefined) return [];
  const known = Array.isArray(before['finalizers']) ? before['finalizers'] : [];
  const now: unknown[] = Array.isArray(metadata['finalizers']) ? metadata['finalizers'] : [];
  const added = [...new Set(now.filter((name) => !known.includes(name)).map(stringOf))].sort();
  if (added.length === 0) return [];
  const listed = added.map((name) => JSON.stringify(name)).join(', ');
  const text = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${listed}}`;
  return [forbidden('metadata.finalizers', text)];
}

const fixed = ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'];

function identityProblems(metadata: JsonRecord, before: JsonRecord): FieldProblem[] {
  return fixed
    .filter((key) => (metadata[key] ?? undefined) !== (before[key] ?? undefined))
    .map((key) => invalid(`metadata.${key}`, metadata[key] ?? null, immutableText));
}
