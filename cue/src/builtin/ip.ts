// IP addresses as Go's net/netip has them.

/** Four or sixteen bytes, and the zone of an IPv6 address. */
export interface Address {
  readonly bytes: readonly number[];
  readonly zone: string;
}

export function parseAddress(s: string): Address | undefined {
  for (const c of s) {
    if (c === '.') return parseV4(s);
    if (c === ':') return parseV6(s);
    if (c === '%') return undefined;
  }
  return undefined;
}

function parseV4(s: string): Address | undefined {
  const parts = s.split('.');
  if (parts.length !== 4) return undefined;
  const bytes: number[] = [];
  for (const part of parts) {
    const isRight = /^[0-9]{1,3}$/.test(part) && (part.length === 1 || !part.startsWith('0')) && Number(part) <= 255;
    if (!isRight) return undefined;
    bytes.push(Number(part));
  }
  return { bytes, zone: '' };
}

function parseV6(s: string): Address | undefined {
  const percent = s.indexOf('%');
  const zone = percent < 0 ? '' : s.slice(percent + 1);
  const body = percent < 0 ? s : s.slice(0, percent);
  if (percent >= 0 && zone === '') return undefined;
  const bytes = v6Bytes(body.split('::'));
  return bytes === undefined ? undefined : { bytes, zone };
}

/** The bytes of the groups around the `::`, or of all groups. */
function v6Bytes([first = '', second, ...more]: readonly string[]): number[] | undefined {
  const head = groupsOf(first);
  if (head === undefined || more.length > 0) return undefined;
  if (second === undefined) return head.length === 16 ? head : undefined;
  const tail = groupsOf(second);
  // an embedded IPv4 address stands at the end
  if (tail === undefined || first.includes('.')) return undefined;
  const missing = 16 - head.length - tail.length;
  return missing < 2 ? undefined : [...head, ...Array<number>(missing).fill(0), ...tail];
}

function groupsOf(text: string): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const bytes: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (i === parts.length - 1 && part.includes('.')) {
      const v4 = parseV4(part);
      if (v4 === undefined) return undefined;
      bytes.push(...v4.bytes);
      continue;
    }
    if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
    const group = Number.parseInt(part, 16);
    bytes.push(group >> 8, group & 255);
  }
  return bytes.length <= 16 ? bytes : undefined;
}

export function isV4(a: Address): boolean {
  return a.bytes.length === 4;
}

function isMapped(a: Address): boolean {
  return !isV4(a) && a.bytes.slice(0, 10).every((b) => b === 0) && a.bytes[10] === 255 && a.bytes[11] === 255;
}

/** The IPv4 address of one that is mapped to IPv6. */
function unmapped(a: Address): Address {
  return isMapped(a) ? { bytes: a.bytes.slice(12), zone: '' } : a;
}

export function isLoopback(address: Address): boolean {
  const a = unmapped(address);
  return isV4(a) ? a.bytes[0] === 127 : a.bytes.every((b, i) => b === (i === 15 ? 1 : 0));
}

export function isMulticast(address: Address): boolean {
  const a = unmapped(address);
  return isV4(a) ? ((a.bytes[0] ?? 0) & 0xf0) === 0xe0 : a.bytes[0] === 0xff;
}

export function isInterfaceLocalMulticast(address: Address): boolean {
  return !isV4(address) && !isMapped(address) && address.bytes[0] === 0xff && ((address.bytes[1] ?? 0) & 0x0f) === 1;
}

export function isLinkLocalMulticast(address: Address): boolean {
  const a = unmapped(address);
  const [b0, b1 = 0, b2] = a.bytes;
  return isV4(a) ? b0 === 224 && b1 === 0 && b2 === 0 : b0 === 0xff && (b1 & 0x0f) === 2;
}

export function isLinkLocalUnicast(address: Address): boolean {
  const a = unmapped(address);
  const [b0, b1 = 0] = a.bytes;
  return isV4(a) ? b0 === 169 && b1 === 254 : b0 === 0xfe && (b1 & 0xc0) === 0x80;
}

export function isGlobalUnicast(address: Address): boolean {
  const a = unmapped(address);
  const isBroadcast = isV4(a) && a.bytes.every((b) => b === 255);
  return !isBroadcast && !isUnspecified(a) && !isLoopback(a) && !isMulticast(a) && !isLinkLocalUnicast(a);
}

export function isUnspecified(a: Address): boolean {
  return a.zone === '' && a.bytes.every((b) => b === 0);
}

export function toV6Bytes(a: Address): readonly number[] {
  return isV4(a) ? [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...a.bytes] : a.bytes;
}

export function formatAddress(a: Address): string {
  if (isV4(a)) return a.bytes.join('.');
  const zone = a.zone === '' ? '' : `%${a.zone}`;
  if (isMapped(a)) return `::ffff:${a.bytes.slice(12).join('.')}${zone}`;
  const groups = Array.from({ length: 8 }, (_, i) => ((a.bytes[2 * i] ?? 0) << 8) | (a.bytes[2 * i + 1] ?? 0));
  return groupText(groups) + zone;
}

/** The longest run of at least two zero groups, the first of several, is written as `::`. */
function groupText(groups: readonly number[]): string {
  let [from, length] = [-1, 1];
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (groups[end] === 0) end++;
    if (end - i > length) [from, length] = [i, end - i];
  }
  const hex = (part: readonly number[]): string => part.map((g) => g.toString(16)).join(':');
  if (from < 0) return hex(groups);
  return `${hex(groups.slice(0, from))}::${hex(groups.slice(from + length))}`;
}

/** A prefix is an address without zone and a count of bits without leading zero. */
export function isPrefix(s: string): boolean {
  const slash = s.lastIndexOf('/');
  if (slash < 0) return false;
  const address = parseAddress(s.slice(0, slash));
  if (address?.zone !== '') return false;
  const bits = s.slice(slash + 1);
  return /^(0|[1-9][0-9]{0,2})$/.test(bits) && Number(bits) <= (isV4(address) ? 32 : 128);
}
