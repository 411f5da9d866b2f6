import { isIPv4, isIPv6 } from 'node:net';
import { invalid, required } from '../contract/problems.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import { dnsSubdomain } from '../text/syntax.ts';

const addressText = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const rangeText = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

export function addressProblems(address: string, field: string): FieldProblem[] {
  return isIPv4(address) || isIPv6(address) ? [] : [invalid(field, address, addressText)];
}

/** Addresses that no endpoint may have. */
export function specialAddressProblems(address: string, field: string): FieldProblem[] {
  const texts: string[] = [];
  if (address === '0.0.0.0' || address === '::') texts.push(`may not be unspecified (${address})`);
  if (address.startsWith('127.') || address === '::1')
    texts.push('may not be in the loopback range (127.0.0.0/8, ::1/128)');
  if (address.startsWith('169.254.') || /^fe[89ab]/i.test(address))
    texts.push('may not be in the link-local range (169.254.0.0/16, fe80::/10)');
  if (address.startsWith('224.0.0.') || /^ff02::/i.test(address))
    texts.push('may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)');
  return texts.map((text) => invalid(field, address, text));
}

interface Range {
  readonly bits: bigint;
  readonly size: number;
  readonly prefix: number;
}

function rangeOf(text: string): Range | undefined {
  const [address = '', length = '', more] = text.split('/');
  const size = isIPv4(address) ? 32 : isIPv6(address) ? 128 : 0;
  const prefix = Number(length);
  if (size === 0 || more !== undefined || !/^\d{1,3}$/.test(length) || prefix > size) return undefined;
  return { bits: bitsOf(address), size, prefix };
}

function bitsOf(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
  const [head = '', tail] = address.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':').flatMap(lastGroups));
  const first = groups(head);
  const last = tail === undefined ? [] : groups(tail);
  const all = [...first, ...Array<string>(8 - first.length - last.length).fill('0'), ...last];
  return all.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

/** The last part of an IPv6 address may be an IPv4 address. */
function lastGroups(group: string): string[] {
  if (!group.includes('.')) return [group];
  const bits = bitsOf(group);
  return [(bits >> 16n).toString(16), (bits & 0xffffn).toString(16)];
}

const upper = (range: Range, prefix: number): bigint => range.bits >> BigInt(range.size - prefix);

/** A range of addresses with no bits behind its prefix. */
export function rangeProblems(text: string, field: string): FieldProblem[] {
  const range = rangeOf(text);
  if (range === undefined) return [invalid(field, text, rangeText)];
  const isPlain = upper(range, range.prefix) << BigInt(range.size - range.prefix) === range.bits;
  return isPlain ? [] : [invalid(field, text, 'must not have bits set beyond the prefix length')];
}

/** Whether one range is a part of another; undefined when one of them is none. */
export function isStrictlyWithin(inner: string, outer: string): boolean | undefined {
  const [part, whole] = [rangeOf(inner), rangeOf(outer)];
  if (part === undefined || whole === undefined) return undefined;
  return (
    part.size === whole.size && whole.prefix < part.prefix && upper(part, whole.prefix) === upper(whole, whole.prefix)
  );
}

const wildcard = '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';

/** A host name; with a `*` the first label is one. */
export function hostProblems(host: string, field: string): FieldProblem[] {
  const problems = isIPv4(host) || isIPv6(host) ? [invalid(field, host, 'must be a DNS name, not an IP address')] : [];
  return [...problems, ...hostNameTexts(host).map((text) => invalid(field, host, text))];
}

export function hostNameTexts(host: string): string[] {
  if (!host.includes('*')) return dnsSubdomain(host);
  const texts = host.length > 253 ? ['must be no more than 253 characters'] : [];
  if (new RegExp(`^${wildcard}$`).test(host)) return texts;
  const text =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
  return [...texts, `${text} (e.g. '*.example.com', regex used for validation is '${wildcard}')`];
}

const pathPattern = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

/** A domain, a slash and a path. */
export function domainPathProblems(text: string, field: string): FieldProblem[] {
  if (text === '') return [required(field)];
  const slash = text.indexOf('/');
  if (slash <= 0 || slash === text.length - 1)
    return [invalid(field, text, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  const [host, path] = [text.slice(0, slash), text.slice(slash + 1)];
  const problems = dnsSubdomain(host).map((found) => invalid(field, host, found));
  if (!new RegExp(`^${pathPattern}$`).test(path))
    problems.push(invalid(field, path, `Invalid path (regex used for validation is '${pathPattern}')`));
  return problems;
}
