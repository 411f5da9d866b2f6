// Rooms of pkg/, lowest layer first. A room imports lower layers only: never upward, never sideways.
const layers = [
  ['metrics', 'assets'],
  ['apis', 'safety'],
  ['scheduling'],
  ['appfile', 'render', 'revision', 'workflow'],
  ['client', 'informer', 'lease'],
  ['reconcile', 'webhook', 'dispatch', 'probes'],
  ['fleet'],
  ['controllers', 'admission', 'addon', 'install', 'dashboard'],
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

// Rooms of the embedded API under the same rule; the files beside the rooms wire them.
const embedded = [
  ['storage', 'protobuf', 'spdy', 'text', 'contract'],
  ['cel'],
  ['schema'],
  ['kinds'],
  ['auth', 'admission'],
  ['apiserver'],
  ['chaos', 'controllers'],
  ['kubelet'],
];
const embeddedRoom = (names) => `^devcluster/src/(${names.join('|')})/`;

const embeddedLayering = embedded.flatMap((names, i) =>
  embedded[i + 1]
    ? [
        error(
          `devcluster-${names[0]}-imports-upward`,
          { path: embeddedRoom(names), pathNot: notTests },
          { path: embeddedRoom(embedded.slice(i + 1).flat()) },
        ),
      ]
    : [],
);

// The concepts of the application controller, lowest first, under the same rule; the files beside the folders wire them.
const concepts = [
  ['status'],
  ['family'],
  ['ownership'],
  ['component'],
  ['workflow'],
  ['policies'],
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
    ...embeddedLayering,
    ...applicationConcepts,
    error('devcluster-rooms-are-known', { path: '^devcluster/src/[^/]+/', pathNot: embeddedRoom(embedded.flat()) }, {}),
    error(
      'devcluster-rooms-do-not-wire',
      { path: '^devcluster/src/[^/]+/', pathNot: notTests },
      { path: '^devcluster/src/[^/]+\\.ts$', pathNot: '/facts\\.ts$' },
    ),
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
      'devcluster-knows-machinery-only',
      { path: '^devcluster/', pathNot: notTests },
      { path: '^(cmd|pkg|cue|test)/' },
    ),
    error(
      'devcluster-is-optional',
      { path: '^(cmd|pkg|cue|machinery)/', pathNot: `(^cmd/vela/commands/dev\\.ts$|${notTests})` },
      { path: '^devcluster/' },
    ),
    error(
      'vela-dev-loads-devcluster-late',
      { path: '^cmd/vela/commands/dev\\.ts$' },
      { path: '^devcluster/', dependencyTypesNot: ['dynamic-import', 'type-only'] },
    ),
    error('machinery-is-the-base', { path: '^machinery/' }, { path: '^(cmd|pkg|cue|devcluster|test)/' }),
    error(
      'patches-do-no-io',
      { path: '^machinery/src/patch/', pathNot: notTests },
      { dependencyTypes: ['core'], path: '^(node:)?(fs|net|http|https|http2|child_process|timers|dgram|tls)(/|$)' },
    ),
    error('cue-imports-nothing-of-ours', { path: '^cue/', pathNot: notTests }, { path: '^(cmd|pkg|test)/' }),
    error(
      'cue-does-no-io',
      { path: '^cue/src/', pathNot: notTests },
      { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    ),
    error('pkg-not-cmd', { path: '^pkg/' }, { path: '^cmd/' }),
    error('one-cmd-not-another', { path: '^cmd/([^/]+)/' }, { path: '^cmd/', pathNot: '^cmd/$1/' }),
    error(
      'production-not-tests',
      { path: '^(cmd|pkg|cue|devcluster|machinery)/', pathNot: notTests },
      { path: `(^test/|${notTests})` },
    ),
    error('no-circular', {}, { circular: true }),
    error('no-unresolvable', {}, { couldNotResolve: true }),
    error(
      'no-dev-deps',
      { path: '^(cmd|pkg|devcluster|machinery)/', pathNot: notTests },
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
