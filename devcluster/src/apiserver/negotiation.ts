import { notAcceptable, notAcceptableView, unknownMediaType } from '../contract/errors.ts';

/** How an answer is to be written. */
export interface Format {
  readonly as: 'object' | 'table' | 'metadata' | 'metadataList' | 'discovery';
  /** Version of meta.k8s.io that a table or metadata is written in. */
  readonly metaVersion?: 'v1' | 'v1beta1';
  readonly isYaml: boolean;
  /** The type to answer with. */
  readonly contentType: string;
}

const json = 'application/json';
const plain: Format = { as: 'object', isYaml: false, contentType: json };
const yaml: Format = { as: 'object', isYaml: true, contentType: 'application/yaml' };

const served = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const streamed = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];

interface Range {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly quality: number;
}

function parseAccept(header: string): Range[] {
  const ranges = header.split(',').map((part) => {
    const [type = '', ...rest] = part.split(';').map((text) => text.trim());
    const parameters: Record<string, string> = {};
    for (const text of rest) {
      const equals = text.indexOf('=');
      if (equals > 0) parameters[text.slice(0, equals)] = text.slice(equals + 1);
    }
    return { type, parameters, quality: Number(parameters['q'] ?? 1) };
  });
  return ranges.sort((a, b) => b.quality - a.quality);
}

export interface Offer {
  /** Whether the answer is that of a collection, which can also be watched. */
  readonly isList: boolean;
  readonly hasViews: boolean;
}

/** The first acceptable format; undefined header means JSON. Throws NotAcceptable. */
export function negotiate(accept: string | undefined, offer: Offer): Format {
  if (accept === undefined || accept === json || accept === '*/*' || accept === '') return plain;
  for (const range of parseAccept(accept)) {
    const format = formatFor(range, offer);
    if (format !== undefined) return format;
  }
  const isKnown = parseAccept(accept).some(({ type }) => served.includes(type));
  throw isKnown ? notAcceptable(served) : unknownMediaType(offer.isList ? [...served, ...streamed] : served);
}

function formatFor({ type, parameters }: Range, offer: Offer): Format | undefined {
  if (type === '*/*') return plain;
  const isYaml = type === 'application/yaml';
  if (type !== json && !isYaml) return undefined;
  const { as, g, v } = parameters;
  if (as === undefined) return isYaml ? yaml : plain;
  if (!offer.hasViews || g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) return undefined;
  const view = Object.hasOwn(views, as) ? views[as as keyof typeof views] : undefined;
  return view && { as: view, isYaml, contentType: isYaml ? 'application/yaml' : json, metaVersion: v };
}

const views = {
  Table: 'table',
  PartialObjectMetadata: 'metadata',
  PartialObjectMetadataList: 'metadataList',
} as const;

interface Kind {
  readonly group: string;
  readonly kind: string;
  readonly custom?: unknown;
}

/** Throws NotAcceptable when one object is to become the metadata of a list, or a list that of one object. */
export function checkView({ as }: Format, isList: boolean, { group, kind, custom }: Kind): void {
  if (as !== (isList ? 'metadata' : 'metadataList')) return;
  const suffix = isList ? 'List' : '';
  const [own = ''] = (group === '' || group === 'events.k8s.io' ? 'core' : group).split('.');
  const type = custom === undefined ? `*${own}.${kind}${suffix}` : `*unstructured.Unstructured${suffix}`;
  const [wanted, is] = isList ? ['PartialObjectMetadata', 'is a list'] : ['PartialObjectMetadataList', 'is not a list'];
  throw notAcceptableView(`you requested ${wanted}, but the requested object ${is} (${type})`);
}

const writtenVersion = '"apiVersion":"meta.k8s.io/v1"';

/** The text of a table or of metadata in the version that was asked for. */
export function inVersion(text: string, { metaVersion }: Format): string {
  return metaVersion === 'v1beta1' ? text.replaceAll(writtenVersion, '"apiVersion":"meta.k8s.io/v1beta1"') : text;
}

/** Whether the client asks for aggregated discovery before plain JSON. */
export function acceptsAggregated(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  for (const { type, parameters } of parseAccept(accept)) {
    if (type !== json) continue;
    if (parameters['as'] === undefined) return false;
    if (parameters['g'] === 'apidiscovery.k8s.io' && parameters['v'] === 'v2') return true;
  }
  return false;
}
