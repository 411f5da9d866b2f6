import { notAcceptable, unknownMediaType } from '../contract/errors.ts';

/** How an answer is to be written. */
export interface Format {
  readonly as: 'object' | 'table' | 'metadata' | 'discovery';
  readonly isYaml: boolean;
  /** The type to answer with. */
  readonly contentType: string;
}

const json = 'application/json';
const plain: Format = { as: 'object', isYaml: false, contentType: json };
const yaml: Format = { as: 'object', isYaml: true, contentType: 'application/yaml' };

const served = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

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
  /** Whether the answer is a list, which cannot become the metadata of one object. */
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
  throw isKnown ? notAcceptable(served) : unknownMediaType(served);
}

function formatFor({ type, parameters }: Range, offer: Offer): Format | undefined {
  if (type === '*/*' || type === 'application/*') return plain;
  const isYaml = type === 'application/yaml';
  if (type !== json && !isYaml) return undefined;
  const { as, g, v } = parameters;
  if (as === undefined) return isYaml ? yaml : plain;
  if (!offer.hasViews || g !== 'meta.k8s.io' || v !== 'v1') return undefined;
  const contentType = isYaml ? 'application/yaml' : json;
  if (as === 'Table') return { as: 'table', isYaml, contentType };
  const wanted = offer.isList ? 'PartialObjectMetadataList' : 'PartialObjectMetadata';
  return as === wanted ? { as: 'metadata', isYaml, contentType } : undefined;
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
