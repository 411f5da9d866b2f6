import { compile, parseFile } from '../../../cue/src/index.ts';
import type { CueNode, Decl, Label, StructExpr } from '../../../cue/src/index.ts';
import type { Json, JsonObject, KubeObject } from '../../../machinery/src/meta.ts';
import { isMap } from '../../../machinery/src/patch/json.ts';
import type { Rendered } from '../engine.ts';
import { actionPackages } from './packages.ts';
import { attempt } from './templates.ts';

const kinds: Readonly<Record<string, string>> = {
  component: 'ComponentDefinition',
  trait: 'TraitDefinition',
  policy: 'PolicyDefinition',
  'workflow-step': 'WorkflowStepDefinition',
  workload: 'WorkloadDefinition',
};

/** Texts of CUE that may be written as structs, where CUE can be checked while it is written. */
const expressions = ['customStatus', 'healthPolicy', 'details', 'statusDetails'];

/**
 * Reads a definition as people keep it, in a file of CUE with a header, which has the definition's name, and `template`.
 * Problems name the field.
 */
export function readDefinitionFile(text: string, namespace: string): Rendered<KubeObject> {
  const parts = attempt(() => takeApart(text));
  if (!parts.ok) return parts;
  if ('problem' in parts.value) return { ok: false, problems: [parts.value.problem] };
  const { name, header, template } = parts.value;
  const fields = attempt(() => headerFields(text, name, header));
  if (!fields.ok) return fields;
  return toObject(name, { fields: fields.value, namespace, template });
}

interface Parts {
  readonly name: string;
  readonly header: StructExpr;
  readonly template: string;
}

function takeApart(text: string): Parts | { readonly problem: string } {
  const { decls, imports } = parseFile('definition', text);
  const fields = decls.flatMap((decl) => (decl.kind === 'field' ? [decl] : []));
  const template = fields.find(({ label }) => nameOf(label) === 'template');
  const [header, ...others] = decls.filter((decl) => decl !== template);
  if (!header) return { problem: 'there is no header: a struct with the name and the type of the definition' };
  const [other] = others;
  if (other) return { problem: `${describe(other)}: only a header and template may stand at the top` };
  if (header.kind !== 'field')
    return { problem: `${describe(header)}: only a header and template may stand at the top` };
  const name = nameOf(header.label) ?? '';
  if (header.value.kind !== 'struct') return { problem: `${name}: must be a struct with the type of the definition` };
  if (template?.value.kind !== 'struct') return { problem: 'template is missing' };
  const used = imports.map(({ name: alias, path }) => `import ${alias === undefined ? '' : `${alias} `}"${path}"`);
  return { name, header: header.value, template: [...used, insideOf(text, template.value)].join('\n') };
}

const describe = (decl: Decl): string => (decl.kind === 'field' ? (nameOf(decl.label) ?? 'a field') : `a ${decl.kind}`);

/** The name of a label that is a plain name or a string. */
export function nameOf(label: Label): string | undefined {
  if (label.kind === 'ident') return label.name;
  return label.kind === 'string' && typeof label.value === 'string' ? label.value : undefined;
}

/** The inside of a struct, at the left; its end is where the closing brace is. */
export function insideOf(text: string, { pos, end }: StructExpr): string {
  const lines = text
    .slice(pos, end)
    .replace(/^\{[^\S\n]*\n?/, '')
    .trimEnd()
    .split('\n');
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length);
  const least = Math.min(...indents);
  return `${lines.map((line) => line.slice(Number.isFinite(least) ? least : 0)).join('\n')}\n`;
}

/** The fields of the header; expressions that are written as structs become texts. */
function headerFields(text: string, name: string, header: StructExpr): JsonObject {
  const written = structTexts(text, header);
  // the imports of the template would count as unused
  const { imports } = parseFile('definition', text);
  const own = `${text.slice(header.pos, header.end)}}`;
  const used = imports.filter(({ name: alias, path }) =>
    new RegExp(`\\b${alias ?? path.slice(path.lastIndexOf('/') + 1)}\\.`).test(own),
  );
  const lines = used.map(({ name: alias, path }) => `import ${alias === undefined ? '' : `${alias} `}"${path}"`);
  const source = [...lines, `${JSON.stringify(name)}: ${own}`].join('\n');
  const template = compile(source, { inputs: ['parameter', 'context'], packages: actionPackages });
  const node = template.evaluate().lookup(name);
  return node ? (fieldsOf(node, [], written) as JsonObject) : {};
}

function fieldsOf(node: CueNode, path: readonly string[], written: ReadonlyMap<string, string>): Json {
  const text = written.get(path.join('.'));
  if (text !== undefined) return text;
  const isAround = [...written.keys()].some((key) => path.length === 0 || key.startsWith(`${path.join('.')}.`));
  if (!isAround) return node.json();
  return Object.fromEntries(
    node.fields().map((field) => [field.name, fieldsOf(field, [...path, field.name], written)]),
  );
}

/** The texts of expressions that are structs, by their path in the header. */
function structTexts(text: string, struct: StructExpr, path: readonly string[] = []): ReadonlyMap<string, string> {
  const entries = struct.decls.flatMap((decl): readonly (readonly [string, string])[] => {
    if (decl.kind !== 'field' || decl.value.kind !== 'struct') return [];
    const name = nameOf(decl.label) ?? '';
    const below = [...path, name];
    if (expressions.includes(name)) return [[below.join('.'), insideOf(text, decl.value)]];
    return [...structTexts(text, decl.value, below)];
  });
  return new Map(entries);
}

interface Written {
  readonly fields: JsonObject;
  readonly namespace: string;
  readonly template: string;
}

function toObject(name: string, { fields, namespace, template }: Written): Rendered<KubeObject> {
  const { type, alias, description, annotations, labels, attributes } = fields;
  const kind = typeof type === 'string' ? kinds[type] : undefined;
  if (kind === undefined)
    return { ok: false, problems: [`${name}.type: must be one of ${Object.keys(kinds).join(', ')}`] };
  const spec = (attributes ?? {}) as JsonObject;
  const { statusDetails, ...status } = (spec['status'] ?? {}) as JsonObject;
  const own = labelled(labels);
  return {
    ok: true,
    value: {
      apiVersion: 'core.oam.dev/v1beta1',
      kind,
      metadata: {
        name,
        namespace,
        ...(Object.keys(own).length > 0 && { labels: own }),
        annotations: {
          ...labelled(annotations),
          ...(typeof alias === 'string' && { 'definition.oam.dev/alias': alias }),
          'definition.oam.dev/description': typeof description === 'string' ? description : '',
        },
      },
      spec: {
        ...spec,
        ...(spec['status'] !== undefined && {
          status: { ...status, ...(statusDetails !== undefined && { details: statusDetails }) },
        }),
        schematic: { cue: { template } },
      },
    },
  };
}

/** Keys without a domain of KubeVela get its prefix for custom keys. */
function labelled(map: unknown): Readonly<Record<string, string>> {
  const entries = isMap(map) ? Object.entries(map) : [];
  return Object.fromEntries(
    entries.map(([key, value]) => [key.includes('oam.dev') ? key : `custom.definition.oam.dev/${key}`, String(value)]),
  );
}
