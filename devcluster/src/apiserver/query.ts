import type { FieldProblem } from '../contract/strategy.ts';
import { badRequest, invalid, unreadableVersion } from '../contract/errors.ts';
import type { FieldValidation } from './write-context.ts';

/** The options of a list or watch. */
export interface ListQuery {
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
  readonly resourceVersion: string | undefined;
  readonly resourceVersionMatch: string | undefined;
  readonly limit: number;
  readonly continueToken: string | undefined;
  readonly isWatch: boolean;
  readonly allowsBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  readonly timeoutSeconds: number | undefined;
}

/** Reads and checks ListOptions. Throws Invalid for combinations that make no sense. */
export function parseListQuery(query: URLSearchParams, isWatchPath: boolean): ListQuery {
  const parsed: ListQuery = {
    labelSelector: query.get('labelSelector') ?? undefined,
    fieldSelector: query.get('fieldSelector') ?? undefined,
    resourceVersion: given(query, 'resourceVersion'),
    resourceVersionMatch: given(query, 'resourceVersionMatch'),
    limit: number(query, 'limit') ?? 0,
    continueToken: given(query, 'continue'),
    isWatch: isWatchPath || flag(query, 'watch') === true,
    allowsBookmarks: flag(query, 'allowWatchBookmarks') === true,
    sendInitialEvents: flag(query, 'sendInitialEvents'),
    timeoutSeconds: number(query, 'timeoutSeconds'),
  };
  const problems = parsed.isWatch ? watchProblems(parsed) : listProblems(parsed);
  if (problems.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', problems);
  const { resourceVersion } = parsed;
  if (resourceVersion !== undefined && !/^\d+$/.test(resourceVersion)) {
    throw parsed.isWatch
      ? unreadableVersion(resourceVersion)
      : badRequest(
          `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(resourceVersion)}: strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`,
        );
  }
  return parsed;
}

function given(query: URLSearchParams, key: string): string | undefined {
  const value = query.get(key);
  return value === null || value === '' ? undefined : value;
}

function number(query: URLSearchParams, key: string): number | undefined {
  const value = given(query, key);
  if (value === undefined) return undefined;
  return parseInt64(value);
}

/** A whole number of 64 bits as Go reads it. Throws BadRequest. */
export function parseInt64(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = BigInt(text.replace('+', ''));
  if (BigInt.asIntN(64, value) !== value)
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  return Number(value);
}

/** A flag that is given is set, unless it says `false` or `0`. */
export function flag(query: URLSearchParams, key: string): boolean | undefined {
  const value = query.get(key);
  if (value === null) return undefined;
  return value.toLowerCase() !== 'false' && value !== '0';
}

const forbiddenMatch = (text: string): FieldProblem => ({
  reason: 'FieldValueForbidden',
  field: 'resourceVersionMatch',
  message: `Forbidden: ${text}`,
});

function listProblems(query: ListQuery): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { resourceVersionMatch: match, resourceVersion, continueToken } = query;
  if (query.sendInitialEvents !== undefined) {
    problems.push({
      reason: 'FieldValueForbidden',
      field: 'sendInitialEvents',
      message: 'Forbidden: sendInitialEvents is forbidden for list',
    });
  }
  if (match === undefined) return problems;
  if (resourceVersion === undefined) {
    problems.push(forbiddenMatch('resourceVersionMatch is forbidden unless resourceVersion is provided'));
  }
  if (continueToken !== undefined) {
    problems.push(forbiddenMatch('resourceVersionMatch is forbidden when continue is provided'));
  }
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    problems.push({
      reason: 'FieldValueNotSupported',
      field: 'resourceVersionMatch',
      message: `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan", ""`,
    });
  }
  if (match === 'Exact' && resourceVersion === '0') {
    problems.push(forbiddenMatch('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  return problems;
}

function watchProblems({ sendInitialEvents, resourceVersionMatch: match, continueToken }: ListQuery): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    problems.push(forbiddenMatch('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  }
  if (match === undefined) return problems;
  if (sendInitialEvents === undefined) {
    problems.push(forbiddenMatch('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
  }
  if (match !== 'NotOlderThan') {
    problems.push({
      reason: 'FieldValueNotSupported',
      field: 'resourceVersionMatch',
      message: `Unsupported value: "${match}": supported values: "NotOlderThan"`,
    });
  }
  if (continueToken !== undefined) {
    problems.push(forbiddenMatch('resourceVersionMatch is forbidden when continue is provided'));
  }
  return problems;
}

/** The options of a write. */
export interface WriteQuery {
  readonly dryRun: boolean;
  readonly fieldManager: string | undefined;
  readonly fieldValidation: FieldValidation;
  readonly force: boolean;
}

const validations = ['', 'Ignore', 'Strict', 'Warn'];

/** Reads and checks the options that all writes share; `kind` is that of the options, such as CreateOptions. */
export function parseWriteQuery(query: URLSearchParams, kind: string, isApply = false): WriteQuery {
  const problems: FieldProblem[] = [];
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  if (dryRun.some((value) => value !== 'All')) {
    const message = `Unsupported value: ${JSON.stringify(dryRun)}: supported values: "All"`;
    problems.push({ reason: 'FieldValueNotSupported', field: 'dryRun', message });
  }
  const fieldManager = given(query, 'fieldManager');
  problems.push(...managerProblems(fieldManager, isApply));
  const force = query.get('force');
  if (!isApply && force !== null && kind === 'PatchOptions') {
    const message = 'Forbidden: may not be specified for non-apply patch';
    problems.push({ reason: 'FieldValueForbidden', field: 'force', message });
  }
  const validation = query.get('fieldValidation') ?? '';
  if (!validations.includes(validation)) {
    const supported = validations.map((value) => `"${value}"`).join(', ');
    const message = `Unsupported value: "${validation}": supported values: ${supported}`;
    problems.push({ reason: 'FieldValueNotSupported', field: 'fieldValidation', message });
  }
  if (problems.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', problems);
  const fieldValidation = validation === '' ? 'Warn' : (validation as FieldValidation);
  return { dryRun: dryRun.length > 0, fieldManager, fieldValidation, force: force === 'true' || force === '1' };
}

const longestManager = 128;

function managerProblems(manager: string | undefined, isApply: boolean): FieldProblem[] {
  if (manager === undefined) {
    if (!isApply) return [];
    return [
      { reason: 'FieldValueRequired', field: 'fieldManager', message: 'Required value: is required for apply patch' },
    ];
  }
  const problems: FieldProblem[] = [];
  if (Buffer.byteLength(manager) > longestManager) {
    const message = `Too long: may not be more than ${longestManager} bytes`;
    problems.push({ reason: 'FieldValueTooLong', field: 'fieldManager', message });
  }
  let position = 0;
  for (const character of manager) {
    if (!printable.test(character)) problems.push(unprintable(manager, character, position));
    position += Buffer.byteLength(character);
  }
  return problems;
}

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

function unprintable(manager: string, character: string, position: number): FieldProblem {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const message = `Invalid value: ${JSON.stringify(manager)}: invalid character U+${code} (at position ${position})`;
  return { reason: 'FieldValueInvalid', field: 'fieldManager', message };
}
