import type { Environment } from '@marcbachmann/cel-js';
import { registerOwnType } from './own-type.ts';

interface Parts {
  readonly scheme: string;
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  readonly path: string;
  readonly query: string;
}

class CelUrl {
  readonly text: string;
  readonly parts: Parts;

  constructor(text: string, parts: Parts) {
    this.text = text;
    this.parts = parts;
  }
}

const form = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/(?:[^/?@]*@)?([^/?]*))?([^?]*)(?:\?(.*))?$/s;
const authority = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/;

/** An absolute URL or an absolute path, as in the first line of an HTTP request; its parts stay as they are written. */
function parse(text: string): Parts | undefined {
  const match = hasControlCharacter(text) ? null : form.exec(text);
  if (match === null) return undefined;
  const [, scheme = '', host = '', path = '', query = ''] = match;
  if (scheme === '' && !text.startsWith('/')) return undefined;
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) return undefined;
  const [, name = '', port = ''] = authority.exec(host) ?? [];
  if (host !== '' && (name === '' || host.includes(' ')) && port === '') return undefined;
  const hostname = name.replace(/^\[|\]$/g, '');
  return { scheme: scheme.toLowerCase(), host, hostname, port, path: encodeURI(decodedOnce(path)), query };
}

function hasControlCharacter(text: string): boolean {
  return Array.from(text).some((character) => character < ' ' || character === '\u007f');
}

/** So that what is escaped already is not escaped twice. */
function decodedOnce(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

/** URLs: `url("https://example.com:80/x").getHost()`. */
export function registerUrls(environment: Environment): void {
  const type = 'kubernetes.URL';
  const method = registerOwnType(environment, type, CelUrl);
  environment
    .registerFunction(`url(string): ${type}`, (text: string) => {
      const parts = parse(text);
      if (!parts)
        throw new Error(
          `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
        );
      return new CelUrl(text, parts);
    })
    .registerFunction('isURL(string): bool', (text: string) => parse(text) !== undefined)
    .registerOperator(`${type} == ${type}`, (a: CelUrl, b: CelUrl) => a.text === b.text);
  method('getScheme(): string', ({ parts }) => parts.scheme);
  method('getHost(): string', ({ parts }) => parts.host);
  method('getHostname(): string', ({ parts }) => parts.hostname);
  method('getPort(): string', ({ parts }) => parts.port);
  method('getEscapedPath(): string', ({ parts }) => parts.path);
  method('getQuery(): map', ({ parts }) => {
    const query = new URLSearchParams(parts.query);
    return Object.fromEntries([...new Set(query.keys())].map((key) => [key, query.getAll(key)]));
  });
}
