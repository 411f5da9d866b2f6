import { isRecord, stringOf, type JsonRecord } from '../contract/json.ts';
import { forbidden, invalid, required, unsupported } from '../contract/problems.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import { portName, portNumber } from '../text/syntax.ts';

const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'];

export function probeProblems(container: JsonRecord, field: string): FieldProblem[] {
  return ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((name) => {
    const probe = container[name];
    if (!isRecord(probe)) return [];
    const at = `${field}.${name}`;
    const successes = Number(probe['successThreshold'] ?? 1);
    return [
      ...handlerProblems(probe, at),
      ...['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'].flatMap(
        (key) => nonNegative(probe[key], `${at}.${key}`),
      ),
      ...(name !== 'readinessProbe' && successes !== 1
        ? [invalid(`${at}.successThreshold`, successes, 'must be 1')]
        : []),
    ];
  });
}

/** Exactly one handler, and that one complete. */
export function handlerProblems(handler: JsonRecord, field: string): FieldProblem[] {
  const given = handlers.filter((name) => isRecord(handler[name]));
  if (given.length === 0) return [required(field, 'must specify a handler type')];
  return given.flatMap((name, i) => {
    if (i > 0) return [forbidden(`${field}.${name}`, 'may not specify more than 1 handler type')];
    return oneHandler(name, handler[name] as JsonRecord, `${field}.${name}`);
  });
}

function oneHandler(name: string, handler: JsonRecord, field: string): FieldProblem[] {
  switch (name) {
    case 'exec':
      return Array.isArray(handler['command']) && handler['command'].length > 0 ? [] : [required(`${field}.command`)];
    case 'httpGet': {
      const problems = stringOf(handler['path']) === '' ? [required(`${field}.path`)] : [];
      problems.push(...portProblems(handler['port'], `${field}.port`));
      const scheme = handler['scheme'];
      if (scheme !== 'HTTP' && scheme !== 'HTTPS') {
        problems.push(unsupported(`${field}.scheme`, scheme, ['HTTP', 'HTTPS']));
      }
      return problems;
    }
    case 'tcpSocket':
    case 'grpc':
      return portProblems(handler['port'], `${field}.port`);
    default:
      return [];
  }
}

function portProblems(port: unknown, field: string): FieldProblem[] {
  const texts = typeof port === 'string' ? portName(port) : portNumber(Number(port ?? 0));
  return texts.map((text) => invalid(field, port ?? 0, text));
}

export function nonNegative(value: unknown, field: string): FieldProblem[] {
  return typeof value === 'number' && value < 0 ? [invalid(field, value, 'must be greater than or equal to 0')] : [];
}
