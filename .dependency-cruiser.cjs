// Rooms of pkg/, lowest layer first. A room imports lower layers only: never upward, never sideways.
const layers = [
  ['clock', 'logging', 'metrics', 'assets'],
  ['apis', 'safety'],
  ['patch', 'scheduling'],
  ['appfile', 'render', 'revision', 'workflow'],
  ['client', 'workqueue', 'informer', 'lease'],
  ['reconcile', 'webhook', 'dispatch', 'probes'],
  ['fleet'],
  ['controllers', 'admission', 'addon', 'install', 'devcluster', 'dashboard'],
];
const pure = [...layers[2], ...layers[3]];
const room = (names) => `^pkg/(${names.join('|')})/`;
const notTests = '\\.test\\.ts$';
const error = (name, from, to) => ({ name, severity: 'error', from, to });

const layering = layers.flatMap((names, i) => [
  ...(layers[i + 1]
    ? [error(`layer-${i}-imports-up`, { path: room(names) }, { path: room(layers.slice(i + 1).flat()) })]
    : []),
  ...(names.length > 1
    ? [error(`layer-${i}-imports-sideways`, { path: room(names) }, { path: room(names), pathNot: '^pkg/$1/' })]
    : []),
]);

// The concepts of the application controller, lowest first, under the same rule; the files beside the folders wire them.
const concepts = [
  ['status'],
  ['family'],
  ['ownership'],
  ['component'],
  ['workflow'],
  ['reconcile', 'quarantine', 'watch'],
];
const concept = (names) => `^pkg/controllers/application/(${names.join('|')})/`;

const applicationConcepts = concepts.flatMap((names, i) => [
  ...(concepts[i + 1]
    ? [
        error(
          `application-${names[0]}-imports-upward`,
          { path: concept(names), pathNot: notTests },
          { path: concept(concepts.slice(i + 1).flat()) },
        ),
      ]
    : []),
  error(
    `application-${names[0]}-imports-sideways`,
    { path: concept(names), pathNot: notTests },
    { path: concept(names), pathNot: '^pkg/controllers/application/$1/' },
  ),
]);

module.exports = {
  forbidden: [
    ...layering,
    ...applicationConcepts,
    error(
      'application-concepts-are-known',
      { path: '^pkg/controllers/application/[^/]+/', pathNot: concept(concepts.flat()) },
      {},
    ),
    error(
      'application-stages-share-no-state',
      { path: concept(['family', 'ownership', 'component', 'workflow']), pathNot: notTests },
      { path: '^pkg/controllers/application/(status/status-recorder|family/(family-cache|latest-applications))\\.ts$' },
    ),
    error(
      'application-concepts-do-not-wire',
      { path: '^pkg/controllers/application/[^/]+/', pathNot: notTests },
      { path: '^pkg/controllers/application/watches\\.ts$' },
    ),
    error('every-room-has-a-layer', { path: '^pkg/', pathNot: room(layers.flat()) }, {}),
    error(
      'pure-rooms-do-no-io',
      { path: room(pure), pathNot: notTests },
      { dependencyTypes: ['core'], path: '^(node:)?(fs|net|http|https|http2|child_process|timers|dgram|tls)(/|$)' },
    ),
    error(
      'kube-client-enters-by-one-door',
      { pathNot: '(^pkg/client/|node_modules)' },
      { path: '@kubernetes/client-node', dependencyTypesNot: ['type-only'] },
    ),
    error(
      'devcluster-knows-no-controller',
      { path: '^pkg/devcluster/', pathNot: notTests },
      { path: '^pkg/', pathNot: '^pkg/(devcluster|clock|logging|metrics|assets|apis|patch)/' },
    ),
    error('cue-imports-nothing-of-ours', { path: '^cue/', pathNot: notTests }, { path: '^(cmd|pkg|test)/' }),
    error(
      'cue-does-no-io',
      { path: '^cue/src/', pathNot: notTests },
      { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    ),
    error('pkg-not-cmd', { path: '^pkg/' }, { path: '^cmd/' }),
    error('one-cmd-not-another', { path: '^cmd/([^/]+)/' }, { path: '^cmd/', pathNot: '^cmd/$1/' }),
    error('production-not-tests', { path: '^(cmd|pkg|cue)/', pathNot: notTests }, { path: `(^test/|${notTests})` }),
    error('no-circular', {}, { circular: true }),
    error('no-unresolvable', {}, { couldNotResolve: true }),
    error(
      'no-dev-deps',
      { path: '^(cmd|pkg)/', pathNot: notTests },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
