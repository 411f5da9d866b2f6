// Writes charts/vela-core: the Helm chart of the manifests that `vela install` renders, from the same templates/.
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { chartReadme } from './docs/values.mjs';

const root = join(import.meta.dirname, '..');
const from = join(root, 'templates');
const to = join(root, 'charts/vela-core');

const read = (...path) => readFileSync(join(...path), 'utf8');
const { version } = JSON.parse(read(root, 'package.json'));

/** The helpers of templates/system as functions of Helm; each gets its arguments as Go expressions. */
const functions = {
  json: (value) => `(${value} | toJson)`,
  quote: (value) => `(include "vela-core.text" ${value} | toJson)`,
  yaml: (value) => `(toYaml ${value})`,
  indent: (count, text) => `(indent ${count} ${text})`,
  print: (...parts) => `(print ${parts.join(' ')})`,
  size: (value) => `(len ${value})`,
  and: (...parts) => `(and ${parts.join(' ')})`,
  or: (...parts) => `(or ${parts.join(' ')})`,
  not: (value) => `(not ${value})`,
  eq: (a, b) => `(eq ${a} ${b})`,
  ne: (a, b) => `(ne ${a} ${b})`,
};

function expression(node) {
  switch (node.type) {
    case 'PathExpression':
      return pathOf(node);
    case 'StringLiteral':
      return JSON.stringify(node.value);
    case 'NumberLiteral':
    case 'BooleanLiteral':
      return String(node.value);
    case 'SubExpression':
    case 'MustacheStatement':
      return node.params.length === 0 ? pathOf(node.path) : call(node);
    default:
      throw new Error(`line ${node.loc.start.line}: ${node.type} has no counterpart in the chart`);
  }
}

function call({ path, params, loc }) {
  const translate = functions[path.original];
  if (!translate)
    throw new Error(`line ${loc.start.line}: the helper ${path.original} has no counterpart in the chart`);
  return translate(...params.map(expression));
}

function pathOf({ original, parts, loc }) {
  if (original === '@key') return '$key';
  if (original === 'this') return '$value';
  const [head, ...rest] = parts;
  const names = { parameter: '$.Values', context: '$context' };
  if (!Object.hasOwn(names, head))
    throw new Error(`line ${loc.start.line}: ${original} has no counterpart in the chart`);
  return [names[head], ...rest].join('.');
}

function statement(node) {
  switch (node.type) {
    case 'ContentStatement':
      return node.value;
    case 'CommentStatement':
      return '';
    case 'MustacheStatement':
      // a value that is no text already is printed as Handlebars prints it
      return node.params.length === 0
        ? `{{ include "vela-core.text" ${expression(node)} }}`
        : `{{ ${expression(node)} }}`;
    case 'BlockStatement':
      return block(node);
    default:
      throw new Error(`line ${node.loc.start.line}: ${node.type} has no counterpart in the chart`);
  }
}

const body = (program) => (program ? program.body.map(statement).join('') : '');

function block({ path, params, program, inverse, loc }) {
  const otherwise = inverse ? `{{ else }}${body(inverse)}` : '';
  const [subject] = params.map(expression);
  if (path.original === 'if') return `{{ if ${subject} }}${body(program)}${otherwise}{{ end }}`;
  if (path.original === 'each') return `{{ range $key, $value := ${subject} }}${body(program)}${otherwise}{{ end }}`;
  throw new Error(`line ${loc.start.line}: the block ${path.original} has no counterpart in the chart`);
}

/** A template of templates/system in the language of Helm. */
export function translated(text) {
  return `{{- $context := include "vela-core.context" . | fromJson -}}\n${body(Handlebars.parse(text))}`;
}

rmSync(to, { recursive: true, force: true });
for (const folder of ['templates', 'crds', 'files/definitions', 'files/views'])
  mkdirSync(join(to, folder), { recursive: true });
cpSync(join(from, 'chart'), to, { recursive: true });
writeFileSync(join(to, 'Chart.yaml'), read(from, 'chart/Chart.yaml').replaceAll('{version}', version));
cpSync(join(from, 'values.yaml'), join(to, 'values.yaml'));
cpSync(join(from, 'values.yaml'), join(to, 'files/defaults.yaml'));
writeFileSync(join(to, 'README.md'), chartReadme(read(from, 'values.yaml')));
cpSync(join(from, 'rights.yaml'), join(to, 'files/rights.yaml'));
cpSync(join(from, 'crds'), join(to, 'crds'), { recursive: true });
cpSync(join(from, 'definitions'), join(to, 'files/definitions'), { recursive: true });
cpSync(join(from, 'views'), join(to, 'files/views'), { recursive: true });
for (const name of readdirSync(join(from, 'system'))) {
  // the namespace of a release is the business of Helm
  if (name === '00-namespace.yaml') continue;
  try {
    writeFileSync(join(to, 'templates', name), translated(read(from, 'system', name)));
  } catch (error) {
    throw new Error(`templates/system/${name}: ${error.message}`, { cause: error });
  }
}
