// Escaping and parsing of URLs as Go's net/url.
import { BuiltinError } from './api.ts';
import { fail } from './define.ts';
import { isPrintable, quote } from './quote.ts';
import { fromUtf8, utf8 } from './text.ts';

const UNRESERVED = /^[a-zA-Z0-9\-_.~]$/;

/** Everything is escaped but letters, digits, `-_.~` and the characters that are kept. */
export function escapeUrl(s: string, kept: string, isPlusSpace = false): string {
  let result = '';
  for (const byte of utf8(s)) {
    const c = String.fromCharCode(byte);
    if (isPlusSpace && c === ' ') result += '+';
    else if (UNRESERVED.test(c) || kept.includes(c)) result += c;
    else result += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return result;
}

export function unescapeUrl(s: string, isPlusSpace: boolean): string | BuiltinError {
  const source = utf8(s);
  const bytes: number[] = [];
  for (let i = 0; i < source.length; i++) {
    const byte = source[i] ?? 0;
    if (byte !== 0x25) {
      bytes.push(isPlusSpace && byte === 0x2b ? 0x20 : byte);
      continue;
    }
    const digits = String.fromCharCode(...source.slice(i + 1, i + 3));
    if (!/^[0-9a-fA-F]{2}$/.test(digits)) return fail(`invalid URL escape ${quote(`%${digits}`, isPrintable)}`);
    bytes.push(Number.parseInt(digits, 16));
    i += 2;
  }
  return fromUtf8(Uint8Array.from(bytes));
}

/** The scheme of a URL, empty when it has none, or why the text is no URL. */
export function parseUrl(s: string): string | BuiltinError {
  const error = (why: string): BuiltinError => fail(`parse ${quote(s, isPrintable)}: ${why}`);
  const hash = s.indexOf('#');
  const [main, fragment] = hash < 0 ? [s, ''] : [s.slice(0, hash), s.slice(hash + 1)];
  if (hasControl(main)) return error('net/url: invalid control character in URL');
  if (main === '' && hash < 0) return s === '' ? '' : error('empty url');
  if (main === '*') return '';
  const scheme = schemeOf(main);
  if (scheme === undefined) return error('missing protocol scheme');
  const why = problemOf(scheme === '' ? main : main.slice(scheme.length + 1), scheme) ?? badEscape(fragment);
  return why === undefined ? scheme : error(why);
}

function hasControl(s: string): boolean {
  return Array.from(s).some((c) => c < ' ' || c === '\u007f');
}

/** Empty when there is none, undefined when the text begins with a colon. */
function schemeOf(s: string): string | undefined {
  for (let i = 0; i < s.length; i++) {
    const c = s.charAt(i);
    if (/^[a-zA-Z]$/.test(c)) continue;
    if (/^[0-9+\-.]$/.test(c)) {
      if (i === 0) return '';
      continue;
    }
    if (c !== ':') return '';
    return i === 0 ? undefined : s.slice(0, i);
  }
  return '';
}

function problemOf(afterScheme: string, scheme: string): string | undefined {
  const question = afterScheme.indexOf('?');
  let rest = question < 0 ? afterScheme : afterScheme.slice(0, question);
  if (!rest.startsWith('/')) {
    if (scheme !== '') return undefined; // opaque
    const [segment = ''] = rest.split('/');
    if (segment.includes(':')) return 'first path segment in URL cannot contain colon';
  }
  if (rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'))) {
    const slash = rest.indexOf('/', 2);
    const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
    rest = slash < 0 ? '' : rest.slice(slash);
    const problem = authorityProblem(authority);
    if (problem !== undefined) return problem;
  }
  return badEscape(rest);
}

function badEscape(s: string): string | undefined {
  const unescaped = unescapeUrl(s, false);
  return unescaped instanceof BuiltinError ? unescaped.message : undefined;
}

function authorityProblem(authority: string): string | undefined {
  const at = authority.lastIndexOf('@');
  if (at >= 0) {
    const userinfo = authority.slice(0, at);
    if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(userinfo)) return 'net/url: invalid userinfo';
    const problem = badEscape(userinfo);
    if (problem !== undefined) return problem;
  }
  return hostProblem(authority.slice(at + 1));
}

function hostProblem(host: string): string | undefined {
  if (host.startsWith('[')) {
    const end = host.lastIndexOf(']');
    if (end < 0) return "missing ']' in host";
    return portProblem(host.slice(end + 1)) ?? hostEscapeProblem(host.slice(0, end));
  }
  const colon = host.lastIndexOf(':');
  if (colon >= 0) {
    const problem = portProblem(host.slice(colon));
    if (problem !== undefined) return problem;
  }
  return hostEscapeProblem(host);
}

function portProblem(port: string): string | undefined {
  return port === '' || /^:[0-9]*$/.test(port) ? undefined : `invalid port ${quote(port, isPrintable)} after host`;
}

/** In a host, only bytes that are no ASCII may be escaped. */
function hostEscapeProblem(host: string): string | undefined {
  for (let i = 0; i < host.length; i++) {
    const c = host.charAt(i);
    if (c === '%') {
      const digits = host.slice(i + 1, i + 3);
      const isRight = /^[0-9a-fA-F]{2}$/.test(digits) && (Number.parseInt(digits, 16) >= 0x80 || digits === '25');
      if (!isRight) return `invalid URL escape ${quote(`%${digits}`, isPrintable)}`;
      i += 2;
    } else if (c < '\u0080' && !/^[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"]$/.test(c)) {
      return `invalid character ${quote(c, isPrintable)} in host name`;
    }
  }
  return undefined;
}
