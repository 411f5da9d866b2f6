import type { Random } from '../../machinery/src/clock/clock.ts';

import {
  methods,
  collections,
  names,
  subresources,
  strangePaths,
  queries,
  contentTypes,
  patchTypes,
  accepts,
  scalars,
  keys,
  kinds,
} from './vocabulary.ts';

/** One request that a sane client would not send. */
export interface OddRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
  /** How the client treats the connection. */
  readonly manner: 'plain' | 'slow' | 'halfClosed';
}

type Value = unknown;

/** Draws odd requests; the same randomness gives the same requests. */
export class RequestSource {
  readonly #random: Random;
  #collection = '';

  constructor(random: Random) {
    this.#random = random;
  }

  next(): OddRequest {
    const method = this.#pick(methods);
    const path = this.#path(method);
    const hasBody = ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method) || this.#chance(0.05);
    const isPatch = method === 'PATCH' && this.#chance(0.9);
    const contentType = this.#pick(isPatch ? patchTypes : contentTypes);
    const headers = { ...this.#headers(), ...(hasBody && contentType !== '' && { 'content-type': contentType }) };
    const roll = this.#random();
    const manner = roll < 0.01 ? 'slow' : roll < 0.02 ? 'halfClosed' : 'plain';
    return { method, path, headers, body: hasBody ? this.#body(isPatch, contentType) : undefined, manner };
  }

  #path(method: string): string {
    const query = this.#pick(queries);
    const suffix = query === '' ? '' : `?${query}`;
    if (this.#chance(0.12)) return this.#pick(strangePaths);
    let path = this.#pick(collections);
    this.#collection = path;
    const isNamed = method === 'POST' ? 0.15 : method === 'GET' ? 0.5 : 0.92;
    if (this.#chance(isNamed))
      path += `/${this.#chance(0.7) ? this.#pick(['a', 'fuzz', 'widgets.fuzz.example']) : this.#pick(names)}`;
    if (this.#chance(0.15)) path += `/${this.#pick(subresources)}`;
    if (this.#chance(0.05)) path = path.replace('/v1', this.#pick(['/v9', '/__proto__', '/v1beta1', '']));
    return path + suffix;
  }

  #headers(): Record<string, string> {
    const headers: Record<string, string> = { accept: this.#pick(accepts) };
    if (this.#chance(0.03))
      headers['authorization'] = this.#pick([
        'Bearer x',
        'Bearer',
        'Basic YTpi',
        'Bearer a.b.c',
        `Bearer ${'e'.repeat(5000)}`,
      ]);
    if (this.#chance(0.03))
      headers['impersonate-user'] = this.#pick(['system:anonymous', '', 'system:serviceaccount:a:b', '__proto__']);
    if (this.#chance(0.02)) headers['impersonate-group'] = 'x';
    if (this.#chance(0.03)) headers['content-encoding'] = this.#pick(['gzip', 'br', 'zip']);
    if (this.#chance(0.03)) headers['accept-encoding'] = this.#pick(['gzip', 'x', '*']);
    if (this.#chance(0.02))
      headers['user-agent'] = this.#pick(['', '/', 'ä'.repeat(3).replace(/ä/g, '\u00e4'), 'u'.repeat(3000)]);
    if (this.#chance(0.02)) headers['if-match'] = '"x"';
    if (this.#chance(0.02)) headers['expect'] = '100-continue';
    if (this.#chance(0.01)) headers['upgrade'] = 'SPDY/3.1';
    if (this.#chance(0.01)) headers['x-long'] = 'l'.repeat(30_000);
    return headers;
  }

  #body(isPatch: boolean, contentType: string): string | Buffer {
    const roll = this.#random();
    if (roll < 0.04)
      return this.#pick([
        '',
        'null',
        '[]',
        '"x"',
        '1',
        '{',
        '{"a":',
        '\u0000',
        '{"a":1}}',
        'true',
        '[[',
        '{"metadata":{"name":"a","name":"b"}}',
      ]);
    if (roll < 0.06) return '['.repeat(this.#pick([300, 5000, 100_000]));
    if (roll < 0.08) return '{"a":'.repeat(200) + '1' + '}'.repeat(200);
    if (roll < 0.1) return Buffer.from(Array.from({ length: 200 }, () => Math.floor(this.#random() * 256)));
    if (roll < 0.102) return JSON.stringify({ data: { a: 'x'.repeat(4 * 1024 * 1024) } });
    if (roll < 0.12) return 'a: &a [x]\n' + Array.from({ length: 30 }, (_, i) => `b${i}: [*a, *a]`).join('\n');
    if (roll < 0.13)
      return (
        'a: &a [x,x,x,x,x,x,x,x,x]\n' +
        Array.from(
          { length: 12 },
          (_, i) =>
            `${String.fromCharCode(98 + i)}: &${String.fromCharCode(98 + i)} [${Array(9)
              .fill(`*${String.fromCharCode(97 + i)}`)
              .join(',')}]`,
        ).join('\n')
      );
    if (isPatch && contentType.includes('json-patch')) return JSON.stringify(this.#jsonPatch());
    const text = JSON.stringify(this.#object());
    const sneaky = this.#chance(0.1)
      ? text.replace('{', '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},')
      : text;
    return this.#chance(0.05) ? sneaky.slice(0, Math.floor(this.#random() * sneaky.length)) : sneaky;
  }

  #jsonPatch(): Value {
    const pointer = (): Value =>
      this.#pick([
        '/metadata/labels',
        '/metadata/name',
        '',
        '/',
        '/__proto__/polluted',
        '/constructor/prototype/polluted',
        '/data/a',
        '/spec/containers/-',
        '/spec/containers/99999999999',
        '/metadata/labels/~2',
        5,
        null,
        '/metadata/annotations/a~1b',
        '/spec/replicas',
        '/metadata/finalizers/0',
      ]);
    const step = (): Value => ({
      op: this.#pick(['add', 'remove', 'replace', 'move', 'copy', 'test', 'explode', 7, null]),
      path: pointer(),
      from: pointer(),
      value: this.#value(2),
    });
    return this.#chance(0.1) ? this.#value(2) : Array.from({ length: Math.floor(this.#random() * 4) }, step);
  }

  #object(): Value {
    const fitting = kinds.find(([, name]) => this.#collection.endsWith(`/${name.toLowerCase().replace(/y$/, 'ie')}s`));
    const [apiVersion, kind] = this.#chance(0.9) && fitting !== undefined ? fitting : this.#pick(kinds);
    const fields = [
      'spec',
      'data',
      'stringData',
      'status',
      'rules',
      'roleRef',
      'binaryData',
      'type',
      'immutable',
      'aggregationRule',
    ];
    const object: Record<string, Value> = {
      apiVersion: this.#chance(0.05) ? this.#value(1) : apiVersion,
      kind: this.#chance(0.05) ? this.#value(1) : kind,
      metadata: this.#metadata(),
    };
    for (let i = 0; i < 3; i++) object[this.#pick(fields)] = this.#value(4);
    return object;
  }

  #metadata(): Value {
    if (this.#chance(0.05)) return this.#value(1);
    const metadata: Record<string, Value> = {
      name: this.#chance(0.1)
        ? this.#value(1)
        : this.#pick(['a', 'fuzz', 'fuzz-2', 'widgets.fuzz.example', '__proto__', 'Not Valid']),
    };
    const others = [
      'labels',
      'annotations',
      'finalizers',
      'ownerReferences',
      'resourceVersion',
      'uid',
      'generateName',
      'namespace',
      'managedFields',
      'deletionTimestamp',
      'creationTimestamp',
      'generation',
    ];
    while (this.#chance(0.4)) metadata[this.#pick(others)] = this.#value(3);
    return metadata;
  }

  #value(depth: number): Value {
    const roll = this.#random();
    if (depth === 0 || roll < 0.3) return this.#pick(scalars);
    if (roll < 0.5) return Array.from({ length: Math.floor(this.#random() * 4) }, () => this.#value(depth - 1));
    const object = Object.create(null) as Record<string, Value>;
    const count = Math.floor(this.#random() * 5);
    for (let i = 0; i < count; i++) object[this.#pick(keys)] = this.#value(depth - 1);
    return object;
  }

  #pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.#random() * values.length)] as T;
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }
}
