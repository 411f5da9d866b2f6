// kubernetes-encoding.mjs GO_MODULES > devcluster/kubernetes-1.36/encoding.json: reads from the Go sources of k8s.io/api and
// k8s.io/apimachinery, below a folder of Go modules, how the API server writes the fields of each type when they are empty.
import fs from 'node:fs';
import path from 'node:path';

const [, , modules, version = 'v0.36.3'] = process.argv;
const roots = [
  { folder: path.join(modules, `k8s.io/api@${version}`), prefix: 'io.k8s.api' },
  {
    folder: path.join(modules, `k8s.io/apimachinery@${version}/pkg/apis/meta`),
    prefix: 'io.k8s.apimachinery.pkg.apis.meta',
  },
];

/** Every type of every package: `core/v1` to its name and text. */
const packages = new Map();
for (const { folder, prefix } of roots) {
  for (const entry of fs.readdirSync(folder, { recursive: true })) {
    if (!/types(_\w+)?\.go$/.test(entry)) continue;
    const at = `${prefix}.${path.dirname(entry).split(path.sep).join('.')}`;
    const types = packages.get(at) ?? new Map();
    packages.set(at, types);
    const text = fs.readFileSync(path.join(folder, entry), 'utf8');
    for (const [, name, body] of text.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm))
      types.set(name, { fields: fieldsOf(body) });
    for (const [, name, kind] of text.matchAll(/^type (\w+) (?!struct)([\w[\]*.]+)/gm))
      types.set(name, { alias: kind });
  }
}

function fieldsOf(body) {
  const form = /^\t(?:(\w+) +)?([\w[\]*.]+)[ \t]+`[^`]*?json:"([^"]*)"[^`]*`/gm;
  return [...body.matchAll(form)].map(([, name, type, tag]) => ({ name, type, tag }));
}

const basic = { string: '', bool: false, int: 0, int8: 0, int32: 0, int64: 0, float64: 0 };
const special = {
  Time: null,
  MicroTime: null,
  RawExtension: null,
  Quantity: '0',
  IntOrString: 0,
  UID: '',
  NodeName: '',
  UniqueVolumeName: '',
};

/** What an empty value of a type is written as: a scalar, null, or `{}` for a struct. */
function zeroOf(type, at) {
  if (/^(\*|\[\]|map\[)/.test(type)) return null;
  if (type in basic) return basic[type];
  const name = type.split('.').at(-1);
  if (name in special) return special[name];
  const found = packages.get(packageOf(type, at))?.get(name);
  if (found?.alias) return zeroOf(found.alias, packageOf(type, at));
  return found?.fields ? {} : null;
}

function packageOf(type, at) {
  const [alias] = type.includes('.') ? type.split('.') : [];
  if (alias === undefined) return at;
  if (alias === 'metav1') return 'io.k8s.apimachinery.pkg.apis.meta.v1';
  return 'io.k8s.api.core.v1';
}

function encodingOf(fields, at) {
  const written = {};
  const dropped = [];
  for (const { name, type, tag } of fields) {
    const [key, ...options] = tag.split(',');
    if (key === '-') continue;
    if (options.includes('inline')) {
      const inner = packages.get(packageOf(type.replace('*', ''), at))?.get(type.replace('*', '').split('.').at(-1));
      const nested = inner?.fields ? encodingOf(inner.fields, packageOf(type, at)) : { written: {}, dropped: [] };
      Object.assign(written, nested.written);
      dropped.push(...nested.dropped);
      continue;
    }
    if (key === '' || name === undefined) continue;
    const zero = zeroOf(type, at);
    const isScalar = ['string', 'number', 'boolean'].includes(typeof zero) && !/(Quantity|IntOrString)$/.test(type);
    const isStruct = zero !== null && typeof zero === 'object';
    const isTime = /^(\w+\.)?(Time|MicroTime|Quantity|IntOrString)$/.test(type);
    if (options.includes('omitzero')) continue;
    if (options.includes('omitempty') && isScalar) dropped.push(key);
    else if (!options.includes('omitempty') || isStruct || isTime) written[key] = zero;
  }
  return { written, dropped };
}

const result = {};
for (const [at, types] of [...packages].sort(([a], [b]) => (a < b ? -1 : 1))) {
  for (const [name, { fields }] of [...types].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (fields === undefined || /List$/.test(name) || name === 'ObjectMeta' || name === 'TypeMeta') continue;
    const { written, dropped } = encodingOf(fields, at);
    Reflect.deleteProperty(written, 'metadata');
    if (Object.keys(written).length + dropped.length === 0) continue;
    result[`${at}.${name}`] = {
      ...(Object.keys(written).length > 0 && { written }),
      ...(dropped.length > 0 && { dropped }),
    };
  }
}
const lines = Object.entries(result).map(([name, one]) => `${JSON.stringify(name)}: ${JSON.stringify(one)}`);
process.stdout.write(`{\n${lines.join(',\n')}\n}\n`);
