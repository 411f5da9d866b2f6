// Hostile templates: each must end within its budget, and the memory stays bounded. node hostile.ts [N] [SEED] [KIND]
import { compile, CueBudgetError, CueCompileError, CueError, CueSyntaxError } from '../../src/index.ts';
import { Random } from '../random.ts';

const MAX_MS = 5_000;
const MAX_GROWTH = 600 * 1024 * 1024;

type Kind = (r: Random) => string;

const repeat = (count: number, text: (i: number) => string, separator = '\n'): string =>
  Array.from({ length: count }, (_, i) => text(i)).join(separator);

/** A count, sometimes huge. */
const count = (r: Random, usual: number, most: number): number => (r.chance(0.2) ? most : 1 + r.below(usual));

const KINDS: Readonly<Record<string, Kind>> = {
  deepStructs: (r) => {
    const n = count(r, 500, 20_000);
    return `a: ${'{a: '.repeat(n)}1${'}'.repeat(n)}`;
  },
  deepLists: (r) => {
    const n = count(r, 500, 20_000);
    return `a: ${'['.repeat(n)}1${']'.repeat(n)}`;
  },
  deepParens: (r) => {
    const n = count(r, 500, 20_000);
    return `a: ${'('.repeat(n)}1${')'.repeat(n)}`;
  },
  longSum: (r) => `a: ${repeat(count(r, 2000, 50_000), () => '1', ' + ')}`,
  unaryChain: (r) => `a: ${'-'.repeat(count(r, 2000, 50_000))}1`,
  wide: (r) => repeat(count(r, 5_000, 60_000), (i) => `f${i}: ${i}`),
  chain: (r) => `f0: 1\n${repeat(count(r, 2_000, 20_000), (i) => `f${i + 1}: f${i} + 1`)}`,
  backwardChain: (r) => {
    const n = count(r, 2_000, 20_000);
    return `${repeat(n, (i) => `f${i}: f${i + 1}`)}\nf${n}: 1`;
  },
  doubling: (r) => `s0: "x"\n${repeat(10 + r.below(50), (i) => `s${i + 1}: s${i} + s${i}`)}`,
  structDoubling: (r) => `s0: {a: 1}\n${repeat(5 + r.below(40), (i) => `s${i + 1}: {l: s${i}, r: s${i}}`)}`,
  listDoubling: (r) => `l0: [1]\n${repeat(5 + r.below(40), (i) => `l${i + 1}: [for x in l${i} for y in [1, 2] {x}]`)}`,
  product: (r) => `l: [${repeat(20 + r.below(200), String, ', ')}]\na: [for x in l for y in l for z in l {x + y + z}]`,
  disjunctionProduct: (r) => repeat(4 + r.below(12), (i) => `a: {f${i}: 1} | {f${i}: 2} | {g${i}: 3}`),
  scalarDisjunctions: (r) => repeat(3 + r.below(10), () => `a: ${repeat(20, (i) => String(i), ' | ')}`),
  nestedDisjunctions: (r) => {
    const n = 5 + r.below(60);
    return `a: ${'('.repeat(n)}1${repeat(n, (i) => ` | *${i})`, '')}`;
  },
  structuralCycle: () => 'a: {b: a, c: [a]}',
  mutualCycle: () => '#A: {b: #B}\n#B: {a: #A}\nx: #A',
  listCycle: () => 'a: [a, a]',
  growingCycle: () => 'a: {n: int, next: a & {n: a.n + 1}}\nb: a & {n: 0}',
  comprehensionCycle: () => 'a: {for k, v in a {"\\(k)x": v}, b: 1}',
  patternCycle: () => 'a: [string]: a\na: x: y: z: {}',
  power: (r) => `a: ${repeat(20 + r.below(400), () => '99999999999999999999', ' * ')}`,
  hugeLiteral: (r) => `a: ${'9'.repeat(count(r, 5_000, 200_000))}\nb: a * a`,
  hugeExponent: (r) => `a: 1e${r.pick(['999999', '99999999', '-999999', '2147483647'])}\nb: a + 1\nc: a * a`,
  repeatString: (r) => `a: "abc" * ${r.pick(['100', '1000000', '1000000000', '99999999999999'])}`,
  repeatBuiltin: (r) => `import "strings"\na: strings.Repeat("abc", ${r.pick(['100', '100000000', '9999999999'])})`,
  range: (r) => `import "list"\na: list.Range(0, ${r.pick(['100', '1000000', '1000000000000'])}, 1)`,
  listRepeat: (r) => `import "list"\na: list.Repeat([1, 2, 3], ${r.pick(['10', '1000000', '100000000000'])})`,
  replace: (r) =>
    `import "strings"\na: strings.Replace("${'a'.repeat(1000)}", "", "${'b'.repeat(count(r, 100, 100_000))}", -1)`,
  join: () =>
    'import "strings"\nimport "list"\na: strings.Join(list.Repeat(["x"], 3000), "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy")',
  pow: (r) =>
    `import "math"\na: math.Pow(${r.pick(['10', '1.5', '99999'])}, ${r.pick(['100', '1000000', '99999999999'])})`,
  evilPattern: (r) =>
    `a: "${'a'.repeat(count(r, 1000, 30_000))}!" =~ "${r.pick(['^(a+)+$', '^(a|aa)+$', '(.*)*x', '(a?){50}a{50}', '^(([a-z])+.)+[A-Z]([a-z])+$'])}"`,
  largePattern: (r) =>
    `a: "x" =~ "${r.pick(['((a{100}){100}){100}', '(x+x+)+y', 'a{1000}', '(((((a{9}){9}){9}){9}){9})'])}"`,
  yamlBomb: (r) => {
    const n = 5 + r.below(12);
    const lines = repeat(n, (i) => `a${i + 1}: &a${i + 1} [${repeat(8, () => `*a${i}`, ',')}]`);
    return `import "encoding/yaml"\na: yaml.Unmarshal(${JSON.stringify(`a0: &a0 x\n${lines}`)})`;
  },
  jsonDeep: (r) => {
    const n = count(r, 500, 9_000);
    return `import "encoding/json"\na: json.Unmarshal("${'['.repeat(n)}${']'.repeat(n)}")`;
  },
  interpolation: (r) => `s0: "ab"\n${repeat(5 + r.below(40), (i) => `s${i + 1}: "\\(s${i})\\(s${i})"`)}`,
  sort: (r) =>
    `import "list"\na: list.Sort([for x in list.Range(0, ${count(r, 200, 20_000)}, 1) {0 - x}], list.Ascending)`,
  unique: (r) => `import "list"\na: list.UniqueItems(list.Range(0, ${count(r, 200, 20_000)}, 1))`,
  manyPatterns: (r) =>
    `${repeat(20 + r.below(200), (i) => `a: [=~"x${i}"]: int`)}\n${repeat(100, (i) => `a: x${i}: ${i}`)}`,
  manyClosed: (r) =>
    `${repeat(20 + r.below(200), (i) => `#D${i}: {x?: int, y${i}?: int, ...}`)}\na: ${repeat(20, (i) => `#D${i}`, ' & ')}\na: x: 1`,
  bounds: (r) => `a: ${repeat(count(r, 500, 20_000), (i) => `>=${i}`, ' & ')}\na: 1e9`,
  garbage: (r) =>
    repeat(
      count(r, 200, 5_000),
      () =>
        r.pick([
          '{',
          '}',
          '(',
          ')',
          '[',
          ']',
          '"',
          'a',
          ':',
          '1',
          ',',
          '\\',
          '|',
          '*',
          '&',
          "'",
          '#',
          '\n',
          '...',
          'for',
          'if',
          '_|_',
        ]),
      '',
    ),
};

