// Tables of the fields of CustomResourceDefinitions.

/** Fields of a schema with their path, type and description; `[]` stands for the items of a list, `{}` for the values of a map. */
function* fieldsOf(schema, path = '') {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const at = path === '' ? name : `${path}.${name}`;
    const isRequired = (schema.required ?? []).includes(name);
    yield { path: at, type: typeOf(field), text: textOf(field, isRequired) };
    yield* fieldsOf(...inner(field, at));
  }
}

/** The schema below a field that has fields of its own, and its path. */
function inner(field, path) {
  if (field.type === 'array') return inner(field.items, `${path}[]`);
  if (typeof field.additionalProperties === 'object') return inner(field.additionalProperties, `${path}{}`);
  return [field, path];
}

function typeOf(field) {
  if (field.type === 'array') return `list of ${typeOf(field.items)}`;
  if (typeof field.additionalProperties === 'object') return `map of ${typeOf(field.additionalProperties)}`;
  if (field['x-kubernetes-int-or-string']) return 'integer or string';
  if (field.type === 'object' && field['x-kubernetes-preserve-unknown-fields']) return 'any object';
  return field.type ?? 'any';
}

function textOf(field, isRequired) {
  const description = field.description ?? (field.type === 'array' ? field.items.description : undefined) ?? '';
  const parts = [
    isRequired ? '**required**' : '',
    description,
    field.enum ? `One of ${field.enum.map((one) => `\`${one === '' ? "''" : one}\``).join(', ')}.` : '',
    field.default === undefined ? '' : `Default \`${JSON.stringify(field.default)}\`.`,
  ];
  return parts
    .filter((part) => part !== '')
    .join(' ')
    .replaceAll('|', '\\|')
    .replaceAll('\n', ' ');
}

function sectionOf({ spec: { group, names, scope, versions } }) {
  const stored = versions.find(({ storage }) => storage);
  const { openAPIV3Schema } = stored.schema;
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...properties } = openAPIV3Schema.properties;
  const rows = [...fieldsOf({ ...openAPIV3Schema, properties })].map(
    ({ path, type, text }) => `| \`${path}\` | ${type} | ${text} |\n`,
  );
  const also = names.shortNames ? `, short ${names.shortNames.map((name) => `\`${name}\``).join(', ')}` : '';
  const head = `## ${names.kind}\n\n\`${group}/${stored.name}\`, ${scope.toLowerCase()}, \`${names.plural}\`${also}. ${openAPIV3Schema.description ?? ''}`;
  return `${head.trim()}\n\n| field | type | meaning |\n|---|---|---|\n${rows.join('')}`;
}

/** One section for each kind: those of the fleet, then those of KubeVela. */
export function crdSections(crds) {
  const fleet = crds.filter(({ spec }) => spec.group === 'flotilla.dev');
  return [...fleet, ...crds.filter((crd) => !fleet.includes(crd))].map(sectionOf).join('\n');
}
