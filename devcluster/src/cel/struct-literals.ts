/**
 * Rewrites constructions of types, such as `Object{metadata: Object.metadata{...}}` or `JSONPatch{op: "add"}`, into maps
 * with the same fields: the names of types say nothing that the fields do not.
 */
export function withoutStructs(expression: string): string {
  if (!/[A-Za-z_]\w*\s*\{/.test(expression)) return expression;
  const tokens = tokenize(expression);
  const out: string[] = [];
  const frames: ('struct' | 'other')[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] ?? '';
    if (isTypeName(token) && next(tokens, i) === '{') {
      // The brace is the next token that is no blank; what is between goes.
      while (tokens[i + 1] !== '{') i++;
      i++;
      frames.push('struct');
      out.push('{');
      continue;
    }
    if ('([{'.includes(token)) frames.push('other');
    if (')]}'.includes(token)) frames.pop();
    const isField =
      frames.at(-1) === 'struct' && isTypeName(token) && next(tokens, i) === ':' && '{,?'.includes(previous(out));
    out.push(isField ? JSON.stringify(token) : token);
  }
  return out.join('');
}

function tokenize(expression: string): string[] {
  return (
    expression.match(
      /[rb]*("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*|\s+|[\s\S]/g,
    ) ?? []
  );
}

function isTypeName(token: string): boolean {
  return /^[A-Za-z_][\w.]*$/.test(token);
}

function next(tokens: readonly string[], at: number): string | undefined {
  return tokens.slice(at + 1).find((token) => token.trim() !== '');
}

function previous(out: readonly string[]): string {
  return out.findLast((token) => token.trim() !== '') ?? '';
}
