import { BlockList, isIP, isIPv4 } from 'node:net';
import type { Environment } from '@marcbachmann/cel-js';
import { isCidr } from '../text/formats.ts';
import { registerOwnType, registerNamespace } from './own-type.ts';

class CelIp {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

class CelCidr {
  readonly address: string;
  readonly bits: number;

  constructor(address: string, bits: number) {
    this.address = address;
    this.bits = bits;
  }
}

type Family = 'ipv4' | 'ipv6';

const ipType = 'kubernetes.IP';
const cidrType = 'kubernetes.CIDR';

function familyOf(address: string): Family {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}

/** The one text of an address: lower case, zeros left out. */
function canonical(address: string): string {
  return isIPv4(address) ? address : new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** Why a text is no address; zones and IPv4 addresses inside IPv6 are refused. */
function addressFault(text: string): string | undefined {
  if (isIP(text) === 0)
    return `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): unable to parse IP`;
  if (text.includes('%')) return `IP address ${JSON.stringify(text)} with zone value is not allowed`;
  if (familyOf(text) === 'ipv6' && isMapped(text))
    return `IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`;
  return undefined;
}

function isMapped(address: string): boolean {
  return /^::ffff:[0-9a-f]{1,4}:[0-9a-f]{1,4}$/.test(canonical(address));
}

function readAddress(text: string): CelIp {
  const fault = addressFault(text);
  if (fault !== undefined) throw new Error(fault);
  return new CelIp(canonical(text));
}

function isRange(text: string): boolean {
  const [address = '', bits = ''] = text.split('/');
  return isCidr(text) && addressFault(address) === undefined && !/^0\d/.test(bits);
}

function readRange(text: string): CelCidr {
  if (!isRange(text))
    throw new Error(
      `network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): no '/'`,
    );
  const [address = '', bits = ''] = text.split('/');
  return new CelCidr(canonical(address), Number(bits));
}

function isIn(address: string, { address: network, bits }: CelCidr): boolean {
  if (familyOf(address) !== familyOf(network)) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, familyOf(network));
  return list.check(address, familyOf(address));
}

/** The range with all bits behind its prefix zero. */
function masked({ address, bits }: CelCidr): CelCidr {
  const isV4 = isIPv4(address);
  const [size, width, base] = isV4 ? [4, 8, 10] : [8, 16, 16];
  const groups = groupsOf(address).map((group, i) => {
    const kept = Math.min(Math.max(bits - i * width, 0), width);
    return group & ~((1 << (width - kept)) - 1);
  });
  const text = groups.slice(0, size).map((group) => group.toString(base));
  return new CelCidr(canonical(text.join(isV4 ? '.' : ':')), bits);
}

function groupsOf(address: string): number[] {
  if (isIPv4(address)) return address.split('.').map(Number);
  const [head = '', tail] = address.split('::');
  const read = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [left, right] = [read(head), read(tail ?? '')];
  return tail === undefined ? left : [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

const range = (text: string): CelCidr => readRange(text);
const loopback = ['127.0.0.0/8', '::1/128'].map(range);
const linkLocalUnicast = ['169.254.0.0/16', 'fe80::/10'].map(range);
const linkLocalMulticast = ['224.0.0.0/24', 'ff02::/16'].map(range);
const multicast = ['224.0.0.0/4', 'ff00::/8'].map(range);
const unspecified = ['0.0.0.0/32', '::/128'].map(range);
const broadcast = [range('255.255.255.255/32')];

/** Addresses and ranges of addresses: `cidr("10.0.0.0/8").containsIP("10.1.2.3")`. */
export function registerNetwork(environment: Environment): void {
  registerAddresses(environment);
  registerRanges(environment);
}

function registerAddresses(environment: Environment): void {
  const isOf =
    (...ranges: readonly CelCidr[]) =>
    ({ text }: CelIp) =>
      ranges.some((of) => isIn(text, of));
  const method = registerOwnType(environment, ipType, CelIp);
  environment
    .registerFunction(`ip(string): ${ipType}`, readAddress)
    .registerFunction('isIP(string): bool', (text: string) => addressFault(text) === undefined)
    .registerFunction(`string(${ipType}): string`, ({ text }: CelIp) => text)
    .registerOperator(`${ipType} == ${ipType}`, (a: CelIp, b: CelIp) => a.text === b.text);
  method('family(): int', ({ text }) => (isIPv4(text) ? 4n : 6n));
  method('isUnspecified(): bool', isOf(...unspecified));
  method('isLoopback(): bool', isOf(...loopback));
  method('isLinkLocalUnicast(): bool', isOf(...linkLocalUnicast));
  method('isLinkLocalMulticast(): bool', isOf(...linkLocalMulticast));
  const special = isOf(...unspecified, ...loopback, ...linkLocalUnicast, ...multicast, ...broadcast);
  method('isGlobalUnicast(): bool', (ip) => !special(ip));
  registerNamespace(environment, 'ip')('isCanonical(string): bool', (text: string) => readAddress(text).text === text);
}

function registerRanges(environment: Environment): void {
  const contains = (outer: CelCidr, inner: CelCidr) => inner.bits >= outer.bits && isIn(inner.address, outer);
  const method = registerOwnType(environment, cidrType, CelCidr);
  environment
    .registerFunction(`cidr(string): ${cidrType}`, readRange)
    .registerFunction('isCIDR(string): bool', isRange)
    .registerFunction(`string(${cidrType}): string`, ({ address, bits }: CelCidr) => `${address}/${bits}`)
    .registerOperator(
      `${cidrType} == ${cidrType}`,
      (a: CelCidr, b: CelCidr) => a.address === b.address && a.bits === b.bits,
    );
  method(`containsIP(${ipType}): bool`, (of, ip: CelIp) => isIn(ip.text, of));
  method('containsIP(string): bool', (of, ip: string) => isIn(readAddress(ip).text, of));
  method(`containsCIDR(${cidrType}): bool`, contains);
  method('containsCIDR(string): bool', (of, inner: string) => contains(of, readRange(inner)));
  method(`ip(): ${ipType}`, ({ address }) => new CelIp(address));
  method(`masked(): ${cidrType}`, masked);
  method('prefixLength(): int', ({ bits }) => BigInt(bits));
}
