import type { KubeObject } from '../../../machinery/src/meta.ts';
import { child, fill, isRecord, recordOf, sameJson, stringOf, type JsonRecord } from '../contract/json.ts';
import { forbidden, immutableText, invalid, required, tooLong } from '../contract/problems.ts';
import type { FieldProblem, KindStrategy } from '../contract/strategy.ts';
import { configMapKey } from '../text/syntax.ts';

const mebibyte = 1024 * 1024;

export const configMap: KindStrategy = {
  validate(object) {
    const data = recordOf(object['data']);
    const binary = recordOf(object['binaryData']);
    const problems: FieldProblem[] = [];
    for (const key of Object.keys(data)) {
      problems.push(...keyProblems('data', key));
      if (Object.hasOwn(binary, key)) {
        problems.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
      }
    }
    for (const key of Object.keys(binary)) problems.push(...keyProblems('binaryData', key));
    const bytes = textBytes(data) + binaryBytes(binary);
    return bytes > mebibyte ? [...problems, tooLong('', mebibyte)] : problems;
  },
  validateUpdate: (object, old) => immutableData(object, old, ['data', 'binaryData']),
};

export const secret: KindStrategy = {
  default(object) {
    if (isRecord(object['stringData'])) {
      const data = child(object, 'data');
      for (const [key, text] of Object.entries(object['stringData'])) {
        data[key] = Buffer.from(stringOf(text)).toString('base64');
      }
    }
    delete object['stringData'];
    fill(object, { type: 'Opaque' });
    if (object['type'] === '') object['type'] = 'Opaque';
  },
  validate(object) {
    const data = recordOf(object['data']);
    const problems = Object.keys(data).flatMap((key) => keyProblems('data', key));
    if (binaryBytes(data) > mebibyte) problems.push(tooLong('data', mebibyte));
    return [...problems, ...typedSecretProblems(object, data)];
  },
  validateUpdate(object, old) {
    const problems: FieldProblem[] = [];
    if (object['type'] !== old['type']) problems.push(invalid('type', object['type'], immutableText));
    return [...problems, ...immutableData(object, old, ['data'])];
  },
};

function keyProblems(field: string, key: string): FieldProblem[] {
  return configMapKey(key).map((text) => invalid(`${field}[${key}]`, key, text));
}

function immutableData(object: KubeObject, old: KubeObject, keys: readonly string[]): FieldProblem[] {
  if (old['immutable'] !== true) return [];
  const text = 'field is immutable when `immutable` is set';
  const problems = object['immutable'] === true ? [] : [forbidden('immutable', text)];
  for (const key of keys) {
    if (!sameJson(object[key] ?? {}, old[key] ?? {})) problems.push(forbidden(key, text));
  }
  return problems;
}

function typedSecretProblems(object: KubeObject, data: JsonRecord): FieldProblem[] {
  const missing = (...keys: string[]) =>
    keys.filter((key) => !Object.hasOwn(data, key)).map((key) => required(`data[${key}]`));
  switch (object['type']) {
    case 'kubernetes.io/tls':
      return missing('tls.crt', 'tls.key');
    case 'kubernetes.io/dockercfg':
      return [...missing('.dockercfg'), ...jsonProblems(data, '.dockercfg')];
    case 'kubernetes.io/dockerconfigjson':
      return [...missing('.dockerconfigjson'), ...jsonProblems(data, '.dockerconfigjson')];
    case 'kubernetes.io/basic-auth':
      if (Object.hasOwn(data, 'username') || Object.hasOwn(data, 'password')) return [];
      return [required('data[username]'), required('data[password]')];
    case 'kubernetes.io/ssh-auth':
      return missing('ssh-privatekey');
    case 'kubernetes.io/service-account-token': {
      const name = 'kubernetes.io/service-account.name';
      return object.metadata.annotations?.[name] ? [] : [required(`metadata.annotations[${name}]`)];
    }
    default:
      return [];
  }
}

function jsonProblems(data: JsonRecord, key: string): FieldProblem[] {
  if (!Object.hasOwn(data, key)) return [];
  try {
    JSON.parse(Buffer.from(stringOf(data[key]), 'base64').toString());
    return [];
  } catch {
    return [invalid(`data[${key}]`, '<secret contents redacted>', 'invalid character in the JSON text')];
  }
}

function textBytes(data: JsonRecord): number {
  return Object.values(data).reduce((sum: number, text) => sum + Buffer.byteLength(stringOf(text)), 0);
}

function binaryBytes(data: JsonRecord): number {
  return Object.values(data).reduce((sum: number, text) => sum + Buffer.byteLength(stringOf(text), 'base64'), 0);
}
