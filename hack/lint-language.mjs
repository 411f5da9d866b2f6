// Words that docs/glossary.md avoids: none may be added to identifiers, strings, comments or documents.
//
//   node hack/lint-language.mjs            fails where a file has more of them than hack/language-baseline.json allows
//   node hack/lint-language.mjs --list     prints every place
//   node hack/lint-language.mjs --update   lowers the baseline to what is there; it never raises a number
//
// A line with `language: allow` in it, or in the line above, is left out.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const baselineFile = 'hack/language-baseline.json';
const words = [
  'who',
  'whoever',
  'whom',
  'whose',
  'nobody',
  'somebody',
  'anybody',
  'tell',
  'tells',
  'told',
  'look',
  'looks',
  'looked',
  'looking',
  'wish',
  'wishes',
  'wished',
  'haste',
  'accuse',
  'accused',
  'acquit',
  'acquitted',
  'meanwhile',
  'patience',
]; // language: allow
const avoided = new RegExp(String.raw`\b(${words.join('|')}|lets? go|letting go)\b`, 'gi');

const files = execFileSync(
  'git',
  [
    'ls-files',
    '--cached',
    '--others',
    '--exclude-standard',
    '*.ts',
    '*.mjs',
    '*.cjs',
    '*.md',
    '*.yaml',
    '*.sh',
    '*.go',
    'Makefile',
    'Dockerfile',
  ],
  {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  },
)
  .split('\n')
  .filter(
    (file) =>
      file &&
      existsSync(file) &&
      !/\.gen\.|^charts\/|(^|\/)(testdata|golden|node_modules)\/|^hack\/lint-language|^docs\/glossary\.md/.test(file),
  );

/** `letGo` is read as `let Go`. */
const split = (line) => line.replace(/([a-z\d])([A-Z])/g, '$1 $2').replaceAll('_', ' ');

function placesIn(file) {
  const lines = readFileSync(file, 'utf8').split('\n');
  const isAllowed = (at) => lines[at]?.includes('language: allow') || lines[at - 1]?.includes('language: allow');
  return lines.flatMap((line, at) =>
    isAllowed(at) ? [] : [...split(line).matchAll(avoided)].map(([word]) => ({ at: at + 1, word, line: line.trim() })),
  );
}

const baseline = existsSync(baselineFile) ? JSON.parse(readFileSync(baselineFile, 'utf8')) : {};
const found = Object.fromEntries(files.map((file) => [file, placesIn(file)]).filter(([, places]) => places.length > 0));
const print = (file, places) =>
  places.forEach(({ at, word, line }) => console.log(`${file}:${at}: "${word}": ${line.slice(0, 140)}`));

if (process.argv.includes('--update')) {
  const lowered = Object.entries(found).map(([file, { length }]) => [
    file,
    Math.min(length, baseline[file] ?? (process.argv.includes('--initial') ? length : 0)),
  ]);
  writeFileSync(
    baselineFile,
    `${JSON.stringify(Object.fromEntries(lowered.filter(([, n]) => n > 0).sort()), undefined, 2)}\n`,
  );
} else if (process.argv.includes('--list')) {
  for (const [file, places] of Object.entries(found)) print(file, places);
} else {
  const more = Object.entries(found).filter(([file, places]) => places.length > (baseline[file] ?? 0));
  for (const [file, places] of more) {
    console.log(
      `${file}: ${places.length} avoided words, ${baseline[file] ?? 0} allowed; docs/glossary.md has better ones:`,
    );
    print(file, places.slice(0, 12));
  }
  if (more.length > 0) process.exitCode = 1;
}
