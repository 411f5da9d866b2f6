/** What the path of a request about resources names. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly namespace: string | undefined;
  readonly plural: string;
  readonly name: string | undefined;
  readonly subresource: string;
  /** What follows the subresource, as in `pods/p/proxy/a/b`. */
  readonly rest: string;
  /** The old way to watch: `/api/v1/watch/...`. */
  readonly isWatch: boolean;
}

/**
 * Takes a path below `/api/v1` or `/apis/G/V` apart; undefined when it names no resource, such as `/apis/apps`.
 *
 * A third segment below a namespace is read as a subresource of the namespace only for `status` and `finalize`.
 */
export function parseResourcePath(pathname: string): ResourcePath | undefined {
  const segments = decoded(pathname);
  if (segments === undefined) return undefined;
  const [root, ...afterRoot] = segments;
  let parts: string[];
  let group = '';
  if (root === 'api') parts = afterRoot;
  else if (root === 'apis') {
    group = afterRoot[0] ?? '';
    if (group === '') return undefined;
    parts = afterRoot.slice(1);
  } else return undefined;
  const [version, ...below] = parts;
  if (version === undefined) return undefined;
  const isWatch = below[0] === 'watch' && below.length > 1;
  const named = isWatch ? below.slice(1) : below;
  return named.length === 0 ? undefined : { group, version, isWatch, ...target(named) };
}

function target(
  named: readonly string[],
): Pick<ResourcePath, 'namespace' | 'plural' | 'name' | 'subresource' | 'rest'> {
  const [first, namespace, third] = named;
  const isScoped = first === 'namespaces' && third !== undefined && third !== 'status' && third !== 'finalize';
  const rest = isScoped ? named.slice(2) : named;
  const [plural = '', name, subresource = ''] = rest;
  return { namespace: isScoped ? namespace : undefined, plural, name, subresource, rest: rest.slice(3).join('/') };
}

function decoded(pathname: string): string[] | undefined {
  const segments = pathname.split('/').slice(1);
  if (segments.at(-1) === '') segments.pop();
  if (!pathname.includes('%')) return segments.includes('') ? undefined : segments;
  try {
    const plain = segments.map((segment) => decodeURIComponent(segment));
    return plain.some((segment) => segment === '') ? undefined : plain;
  } catch {
    return undefined;
  }
}
