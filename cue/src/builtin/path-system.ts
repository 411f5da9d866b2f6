// File names of Unix, Windows and Plan 9.

export interface PathSystem {
  readonly separator: '/' | '\\';
  isSeparator(c: string): boolean;
  volumeLength(path: string): number;
  isAbsolute(path: string): boolean;
  isSameWord(a: string, b: string): boolean;
  splitList(path: string): string[];
  join(elements: readonly string[]): string;
}

export const systemNames: ReadonlySet<string> = new Set(
  'unix windows plan9 aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd solaris zos'.split(
    ' ',
  ),
);

export function pathSystem(name: string): PathSystem {
  if (name === 'windows') return windows;
  return name === 'plan9' ? plan9 : unix;
}

function slashSystem(listSeparator: string, isAbsolute: (path: string) => boolean): PathSystem {
  const system: PathSystem = {
    separator: '/',
    isSeparator: (c) => c === '/',
    volumeLength: () => 0,
    isAbsolute,
    isSameWord: (a, b) => a === b,
    splitList: (path) => (path === '' ? [] : path.split(listSeparator)),
    join: (elements) => {
      const first = elements.findIndex((element) => element !== '');
      return first < 0 ? '' : clean(elements.slice(first).join('/'), system);
    },
  };
  return system;
}

const unix = slashSystem(':', (path) => path.startsWith('/'));
const plan9 = slashSystem('\0', (path) => path.startsWith('/') || path.startsWith('#'));

const RESERVED = new Set(
  'CON PRN AUX NUL COM1 COM2 COM3 COM4 COM5 COM6 COM7 COM8 COM9 LPT1 LPT2 LPT3 LPT4 LPT5 LPT6 LPT7 LPT8 LPT9'.split(
    ' ',
  ),
);

const isSlash = (c: string): boolean => c === '\\' || c === '/';

const windows: PathSystem = {
  separator: '\\',
  isSeparator: isSlash,
  volumeLength: windowsVolume,
  isAbsolute: (path) => {
    if (RESERVED.has(path.toUpperCase())) return true;
    const length = windowsVolume(path);
    return length > 0 && isSlash(path.charAt(length));
  },
  isSameWord: (a, b) => a.toLowerCase() === b.toLowerCase(),
  splitList: splitWindowsList,
  join: (elements) => {
    const first = elements.findIndex((element) => element !== '');
    return first < 0 ? '' : joinWindows(elements.slice(first));
  },
};

/** The length of `C:` or of `\\server\share`. */
function windowsVolume(path: string): number {
  const drive = path.charAt(0).toLowerCase();
  if (path.charAt(1) === ':' && drive >= 'a' && drive <= 'z') return 2;
  const isShare =
    path.length >= 5 &&
    isSlash(path.charAt(0)) &&
    isSlash(path.charAt(1)) &&
    !isSlash(path.charAt(2)) &&
    path.charAt(2) !== '.';
  return isShare ? shareLength(path) : 0;
}

function shareLength(path: string): number {
  let n = 3;
  while (n < path.length - 1 && !isSlash(path.charAt(n))) n++;
  if (n >= path.length - 1) return 0;
  n++;
  if (isSlash(path.charAt(n)) || path.charAt(n) === '.') return 0;
  while (n < path.length && !isSlash(path.charAt(n))) n++;
  return n;
}

function splitWindowsList(path: string): string[] {
  if (path === '') return [];
  const parts: string[] = [''];
  let isQuoted = false;
  for (const c of path) {
    if (c === '"') isQuoted = !isQuoted;
    else if (c === ';' && !isQuoted) parts.push('');
    else parts.push((parts.pop() ?? '') + c);
  }
  return parts;
}

function joinWindows(elements: readonly string[]): string {
  const [head = '', ...rest] = elements;
  if (head.length === 2 && head.charAt(1) === ':') {
    const first = rest.findIndex((element) => element !== '');
    return clean(head + (first < 0 ? '' : rest.slice(first).join('\\')), windows);
  }
  const joined = clean(elements.join('\\'), windows);
  if (!isShare(joined)) return joined;
  const cleanHead = clean(head, windows);
  if (isShare(cleanHead)) return joined;
  // two paths that are no share do not become one
  const tail = clean(rest.join('\\'), windows);
  return cleanHead.endsWith('\\') ? cleanHead + tail : `${cleanHead}\\${tail}`;
}

function isShare(path: string): boolean {
  return windowsVolume(path) > 2;
}

export function fromSlash(path: string, system: PathSystem): string {
  return system.separator === '/' ? path : path.split('/').join(system.separator);
}

export function splitVolume(path: string, system: PathSystem): [volume: string, rest: string] {
  const length = system.volumeLength(path);
  return [path.slice(0, length), path.slice(length)];
}

/** The shortest equivalent: no empty elements, no `.`, and `..` only in front of a relative path. */
export function clean(path: string, system: PathSystem): string {
  const [volume, rest] = splitVolume(path, system);
  if (rest === '') return volume.length > 1 && path.charAt(1) !== ':' ? fromSlash(path, system) : `${path}.`;
  const isRooted = system.isSeparator(rest.charAt(0));
  const kept: string[] = [];
  for (const element of elementsOf(rest, system)) {
    if (element === '' || element === '.') continue;
    if (element !== '..') kept.push(element);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (!isRooted) kept.push('..');
  }
  const cleaned = (isRooted ? system.separator : '') + kept.join(system.separator);
  return fromSlash(volume + (cleaned === '' ? '.' : cleaned), system);
}

function elementsOf(path: string, system: PathSystem): string[] {
  const elements: string[] = [''];
  for (const c of path) {
    if (system.isSeparator(c)) elements.push('');
    else elements.push((elements.pop() ?? '') + c);
  }
  return elements;
}
