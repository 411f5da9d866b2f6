// Fully qualified domain names in ASCII, as the IDNA profile for lookups checks them.

const MAX_LABEL = 63;
const MAX_NAME = 253;

/** Labels of ASCII characters without outer hyphens; `xn--` labels must decode. A final dot is allowed. */
export function isDomainName(s: string): boolean {
  const name = s.endsWith('.') ? s.slice(0, -1) : s;
  if (name.length > MAX_NAME || name === '') return false;
  // the profile overlooks an empty last label
  const labels = name.endsWith('.') ? name.slice(0, -1) : name;
  return labels.split('.').every(isLabel);
}

function isLabel(label: string): boolean {
  if (label.length > MAX_LABEL || !/^[\0-\x7f]+$/.test(label)) return false;
  if (label.startsWith('-') || label.endsWith('-')) return false;
  if (label.startsWith('xn--')) return isEncoded(label.slice(4));
  return label.slice(2, 4) !== '--';
}

/** Whether Punycode decodes to a label of letters, marks and digits that is not all ASCII. */
function isEncoded(text: string): boolean {
  const decoded = decodePunycode(text);
  if (decoded === undefined || decoded.every((r) => r < 0x80)) return false;
  const label = String.fromCodePoint(...decoded);
  return (
    /^[\p{Ll}\p{Lo}\p{Lm}\p{M}\p{N}-]+$/u.test(label) && !/^\p{M}/u.test(label) && label.normalize('NFC') === label
  );
}

function decodePunycode(text: string): number[] | undefined {
  const delimiter = text.lastIndexOf('-');
  const output = Array.from(delimiter > 0 ? text.slice(0, delimiter) : '', (c) => c.codePointAt(0) ?? 0);
  let [n, bias, i, at] = [128, 72, 0, delimiter > 0 ? delimiter + 1 : 0];
  while (at < text.length) {
    const start = i;
    for (let weight = 1, k = 36; ; k += 36) {
      const digit = digitOf(text.charAt(at++));
      if (digit === undefined) return undefined;
      i += digit * weight;
      const threshold = k <= bias ? 1 : Math.min(k - bias, 26);
      if (digit < threshold) break;
      weight *= 36 - threshold;
      if (i > 0x7fffffff || weight > 0x7fffffff) return undefined;
    }
    bias = adapt(i - start, output.length + 1, start === 0);
    n += Math.floor(i / (output.length + 1));
    i %= output.length + 1;
    if (n > 0x10ffff) return undefined;
    output.splice(i++, 0, n);
  }
  return output;
}

function digitOf(c: string): number | undefined {
  if (c >= 'a' && c <= 'z' && c.length === 1) return c.charCodeAt(0) - 97;
  return c >= '0' && c <= '9' && c.length === 1 ? c.charCodeAt(0) - 22 : undefined;
}

function adapt(delta: number, count: number, isFirst: boolean): number {
  let d = Math.floor(isFirst ? delta / 700 : delta / 2);
  d += Math.floor(d / count);
  let k = 0;
  for (; d > 455; k += 36) d = Math.floor(d / 35);
  return k + Math.floor((36 * d) / (d + 38));
}
