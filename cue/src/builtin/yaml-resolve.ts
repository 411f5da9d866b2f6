// What a plain YAML scalar means to CUE: YAML 1.2 with the integers of YAML 1.1.

export type YamlTag = 'str' | 'int' | 'float' | 'bool' | 'null' | 'timestamp' | 'merge';

const WORDS: Readonly<Record<string, YamlTag>> = {
  true: 'bool',
  True: 'bool',
  TRUE: 'bool',
  false: 'bool',
  False: 'bool',
  FALSE: 'bool',
  '': 'null',
  '~': 'null',
  null: 'null',
  Null: 'null',
  NULL: 'null',
  '.nan': 'float',
  '.NaN': 'float',
  '.NAN': 'float',
  '.inf': 'float',
  '.Inf': 'float',
  '.INF': 'float',
  '+.inf': 'float',
  '+.Inf': 'float',
  '+.INF': 'float',
  '-.inf': 'float',
  '-.Inf': 'float',
  '-.INF': 'float',
  '<<': 'merge',
};

const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const INTEGER = /^[-+]?(0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)$/;
const PREFIXED = /^-?(0b[-+]?[01]+|0o[-+]?[0-7]+)$/;
const DATE = /^\d{4}-\d{1,2}-\d{1,2}$/;
const TIME =
  /^\d{4}-\d{1,2}-\d{1,2}([Tt]\d{1,2}:\d{1,2}:\d{1,2}([.,]\d+)?(Z|[-+]\d\d:\d\d)| \d{1,2}:\d{1,2}:\d{1,2}([.,]\d+)?)$/;

export function tagOf(s: string): YamlTag {
  const word = Object.hasOwn(WORDS, s) ? WORDS[s] : undefined;
  if (word !== undefined) return word;
  const first = s.charAt(0);
  if (first === '.') return FLOAT.test(s) ? 'float' : 'str';
  const isNumeric = first === '+' || first === '-' || (first >= '0' && first <= '9');
  if (!isNumeric) return 'str';
  if (isTimestamp(s)) return 'timestamp';
  const plain = s.split('_').join('');
  if ((INTEGER.test(plain) || PREFIXED.test(plain)) && fits(plain)) return 'int';
  return FLOAT.test(plain) ? 'float' : 'str';
}

/** Whether an integer has no more than 64 bits; a larger one is a float, or text. */
function fits(s: string): boolean {
  const isNegative = s.startsWith('-');
  let digits = s.startsWith('-') || s.startsWith('+') ? s.slice(1) : s;
  const isOctal = digits.length > 1 && digits.startsWith('0') && digits.charAt(1) >= '0' && digits.charAt(1) <= '9';
  if (isOctal) digits = `0o${digits.slice(1)}`;
  const value = BigInt(digits);
  if (isNegative) return value <= 1n << 63n;
  return s.startsWith('+') ? value < 1n << 63n : value < 1n << 64n;
}

function isTimestamp(s: string): boolean {
  if (!DATE.test(s) && !TIME.test(s)) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = numbersIn(s);
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return month >= 1 && month <= 12 && day >= 1 && day <= days && hour < 24 && minute < 60 && second < 60;
}

function numbersIn(s: string): number[] {
  return s.split(/[^0-9]+/).map(Number);
}

const LEGACY = new Set(
  'y Y yes Yes YES n N t T f F no No NO true True TRUE false False FALSE on On ON off Off OFF .Nan'.split(' '),
);

const NUMERIC_CHARACTERS = new Set('-+0123456789:. \t');

/** Whether a reader of YAML 1.1 may take the text for something else. */
export function isLegacy(s: string): boolean {
  return LEGACY.has(s) || isHexadecimal(s) || isTimeText(s);
}

function isHexadecimal(s: string): boolean {
  return s.startsWith('0x') && s.length > 2 && Array.from(s.slice(2)).every((c) => /^[a-fA-F0-9]$/.test(c));
}

/** Dates, times and base-60 numbers: two numeric parts around a `-`, `:` or `T`, with an optional `Z`. */
function isTimeText(s: string): boolean {
  const body = s.endsWith('z') || s.endsWith('Z') ? s.slice(0, -1) : s;
  let separators = 0;
  let letters = 0;
  for (let i = 0; i < body.length; i++) {
    const c = body.charAt(i);
    const isInside = i > 0 && i < body.length - 1;
    if (c === 't' || c === 'T') {
      letters++;
      if (!isInside) return false;
    } else if (!NUMERIC_CHARACTERS.has(c)) return false;
    else if (isInside && (c === '-' || c === ':')) separators++;
  }
  return letters === 1 || (letters === 0 && separators > 0);
}
