import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { FieldProblem, MutableObject } from '../contract/strategy.ts';
import { validateMetadata } from '../kinds/metadata.ts';
import { mutate, validate } from './admit.ts';
import { commitPut } from './commit.ts';
import { environmentOf, timestamp } from './core.ts';
import type { Core, Written } from './core.ts';
import type { WriteContext } from './write-context.ts';
import { placeIn } from './decoding.ts';
import { alreadyExists, forbidden, invalid, serverError } from '../contract/errors.ts';
import { tracked } from './managed.ts';
import { withDistinctOwners } from './owner-references.ts';
import { finished, generatedName } from './object-meta.ts';
import { storageKey } from './served-resource.ts';
import type { ServedResource } from './served-resource.ts';
import type { StatusError } from '../contract/status-error.ts';
import { StorageError } from '../storage/storage-error.ts';

export interface Creation {
  readonly core: Core;
  readonly resource: ServedResource;
  readonly namespace: string | undefined;
  readonly context: WriteContext;
  /** Whether managedFields are in the object already, as after server-side apply. */
  readonly isTracked?: boolean;
  /** Whether an update or apply creates what it did not find; that takes the right to create as well. */
  readonly isUpsert?: boolean;
}

/** Creates a decoded object. Throws AlreadyExists when the name is taken, Invalid for what the kind does not allow. */
export async function create(creation: Creation, decoded: MutableObject): Promise<Written> {
  const { core, resource, namespace, context } = creation;
  const version = decoded.metadata['resourceVersion'];
  if (version !== undefined && version !== '' && version !== '0') {
    throw serverError('resourceVersion should not be set on objects to be created');
  }
  if (resource.custom?.isTerminating === true) throw terminating(resource, nameOf(decoded));
  placeIn(decoded, resource, namespace);
  const initial = withDistinctOwners(begin(creation, decoded), context, false);
  const write = { core, resource, context, subresource: '' };
  const own = creation.isTracked === true ? initial : tracked(write, undefined, initial);
  const admission = { ...write, target: { namespace, name: nameOf(own) } };
  const admitted = withDistinctOwners(await mutate(admission, 'CREATE', own, undefined), context, true);
  const object = complete(creation, admitted);
  check(creation, object);
  if (creation.isUpsert === true) context.requireCreate?.();
  const target = { namespace, name: nameOf(object) };
  await validate({ ...admission, target }, 'CREATE', finished(object, ''), undefined);
  for (const text of resource.strategy.warnings?.(object as unknown as KubeObject) ?? []) context.warn(text);
  return { object: await store(creation, object), wasCreated: true };
}

function terminating(resource: ServedResource, name: string): StatusError {
  return forbidden(resource, name, 'create not allowed while custom resource definition is terminating');
}

function nameOf(object: MutableObject): string {
  const { name } = object.metadata;
  return typeof name === 'string' ? name : '';
}

const serverSet = [
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
];

/** Drops what only the server sets. */
function begin({ resource }: Creation, decoded: MutableObject): MutableObject {
  const metadata = { ...decoded.metadata };
  for (const key of serverSet) Reflect.deleteProperty(metadata, key);
  const object: MutableObject = { ...decoded, metadata };
  if (dropsStatus(resource)) delete object['status'];
  return object;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function dropsStatus(resource: ServedResource): boolean {
  return resource.subresources.has('status') && !(resource.group === '' && resource.plural === 'nodes');
}

/** What the server adds after mutating admission: name, identity, generation, what the kind computes. */
function complete({ core, resource }: Creation, admitted: MutableObject): MutableObject {
  const environment = environmentOf(core);
  const { name, generateName } = admitted.metadata;
  const isToBeNamed = !isGiven(name) && typeof generateName === 'string' && generateName !== '';
  const metadata: Record<string, unknown> = {
    ...admitted.metadata,
    ...(isToBeNamed && { name: generatedName(generateName, core.random) }),
    uid: core.newUid(),
    creationTimestamp: timestamp(core.clock.now()),
  };
  if (resource.custom !== undefined || resource.strategy.hasGeneration === true) metadata['generation'] = 1;
  const object: MutableObject = { ...admitted, metadata };
  resource.strategy.prepareForCreate?.(object, environment);
  return object;
}

function check({ resource }: Creation, object: MutableObject): void {
  const checked = object as unknown as KubeObject;
  const problems: FieldProblem[] = [
    ...validateMetadata(checked, resource, resource.strategy.name),
    ...(resource.strategy.validate?.(checked) ?? []),
    ...(resource.strategy.validateCreate?.(checked) ?? []),
    ...(resource.custom?.validate(checked, undefined) ?? []),
  ];
  if (problems.length > 0) throw invalid(resource, nameOf(object), problems);
}

async function store({ core, resource, namespace, context }: Creation, object: MutableObject): Promise<KubeObject> {
  const name = nameOf(object);
  const key = storageKey(resource, namespace, name);
  const existing = resource.collection.get(key);
  if (existing !== undefined) {
    throw alreadyExists(resource, name, existing.object.metadata.deletionTimestamp !== undefined);
  }
  if (context.dryRun) return finished(object, '');
  try {
    return await commitPut({ core, resource, context }, key, undefined, object);
  } catch (error) {
    if (error instanceof StorageError && error.reason === 'Changed') throw alreadyExists(resource, name, false);
    throw error;
  }
}
