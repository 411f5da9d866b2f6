import { layoutFor } from '../kinds/table.ts';
import { badRequest } from '../contract/errors.ts';
import type { Core } from './core.ts';
import { metadataJson } from './list.ts';
import type { ServedResource, View } from './served-resource.ts';

export interface TableRequest {
  readonly core: Core;
  readonly resource: ServedResource;
  readonly views: readonly View[];
  /** JSON text. */
  readonly metadata: string;
  /** `Metadata` (the default), `Object` or `None`. */
  readonly include: string | null;
  /** False in all but the first event of a watch. */
  readonly hasColumns?: boolean;
}

/** The JSON text of a Table. */
export function tableJson({ core, resource, views, metadata, include, hasColumns = true }: TableRequest): string {
  const layout = layoutFor(resource);
  const now = core.clock.now();
  const rows = views.map(
    (view) =>
      `{"cells":${JSON.stringify(layout.cells(view.object, now))},"object":${included(view, include, resource)}}`,
  );
  const columns = hasColumns ? JSON.stringify(layout.columns) : 'null';
  return `{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":${metadata},"columnDefinitions":${columns},"rows":[${rows.join(',')}]}`;
}

function included(view: View, include: string | null, resource: ServedResource): string {
  switch (include) {
    case null:
    case '':
    case 'Metadata':
      return metadataJson(view, resource);
    case 'Object':
      return view.json;
    case 'None':
      return 'null';
    default:
      throw badRequest(`unrecognized includeObject value: ${include}; use None, Metadata or Object`);
  }
}
