import { recordOf, type JsonRecord } from '../contract/json.ts';
import { invalid } from '../contract/problems.ts';
import { parseQuantity } from '../text/quantity.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import { qualifiedName } from '../text/syntax.ts';

const plain = new Set(['cpu', 'memory', 'ephemeral-storage', 'storage']);

/** Of a container: no negative quantity, no request above its limit, names with a domain. */
export function resourceProblems(resources: JsonRecord, field: string): FieldProblem[] {
  const limits = recordOf(resources['limits']);
  const requests = recordOf(resources['requests']);
  return [
    ...Object.entries(limits).flatMap(([name, value]) => amountProblems(name, value, `${field}.limits`)),
    ...Object.entries(requests).flatMap(([name, value]) => [
      ...amountProblems(name, value, `${field}.requests`),
      ...overLimit(name, value, limits[name], `${field}.requests`),
    ]),
  ];
}

function amountProblems(name: string, value: unknown, field: string): FieldProblem[] {
  const problems = resourceNameProblems(name, field);
  const nano = amount(value);
  if (nano !== undefined && nano < 0n) {
    problems.push(invalid(`${field}[${name}]`, value, 'must be greater than or equal to 0'));
  }
  if (nano !== undefined && name.includes('/') && nano % 1_000_000_000n !== 0n) {
    problems.push(invalid(`${field}[${name}]`, value, 'must be an integer'));
  }
  return problems;
}

function resourceNameProblems(name: string, field: string): FieldProblem[] {
  const problems = qualifiedName(name).map((text) => invalid(field, name, text));
  if (problems.length > 0 || name.includes('/') || plain.has(name) || name.startsWith('hugepages-')) return problems;
  return [invalid(field, name, 'must be a standard resource type or fully qualified')];
}

function overLimit(name: string, request: unknown, limit: unknown, field: string): FieldProblem[] {
  const wanted = amount(request);
  const most = amount(limit);
  if (wanted === undefined || most === undefined) return [];
  if (name.includes('/') && wanted !== most) {
    return [invalid(field, request, `must be equal to ${name} limit of ${String(limit)}`)];
  }
  return wanted > most
    ? [invalid(field, request, `must be less than or equal to ${name} limit of ${String(limit)}`)]
    : [];
}

function amount(value: unknown): bigint | undefined {
  return typeof value === 'string' || typeof value === 'number' ? parseQuantity(value)?.nano : undefined;
}
