import type { BuiltinFunction, BuiltinPackage, Param } from './api.ts';
import type { BuiltinError } from './api.ts';
import { fail } from './define.ts';
import { matchPath } from './path-match.ts';
import type { PathSystem } from './path-system.ts';
import { clean, fromSlash, pathSystem, splitVolume, systemNames } from './path-system.ts';

/** A function of texts, the last of which is the operating system: unix unless said otherwise. */
function pathFunction(
  count: number,
  result: BuiltinFunction['result'],
  call: (texts: readonly string[], system: PathSystem) => ReturnType<BuiltinFunction['call']>,
  options: { readonly required?: boolean; readonly standard?: string; readonly first?: Param } = {},
): BuiltinFunction {
  const texts: Param[] = Array.from({ length: count }, () => ({ kind: 'string' }));
  if (options.first !== undefined) texts[0] = options.first;
  const os: Param = options.required === true ? { kind: 'string' } : { kind: 'string', optional: true };
  return {
    params: [...texts, os],
    result,
    call: (args) => {
      const name = args[count] ?? options.standard ?? 'unix';
      if (typeof name !== 'string' || !systemNames.has(name))
        return fail(`unknown operating system ${typeof name === 'string' ? name : typeof name}`);
      return call(args.slice(0, count) as string[], pathSystem(name));
    },
  };
}

export const pathPackage: BuiltinPackage = {
  path: 'path',
  constants: { Unix: 'unix', Windows: 'windows', Plan9: 'plan9' },
  functions: {
    Split: pathFunction(1, 'list', ([path = ''], system) => split(path, system)),
    SplitList: pathFunction(1, 'list', ([path = ''], system) => system.splitList(path), { required: true }),
    Join: pathFunction(1, 'string', ([elements], system) => system.join(elements as unknown as readonly string[]), {
      first: { kind: 'list', elements: 'string' },
    }),
    Match: pathFunction(2, 'bool', ([pattern = '', name = ''], system) => matchPath(pattern, name, system)),
    Clean: pathFunction(1, 'string', ([path = ''], system) => clean(path, system)),
    ToSlash: pathFunction(1, 'string', ([path = ''], system) => path.split(system.separator).join('/'), {
      required: true,
    }),
    FromSlash: pathFunction(1, 'string', ([path = ''], system) => fromSlash(path, system), { required: true }),
    Ext: pathFunction(1, 'string', ([path = ''], system) => extension(path, system)),
    Resolve: pathFunction(2, 'string', ([dir = '', sub = ''], system) =>
      system.isAbsolute(sub) ? clean(sub, system) : system.join([clean(dir, system), sub]),
    ),
    Rel: pathFunction(2, 'string', ([base = '', target = ''], system) => relative(base, target, system)),
    Base: pathFunction(1, 'string', ([path = ''], system) => base(path, system)),
    Dir: pathFunction(1, 'string', ([path = ''], system) => directory(path, system)),
    IsAbs: pathFunction(1, 'bool', ([path = ''], system) => system.isAbsolute(path)),
    VolumeName: pathFunction(1, 'string', ([path = ''], system) => splitVolume(path, system)[0], {
      standard: 'windows',
    }),
  },
};

function split(path: string, system: PathSystem): string[] {
  const [volume] = splitVolume(path, system);
  let i = path.length - 1;
  while (i >= volume.length && !system.isSeparator(path.charAt(i))) i--;
  return [path.slice(0, i + 1), path.slice(i + 1)];
}

function extension(path: string, system: PathSystem): string {
  for (let i = path.length - 1; i >= 0 && !system.isSeparator(path.charAt(i)); i--) {
    if (path.charAt(i) === '.') return path.slice(i);
  }
  return '';
}

function base(path: string, system: PathSystem): string {
  if (path === '') return '.';
  let end = path.length;
  while (end > 0 && system.isSeparator(path.charAt(end - 1))) end--;
  const [, rest] = splitVolume(path.slice(0, end), system);
  let i = rest.length - 1;
  while (i >= 0 && !system.isSeparator(rest.charAt(i))) i--;
  const name = rest.slice(i + 1);
  return name === '' ? system.separator : name;
}

function directory(path: string, system: PathSystem): string {
  const [volume] = splitVolume(path, system);
  let i = path.length - 1;
  while (i >= volume.length && !system.isSeparator(path.charAt(i))) i--;
  const dir = clean(path.slice(volume.length, i + 1), system);
  return dir === '.' && volume.length > 2 ? volume : volume + dir;
}

function relative(basePath: string, targetPath: string, system: PathSystem): string | BuiltinError {
  const [baseVolume, baseRest] = splitVolume(clean(basePath, system), system);
  const [targetVolume, target] = splitVolume(clean(targetPath, system), system);
  if (system.isSameWord(targetVolume + target, baseVolume + baseRest)) return '.';
  const from = baseRest === '.' ? '' : baseRest;
  const isRootedFrom = from.startsWith(system.separator);
  const isRootedTarget = target.startsWith(system.separator);
  if (isRootedFrom !== isRootedTarget || !system.isSameWord(baseVolume, targetVolume)) {
    return fail(`Rel: can't make ${targetPath} relative to ${basePath}`);
  }
  return steps(from, target, { basePath, targetPath, system });
}

interface Steps {
  readonly basePath: string;
  readonly targetPath: string;
  readonly system: PathSystem;
}

/** The way up from what both have in common, and down. */
function steps(from: string, target: string, { basePath, targetPath, system }: Steps): string | BuiltinError {
  const [bl, tl] = [from.length, target.length];
  let [b0, bi, t0, ti] = [0, 0, 0, 0];
  for (;;) {
    while (bi < bl && from.charAt(bi) !== system.separator) bi++;
    while (ti < tl && target.charAt(ti) !== system.separator) ti++;
    if (!system.isSameWord(target.slice(t0, ti), from.slice(b0, bi)) || (b0 === bl && t0 === tl)) break;
    if (bi < bl) bi++;
    if (ti < tl) ti++;
    b0 = bi;
    t0 = ti;
  }
  if (from.slice(b0, bi) === '..') return fail(`Rel: can't make ${targetPath} relative to ${basePath}`);
  if (b0 === bl) return target.slice(t0);
  const ups = from
    .slice(b0)
    .split(system.separator)
    .map(() => '..');
  const down = t0 === tl ? [] : [target.slice(t0)];
  return [...ups, ...down].join(system.separator);
}