function run(source: string): string {
  try {
    const { root } = compile(source).evaluate();
    const { error } = root;
    if (error !== undefined) return error.code;
    root.data();
    return 'value';
  } catch (error) {
    if (error instanceof CueError) return error.code;
    if (error instanceof CueBudgetError) return `budget: ${error.limit}`;
    if (error instanceof CueSyntaxError) return 'syntax';
    if (error instanceof CueCompileError) return 'compile';
    return `CRASH ${error instanceof Error ? `${error.name}: ${error.message.slice(0, 100)}` : String(error)}`;
  }
}

function main([times = '1000', seed = '1', kind = '']: readonly string[]): void {
  const names = kind === '' ? Object.keys(KINDS) : [kind];
  const random = new Random(Number(seed));
  const outcomes = new Map<string, number>();
  const worst: { ms: number; name: string; source: string }[] = [];
  const faults: string[] = [];
  const before = process.memoryUsage().rss;
  let peak = before;
  for (let i = 0; i < Number(times); i++) {
    const name = names[i % names.length] ?? '';
    const source = KINDS[name]?.(random) ?? '';
    // the processor's time: others may keep the processor from us
    const begin = process.cpuUsage();
    const outcome = run(source);
    const used = process.cpuUsage(begin);
    const ms = (used.user + used.system) / 1000;
    peak = Math.max(peak, process.memoryUsage().rss);
    outcomes.set(`${name}: ${outcome}`, (outcomes.get(`${name}: ${outcome}`) ?? 0) + 1);
    worst.push({ ms, name, source: source.slice(0, 120) });
    worst.sort((a, b) => b.ms - a.ms);
    worst.length = Math.min(worst.length, 12);
    if (outcome.startsWith('CRASH') || ms > MAX_MS)
      faults.push(`${name}: ${outcome} in ${ms.toFixed(0)} ms: ${source.slice(0, 160)}`);
  }
  for (const [key, n] of Array.from(outcomes).sort()) process.stdout.write(`${key}: ${n}\n`);
  for (const { ms, name, source } of worst)
    process.stdout.write(`${ms.toFixed(0)} ms ${name}: ${source.split('\n').join(' ')}\n`);
  process.stdout.write(
    `${times} templates, slowest ${worst[0]?.ms.toFixed(0) ?? 0} ms, memory ${(before / 2 ** 20).toFixed(0)} to ${(peak / 2 ** 20).toFixed(0)} MiB\n`,
  );
  for (const fault of faults.slice(0, 20)) process.stdout.write(`FAULT ${fault}\n`);
  process.exitCode = faults.length > 0 || peak - before > MAX_GROWTH ? 1 : 0;
}

main(process.argv.slice(2));
