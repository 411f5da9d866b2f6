import jsonPatch from 'fast-json-patch';
import type { Operation } from 'fast-json-patch';
import type { KubeObject } from '../../machinery/src/meta.ts';

const remove = (...paths: readonly string[]): Operation[] => paths.map((path) => ({ op: 'remove', path }));
const component = (index: number, rest: string): string => `/spec/components/${index}/${rest}`;
const object = (index: number, rest: string, at = 0): string => component(index, `properties/objects/${at}/${rest}`);

/** What the next version of each recorded Application drops. */
export const drops: Readonly<Record<string, readonly Operation[]>> = {
  shop: remove(
    component(0, 'properties/env/1'),
    component(0, 'properties/labels/season'),
    component(0, 'traits/2'),
    component(0, 'traits/1/properties/trial'),
    component(1, 'properties/env/1'),
    component(1, 'traits'),
  ),
  settings: remove(object(0, 'data/burst'), object(0, 'stringData/token', 1), object(1, 'data/second')),
  left: remove(object(0, 'data/hours'), object(1, 'data/b')),
  right: remove(object(0, 'data/hours')),
  ledger: [
    ...remove(
      component(0, 'properties/env/1'),
      component(0, 'properties/cpu'),
      component(0, 'traits/0/properties/http/~1old'),
      object(1, 'data/month'),
    ),
    { op: 'replace', path: '/metadata/annotations/app.oam.dev~1publishVersion', value: 'second' },
  ],
  pipeline: remove(object(0, 'data/port'), component(1, 'properties/env/1')),
  gate: remove(object(0, 'data/shade')),
};

/** The next version of an Application. */
export function changed(app: KubeObject): KubeObject {
  const { newDocument } = jsonPatch.applyPatch(structuredClone(app), [...(drops[app.metadata.name ?? ''] ?? [])], true);
  return newDocument;
}
