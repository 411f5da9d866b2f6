import { deepEqual } from '../../../machinery/src/patch/equality.ts';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { at, isRecord, recordsOf, textOf, type JsonRecord } from '../contract/json.ts';
import { invalid, required, unsupported } from '../contract/problems.ts';
import type { FieldProblem } from '../contract/strategy.ts';

/** What is wrong with the columns, subresources, selectable fields and the conversion of a definition. */
export function featureProblems(spec: JsonRecord): FieldProblem[] {
  const preserves = spec['preserveUnknownFields'] === true;
  const text =
    'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
  return [
    ...(preserves ? [invalid('spec.preserveUnknownFields', true, text)] : []),
    ...perVersion(spec, 'additionalPrinterColumns', (value, field) =>
      recordsOf(value).flatMap((column, i) => columnProblems(column, `${field}[${i}]`)),
    ),
    ...perVersion(spec, 'subresources', (value, field) => {
      const scale = isRecord(value) ? value['scale'] : undefined;
      return isRecord(scale) ? scaleProblems(scale, `${field}.scale`) : [];
    }),
    ...perVersion(spec, 'selectableFields', (value, field, version) =>
      recordsOf(value).flatMap(({ jsonPath }, i) =>
        selectableProblems(textOf(jsonPath), `${field}[${i}].jsonPath`, version),
      ),
    ),
    ...conversionProblems(at(spec, 'conversion')),
  ];
}

type Check = (value: unknown, field: string, version: JsonRecord) => FieldProblem[];

/** What all versions have alike is reported where it once stood. */
function perVersion(spec: JsonRecord, key: string, check: Check): FieldProblem[] {
  const versions = recordsOf(spec['versions']);
  const [first] = versions;
  if (first === undefined) return [];
  const isShared = versions.every((version) => deepEqual(version[key], first[key]));
  if (isShared) return check(first[key], `spec.${key}`, first);
  return versions.flatMap((version, i) => check(version[key], `spec.versions[${i}].${key}`, version));
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

function columnProblems(column: JsonRecord, field: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const [name, type, format, path] = ['name', 'type', 'format', 'jsonPath'].map((key) => textOf(column[key]));
  if (name === '') problems.push(required(`${field}.name`));
  if (type === '') problems.push(required(`${field}.type`, `must be one of ${columnTypes.join(',')}`));
  else if (!columnTypes.includes(type ?? ''))
    problems.push(invalid(`${field}.type`, type, `must be one of ${columnTypes.join(',')}`));
  if (format !== '' && !columnFormats.includes(format ?? ''))
    problems.push(invalid(`${field}.format`, format, `must be one of ${columnFormats.join(',')}`));
  return [...problems, ...pathProblems(path ?? '', `${field}.JSONPath`)];
}

/** A path into an object: keys only. */
function pathProblems(path: string, field: string, prefix = ''): FieldProblem[] {
  if (path === '') return [required(field)];
  if (!path.startsWith('.')) return [invalid(field, path, 'must be a simple json path starting with .')];
  if (prefix !== '' && !path.startsWith(`${prefix}.`))
    return [invalid(field, path, `should be a json path under ${prefix}`)];
  return [];
}

function scaleProblems(scale: JsonRecord, field: string): FieldProblem[] {
  const selector = textOf(scale['labelSelectorPath']);
  const isPlaced = selector === '' || /^\.(spec|status)\./.test(selector);
  return [
    ...pathProblems(textOf(scale['specReplicasPath']), `${field}.specReplicasPath`, '.spec'),
    ...pathProblems(textOf(scale['statusReplicasPath']), `${field}.statusReplicasPath`, '.status'),
    ...(isPlaced ? [] : pathProblems(selector, `${field}.labelSelectorPath`)),
    ...(isPlaced || !selector.startsWith('.')
      ? []
      : [invalid(`${field}.labelSelectorPath`, selector, 'should be a json path under either .spec or .status')]),
  ];
}

const selectableTypes = ['string', 'boolean', 'integer'];

function selectableProblems(path: string, field: string, version: JsonRecord): FieldProblem[] {
  if (path === '') return [required(field)];
  let schema = at(version, 'schema')['openAPIV3Schema'] as Schema | undefined;
  for (const key of path.split('.').slice(1)) schema = schema?.properties?.[key];
  if (schema === undefined) return [invalid(field, path, 'is an invalid path: does not refer to a valid field')];
  if (selectableTypes.includes(schema.type ?? '')) return [];
  const text =
    'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
  return [invalid(field, path, text)];
}

const strategies = ['None', 'Webhook'];

function conversionProblems(conversion: JsonRecord): FieldProblem[] {
  const strategy = textOf(conversion['strategy']);
  const field = 'spec.conversion';
  if (strategy === '') return [required(`${field}.strategy`)];
  if (!strategies.includes(strategy)) return [unsupported(`${field}.strategy`, strategy, strategies)];
  if (strategy !== 'Webhook') return [];
  const webhook = at(conversion, 'webhook');
  const versions: unknown[] = Array.isArray(webhook['conversionReviewVersions'])
    ? webhook['conversionReviewVersions']
    : [];
  return [
    ...(isRecord(webhook['clientConfig'])
      ? []
      : [required(`${field}.webhookClientConfig`, 'required when strategy is set to Webhook')]),
    ...(versions.length > 0 ? [] : [required(`${field}.conversionReviewVersions`)]),
  ];
}
