import type { SyntaxExpr as Expr } from '../../../cue/src/index.ts';
import { parseFile } from '../../../cue/src/index.ts';
import { attempt, templateName } from './templates.ts';

/** Whether the top-level field `enabled` of a template can only be something else than true or false. */
export function enabledIsNoBoolean(template: string): boolean {
  const file = attempt(() => parseFile(templateName, template));
  if (!file.ok) return false;
  return file.value.decls.some(
    (decl) =>
      decl.kind === 'field' && decl.label.kind === 'ident' && decl.label.name === 'enabled' && isNoBoolean(decl.value),
  );
}

const otherTypes = ['string', 'bytes', 'int', 'float', 'number', 'null'];

function isNoBoolean(value: Expr): boolean {
  switch (value.kind) {
    case 'literal':
      return typeof value.value !== 'boolean';
    case 'string':
    case 'interpolation':
    case 'struct':
    case 'list':
      return true;
    case 'ident':
      return otherTypes.includes(value.name);
    case 'paren':
    case 'unary':
      return value.kind === 'paren' || value.op === '*' ? isNoBoolean(value.x) : false;
    case 'binary':
      return value.op === '|' && (isNoBoolean(value.x) || isNoBoolean(value.y));
    default:
      return false;
  }
}
