import type { BuiltinPackage, Data } from './api.ts';
import { BuiltinError } from './api.ts';
import { any, fail, fn, string } from './define.ts';
import type { Address } from './ip.ts';
import {
  formatAddress,
  isGlobalUnicast,
  isInterfaceLocalMulticast,
  isLinkLocalMulticast,
  isLinkLocalUnicast,
  isLoopback,
  isMulticast,
  isPrefix,
  isUnspecified,
  isV4,
  parseAddress,
  toV6Bytes,
} from './ip.ts';
import { isDomainName } from './domain.ts';
import { fromUtf8 } from './text.ts';
import { escapeUrl, parseUrl, unescapeUrl } from './url.ts';

const PATH_KEPT = '$&+=:@';

function addressTest(test: (address: Address) => boolean): BuiltinPackage['functions'][string] {
  return fn([any], 'bool', ([ip]) => {
    const address = addressOf(ip);
    return address !== undefined && test(address);
  });
}

export const netPackage: BuiltinPackage = {
  path: 'net',
  constants: { IPv4len: 4, IPv6len: 16 },
  functions: {
    SplitHostPort: fn([string], 'list', ([s]) => splitHostPort(s)),
    JoinHostPort: fn([any, any], 'string', ([host, port]) => joinHostPort(host, port)),
    FQDN: fn([string], 'bool', ([s]) => isDomainName(s)),
    ParseIP: fn([string], 'list', ([s]) => parseAddress(s)?.bytes ?? fail(`invalid IP address "${s}"`)),
    IPv4: addressTest(isV4),
    IPv6: addressTest((address) => !isV4(address)),
    IP: addressTest(() => true),
    IPCIDR: fn([any], 'bool', ([ip]) => {
      const text = ip instanceof Uint8Array ? fromUtf8(ip) : ip;
      if (typeof text !== 'string') return true;
      return isPrefix(text) ? true : fail(`netip.ParsePrefix("${text}"): invalid prefix`);
    }),
    LoopbackIP: addressTest(isLoopback),
    MulticastIP: addressTest(isMulticast),
    InterfaceLocalMulticastIP: addressTest(isInterfaceLocalMulticast),
    LinkLocalMulticastIP: addressTest(isLinkLocalMulticast),
    LinkLocalUnicastIP: addressTest(isLinkLocalUnicast),
    GlobalUnicastIP: addressTest(isGlobalUnicast),
    UnspecifiedIP: addressTest(isUnspecified),
    ToIP4: fn([any], 'list', ([ip]) => {
      const address = addressOf(ip);
      if (address === undefined) return invalid(ip);
      return isV4(address) ? address.bytes : fail(`cannot convert "${formatAddress(address)}" to IPv4`);
    }),
    ToIP16: fn([any], 'list', ([ip]) => {
      const address = addressOf(ip);
      return address === undefined ? invalid(ip) : toV6Bytes(address);
    }),
    IPString: fn([any], 'string', ([ip]) => {
      const address = addressOf(ip);
      return address === undefined ? invalid(ip) : formatAddress(address);
    }),
    PathEscape: fn([string], 'string', ([s]) => escapeUrl(s, PATH_KEPT)),
    PathUnescape: fn([string], 'string', ([s]) => unescapeUrl(s, false)),
    QueryEscape: fn([string], 'string', ([s]) => escapeUrl(s, '', true)),
    QueryUnescape: fn([string], 'string', ([s]) => unescapeUrl(s, true)),
    URL: fn([string], 'bool', ([s]) => {
      const scheme = parseUrl(s);
      return scheme instanceof BuiltinError ? scheme : true;
    }),
    AbsURL: fn([string], 'bool', ([s]) => {
      const scheme = parseUrl(s);
      if (scheme instanceof BuiltinError) return scheme;
      return scheme === '' ? fail('URL is not absolute') : true;
    }),
  },
};

/** An address is text, bytes of text, or a list of its bytes. */
function addressOf(ip: Data): Address | undefined {
  if (typeof ip === 'string') return parseAddress(ip);
  if (ip instanceof Uint8Array) return parseAddress(fromUtf8(ip));
  if (!Array.isArray(ip)) return undefined;
  const bytes = (ip as readonly Data[]).filter((b): b is number => typeof b === 'number' && b >= 0 && b <= 255);
  const isAddress = bytes.length === ip.length && (ip.length === 4 || ip.length === 16);
  return isAddress ? { bytes, zone: '' } : undefined;
}

function invalid(ip: Data): BuiltinError {
  return fail(`invalid IP ${typeof ip === 'string' ? `"${ip}"` : 'address'}`);
}

function joinHostPort(host: Data, port: Data): string | BuiltinError {
  const hostText = hostOf(host);
  const portText = portOf(port);
  if (hostText === undefined) return fail('invalid host');
  if (portText === undefined) return fail('invalid port');
  return hostText.includes(':') ? `[${hostText}]:${portText}` : `${hostText}:${portText}`;
}

function hostOf(host: Data): string | undefined {
  if (typeof host === 'string') return host;
  if (host instanceof Uint8Array) return fromUtf8(host);
  const address = addressOf(host);
  return address === undefined ? undefined : formatAddress(address);
}

function portOf(port: Data): string | undefined {
  if (typeof port === 'string') return port;
  if (port instanceof Uint8Array) return fromUtf8(port);
  return typeof port === 'number' ? String(port) : undefined;
}

function splitHostPort(s: string): string[] | BuiltinError {
  const bad = (why: string): BuiltinError => fail(`address ${s}: ${why}`);
  const colon = s.lastIndexOf(':');
  if (colon < 0) return bad('missing port in address');
  let host = s.slice(0, colon);
  // where brackets would be wrong
  let [openFrom, closeFrom] = [0, 0];
  if (s.startsWith('[')) {
    const end = s.indexOf(']');
    if (end < 0) return bad("missing ']' in address");
    if (end + 1 === s.length) return bad('missing port in address');
    if (end + 1 !== colon)
      return bad(s.charAt(end + 1) === ':' ? 'too many colons in address' : 'missing port in address');
    host = s.slice(1, end);
    [openFrom, closeFrom] = [1, end + 1];
  } else if (host.includes(':')) return bad('too many colons in address');
  if (s.includes('[', openFrom)) return bad("unexpected '[' in address");
  if (s.includes(']', closeFrom)) return bad("unexpected ']' in address");
  return [host, s.slice(colon + 1)];
}
