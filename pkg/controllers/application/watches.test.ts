import { expect, test } from '@jest/globals';
import { application, ApplicationBed, scaler } from '../../../test/support/application-bed.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { resourceTrackerResource } from '../../apis/resource-tracker.ts';
import { traitDefinitionResource } from '../../apis/trait-definition.ts';
import { silentLogger } from '../../../machinery/src/logging/logger.ts';
import { TerminalError } from '../../reconcile/result.ts';
import type { Changes } from '../../reconcile/source.ts';
import { newApplicationController } from './watches.ts';

/** Changes that the test makes. */
class Stream<T extends KubeObject> implements Changes<T> {
  #added: ((object: T) => void) | undefined;

  readonly subscribe: Changes<T>['subscribe'] = (handlers) => {
    this.#added = (object) => handlers.added?.(object);
    return () => undefined;
  };

  whenSynced(): Promise<void> {
    return Promise.resolve();
  }

  add(object: T): void {
    this.#added?.(object);
  }
}

class Updates implements Changes<KubeObject> {
  #updated: ((old: KubeObject, object: KubeObject) => void) | undefined;

  readonly subscribe: Changes<KubeObject>['subscribe'] = (handlers) => {
    this.#updated = (old, object) => handlers.updated?.(old, object);
    return () => undefined;
  };

  whenSynced(): Promise<void> {
    return Promise.resolve();
  }

  update(old: KubeObject, object: KubeObject): void {
    this.#updated?.(old, object);
  }
}

const definition = (name: string) => ({ ...scaler, metadata: { ...scaler.metadata, name } });

test('an Application that does not parse is reconciled again after a change of a definition, and only then', async () => {
  const bed = new ApplicationBed();
  const definitions = new Stream();
  const { reconcile, sources } = newApplicationController({
    ...bed.deps(),
    delivered: undefined,
    caches: {
      applications: Object.assign(new Stream<never>(), { get: () => bed.app() }),
      trackers: new Stream(),
      definitions: [definitions],
    },
  });
  const keys: string[] = [];
  for (const { attach } of sources) attach((key) => keys.push(key));
  const run = () => reconcile('default/app', { logger: silentLogger(), signal: new AbortController().signal });
  const component = { name: 'conf', type: 'config', properties: { data: {} }, traits: [{ type: 'later' }] };

  definitions.add(definition('early'));
  expect(keys).toEqual([]);
  bed.put(application({ components: [component] }));
  await expect(run()).rejects.toBeInstanceOf(TerminalError);
  definitions.add(bed.cluster.create(traitDefinitionResource, definition('later')));
  expect(keys).toEqual(['default/app']);
  await run();
  expect(bed.app()?.status?.status).not.toBe('rendering');
  definitions.add(definition('other'));
  expect(keys).toEqual(['default/app']);
});

test('an Application that refers to a Workflow object is parsed again after a backoff', async () => {
  const bed = new ApplicationBed();
  const component = { name: 'conf', type: 'config', properties: { data: {} }, traits: [{ type: 'later' }] };
  bed.put(application({ components: [component], workflow: { ref: 'none' } }));
  const failure = bed.reconcile();
  await expect(failure).rejects.toThrow('later');
  await expect(failure).rejects.not.toBeInstanceOf(TerminalError);
});

test('the mark of a deletion that arrives after the release of a tracker does not drop the family', async () => {
  const bed = new ApplicationBed();
  const trackers = new Updates();
  const { reconcile, sources } = newApplicationController({
    ...bed.deps(),
    delivered: undefined,
    caches: {
      applications: Object.assign(new Stream<never>(), { get: () => bed.app() }),
      trackers,
      definitions: [],
    },
  });
  const keys: string[] = [];
  for (const { attach } of sources) attach((key) => keys.push(key));
  const run = () => reconcile('default/app', { logger: silentLogger(), signal: new AbortController().signal });
  const component = { name: 'conf', type: 'config', properties: { data: { a: '1' } } };
  bed.put(application({ components: [component] }));
  await run();
  const [old] = bed.cluster.list(resourceTrackerResource, {});
  bed.put(application({ components: [{ ...component, properties: { data: { a: '2' } } }] }));
  await run();
  expect(bed.cluster.list(resourceTrackerResource, {})).toHaveLength(1);
  if (!old) throw new Error('there was no tracker');
  const metadata = { ...old.metadata, resourceVersion: '100000', deletionTimestamp: '2026-01-01T00:00:00Z' };
  trackers.update(old, { ...old, metadata });
  expect(keys).toEqual([]);
  const requests: string[] = [];
  bed.cluster.onRequest = ({ verb, resource }) => requests.push(`${verb} ${resource.kind}`);
  await run();
  expect(requests).not.toContain('get Application');
});
