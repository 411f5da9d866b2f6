import { BlockList, isIP } from 'node:net';
import type { Environment } from '@marcbachmann/cel-js';
import { isCidr } from '../text/formats.ts';

class CelUrl {
  readonly url: URL;

  constructor(url: URL) {
    this.url = url;
  }
}

class CelIp {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

class CelCidr {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** URLs, addresses and ranges of addresses. */
export function registerNetwork(environment: Environment): void {
  registerUrls(environment);
  registerAddresses(environment);
}

function parseUrl(text: string): URL | undefined {
  const absolute = text.startsWith('/') ? `http://path.invalid${text}` : text;
  return URL.canParse(absolute) ? new URL(absolute) : undefined;
}

function registerUrls(environment: Environment): void {
  const type = 'kubernetes.URL';
  const isPath = ({ url }: CelUrl) => url.hostname === 'path.invalid';
  environment
    .registerType(type, CelUrl)
    .registerFunction(`url(string): ${type}`, (text: string) => {
      const url = parseUrl(text);
      if (!url)
        throw new Error(
          `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
        );
      return new CelUrl(url);
    })
    .registerFunction('isURL(string): bool', (text: string) => parseUrl(text) !== undefined)
    .registerFunction(`${type}.getScheme(): string`, (of: CelUrl) =>
      isPath(of) ? '' : of.url.protocol.replace(/:$/, ''),
    )
    .registerFunction(`${type}.getHost(): string`, (of: CelUrl) => (isPath(of) ? '' : of.url.host))
    .registerFunction(`${type}.getHostname(): string`, (of: CelUrl) =>
      isPath(of) ? '' : of.url.hostname.replace(/^\[|\]$/g, ''),
    )
    .registerFunction(`${type}.getPort(): string`, (of: CelUrl) => of.url.port)
    .registerFunction(`${type}.getEscapedPath(): string`, (of: CelUrl) => of.url.pathname)
    .registerFunction(`${type}.getQuery(): map`, ({ url }: CelUrl) =>
      Object.fromEntries([...new Set(url.searchParams.keys())].map((key) => [key, url.searchParams.getAll(key)])),
    );
}

function family(text: string): 'ipv4' | 'ipv6' {
  return isIP(text) === 4 ? 'ipv4' : 'ipv6';
}

function inRange(text: string, range: string): boolean {
  const [network = '', bits = ''] = range.split('/');
  if (isIP(text) !== isIP(network)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family(network));
  return list.check(text, family(text));
}

function readIp(text: string): CelIp {
  if (isIP(text) === 0) throw new Error(`IP Address ${JSON.stringify(text)} parse error during conversion from string`);
  return new CelIp(text);
}

function readCidr(text: string): CelCidr {
  if (!isCidr(text))
    throw new Error(`network address parse error during conversion from string: ${JSON.stringify(text)}`);
  return new CelCidr(text);
}

function registerAddresses(environment: Environment): void {
  const [ip, cidr] = ['kubernetes.IP', 'kubernetes.CIDR'];
  const isIn =
    (...ranges: readonly string[]) =>
    ({ text }: CelIp) =>
      ranges.some((range) => inRange(text, range));
  const bitsOf = ({ text }: CelCidr) => Number(text.split('/')[1]);
  const networkOf = ({ text }: CelCidr) => text.split('/')[0] ?? '';
  const containsCidr = (outer: CelCidr, inner: CelCidr) =>
    bitsOf(inner) >= bitsOf(outer) && inRange(networkOf(inner), outer.text);
  environment
    .registerType(ip, CelIp)
    .registerType(cidr, CelCidr)
    .registerFunction(`ip(string): ${ip}`, readIp)
    .registerFunction('isIP(string): bool', (text: string) => isIP(text) !== 0)
    .registerFunction(`${ip}.family(): int`, ({ text }: CelIp) => BigInt(isIP(text)))
    .registerFunction(`${ip}.isLoopback(): bool`, isIn('127.0.0.0/8', '::1/128'))
    .registerFunction(`${ip}.isUnspecified(): bool`, isIn('0.0.0.0/32', '::/128'))
    .registerFunction(`${ip}.isLinkLocalUnicast(): bool`, isIn('169.254.0.0/16', 'fe80::/10'))
    .registerFunction(
      `${ip}.isGlobalUnicast(): bool`,
      (of: CelIp) =>
        !isIn(
          '127.0.0.0/8',
          '::1/128',
          '0.0.0.0/32',
          '::/128',
          '169.254.0.0/16',
          'fe80::/10',
          '224.0.0.0/4',
          'ff00::/8',
          '255.255.255.255/32',
        )(of),
    )
    .registerFunction(`cidr(string): ${cidr}`, readCidr)
    .registerFunction('isCIDR(string): bool', isCidr)
    .registerFunction(`${cidr}.containsIP(string): bool`, (range: CelCidr, text: string) =>
      inRange(readIp(text).text, range.text),
    )
    .registerFunction(`${cidr}.containsIP(${ip}): bool`, (range: CelCidr, { text }: CelIp) => inRange(text, range.text))
    .registerFunction(`${cidr}.containsCIDR(string): bool`, (range: CelCidr, text: string) =>
      containsCidr(range, readCidr(text)),
    )
    .registerFunction(`${cidr}.containsCIDR(${cidr}): bool`, containsCidr)
    .registerFunction(`${cidr}.ip(): ${ip}`, (range: CelCidr) => new CelIp(networkOf(range)))
    .registerFunction(`${cidr}.prefixLength(): int`, (range: CelCidr) => BigInt(bitsOf(range)));
}
