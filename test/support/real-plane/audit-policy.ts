/** Kinds with writes that are recorded with the stored object. */
export interface JudgedKinds {
  readonly group: string;
  readonly resources: readonly string[];
  /** All when absent. */
  readonly namespaces?: readonly string[];
}

const reads = ['get', 'list', 'watch'];

/** What the API server writes into its audit log: every request of pods, and writes of everybody. */
export function auditPolicy(judged: readonly JudgedKinds[]): object {
  return {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    // one event for each request, also for a watch
    omitStages: ['RequestReceived', 'ResponseStarted'],
    rules: [
      { level: 'None', nonResourceURLs: ['*'] },
      { level: 'None', users: ['admin'], verbs: reads },
      { level: 'Metadata', verbs: reads },
      // the request comes with the answer: there is no level between
      ...judged.map(({ group, resources, namespaces }) => ({
        level: 'RequestResponse',
        resources: [{ group, resources: resources.flatMap((name) => [name, `${name}/*`]) }],
        ...(namespaces && { namespaces }),
      })),
      { level: 'Metadata' },
    ],
  };
}
