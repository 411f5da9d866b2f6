import { isRecord, stringOf, type JsonRecord } from '../contract/json.ts';
import { invalid, required } from '../contract/problems.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import { portNumber } from '../text/syntax.ts';

/** A webhook's address: a URL or a Service, not both. */
export function clientConfigProblems(client: JsonRecord, field: string): FieldProblem[] {
  const url = client['url'];
  const { service } = client;
  if ((url === undefined) === !isRecord(service)) return [required(field, 'exactly one of url or service is required')];
  if (isRecord(service)) return serviceProblems(service, `${field}.service`);
  return urlProblems(stringOf(url)).map((text) => invalid(`${field}.url`, url, text));
}

function serviceProblems(service: JsonRecord, field: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (stringOf(service['name']) === '') problems.push(required(`${field}.name`, 'service name is required'));
  if (stringOf(service['namespace']) === '') {
    problems.push(required(`${field}.namespace`, 'service namespace is required'));
  }
  const port = Number(service['port'] ?? 443);
  if (portNumber(port).length > 0) {
    problems.push(invalid(`${field}.port`, port, 'port is not valid: must be between 1 and 65535, inclusive'));
  }
  const path = stringOf(service['path']);
  if (path !== '' && !path.startsWith('/')) {
    problems.push(invalid(`${field}.path`, path, "must start with a '/'"));
  }
  return problems;
}

const form = 'desired format: https://host[/path]';

function urlProblems(text: string): string[] {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return [`url must be a valid URL: cannot be parsed; ${form}`];
  }
  const found: string[] = [];
  if (url.protocol !== 'https:') found.push(`'https' is the only allowed URL scheme; ${form}`);
  if (url.hostname === '') found.push(`host must be specified; ${form}`);
  if (url.username !== '' || url.password !== '') found.push('user information is not permitted in the URL');
  if (url.hash !== '') found.push('fragments are not permitted in the URL');
  if (url.search !== '') found.push('query parameters are not permitted in the URL');
  return found;
}
