// Reads names, defaults and comments of templates/values.yaml.
import { load } from 'js-yaml';

const isMap = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Comments of the file by the path of the key below them. */
function commentsOf(text) {
  const comments = new Map();
  const path = [];
  let pending = [];
  for (const line of text.split('\n')) {
    const comment = /^ *# ?(.*)$/.exec(line);
    const key = /^( *)([\w]+):/.exec(line);
    if (comment) pending.push(comment[1]);
    else if (key) {
      path.length = key[1].length / 2;
      path.push(key[2]);
      comments.set(path.join('.'), pending.join(' '));
      pending = [];
    } else pending = [];
  }
  return comments;
}

function* entriesOf(values, prefix = []) {
  for (const [key, value] of Object.entries(values)) {
    const path = [...prefix, key];
    const isLeaf = !isMap(value) || Object.keys(value).length === 0;
    yield { path: path.join('.'), value, isLeaf };
    if (!isLeaf) yield* entriesOf(value, path);
  }
}

/** A default as it is written, when it is short. */
function defaultOf(value) {
  if (value === '') return '';
  const text = JSON.stringify(value);
  return text.length > 60 ? 'see `values.yaml`' : `\`${text.replaceAll('"', '')}\``;
}

/** One row for each value, and one for each group of values that has a comment. */
export function valueRows(text) {
  const comments = commentsOf(text);
  return [...entriesOf(load(text))]
    .filter(({ path, isLeaf }) => isLeaf || comments.get(path))
    .map(({ path, value, isLeaf }) => {
      const parents = path.split('.').map((_, at, keys) => keys.slice(0, at + 1).join('.'));
      if (!parents.some((one) => comments.get(one))) throw new Error(`templates/values.yaml: ${path}: has no comment`);
      const meaning = comments.get(path).replaceAll('|', '\\|');
      return `| \`${path}\` | ${isLeaf ? defaultOf(value) : ''} | ${meaning} |\n`;
    })
    .join('');
}

export const chartReadme = (text) => `# Helm chart of Flotilla

<!-- Written by hack/chart.mjs from values.yaml; do not edit. -->

Installs the controller of Flotilla, which delivers Applications of KubeVela's API, with its CustomResourceDefinitions,
definitions, webhooks and policies.

\`\`\`sh
helm install kubevela charts/vela-core -n vela-system --create-namespace --wait --set sharding.enabled=true
\`\`\`

docs/operations/helm.md of the repository describes upgrade, rollback and removal, and the use with Flux and Argo CD.

## Values

| value | default | meaning |
|---|---|---|
${valueRows(text)}`;
