import type { Decl, SyntaxExpr as Expr, StructExpr } from '../../../cue/src/index.ts';
import { parseFile } from '../../../cue/src/index.ts';
import { attempt, templateName } from './templates.ts';

/** The kind of an object that a template yields. */
export interface OutputKind {
  readonly apiVersion: string;
  readonly kind: string;
}

/**
 * The kinds of the objects in `output` and `outputs`, wherever a template has such a field, as far as they are written as
 * plain texts. None where the template does not parse.
 */
export function outputKinds(template: string): readonly OutputKind[] {
  const file = attempt(() => parseFile(templateName, template));
  return file.ok ? kindsBelow(file.value.decls) : [];
}

function kindsBelow(node: unknown): readonly OutputKind[] {
  if (typeof node !== 'object' || node === null) return [];
  return [...kindsAt(node), ...Object.values(node).flatMap(kindsBelow)];
}

function kindsAt(decl: Partial<Decl>): readonly OutputKind[] {
  if (decl.kind !== 'field' || decl.value?.kind !== 'struct') return [];
  const name = nameOf(decl as Decl);
  if (name === 'output') return kindOf(decl.value);
  if (name !== 'outputs') return [];
  return fieldsOf(decl.value).flatMap(([, value]) => (value.kind === 'struct' ? kindOf(value) : []));
}

function kindOf(struct: StructExpr): readonly OutputKind[] {
  const texts = Object.fromEntries(
    fieldsOf(struct).flatMap(([name, value]) =>
      value.kind === 'string' && typeof value.value === 'string' ? [[name, value.value] as const] : [],
    ),
  );
  const { apiVersion, kind } = texts;
  return apiVersion !== undefined && kind !== undefined ? [{ apiVersion, kind }] : [];
}

function fieldsOf({ decls }: StructExpr): readonly (readonly [name: string, value: Expr])[] {
  return decls.flatMap((decl) => {
    const name = nameOf(decl);
    return decl.kind === 'field' && name !== undefined ? [[name, decl.value] as const] : [];
  });
}

function nameOf(decl: Decl): string | undefined {
  if (decl.kind !== 'field') return undefined;
  const { label } = decl;
  if (label.kind === 'ident') return label.name;
  return label.kind === 'string' && typeof label.value === 'string' ? label.value : undefined;
}
