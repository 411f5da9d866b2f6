/** Label, annotation and finalizer keys, and reserved names. Each is spelled here and nowhere else. */

export const systemNamespace = 'vela-system';

export const labels = {
  /** On controller pods: the shard that the pod announces. */
  shardId: 'controller.core.oam.dev/shard-id',
  /** On Application, ApplicationRevision and ResourceTracker: the shard that works on them. */
  scheduledShardId: 'controller.core.oam.dev/scheduled-shard-id',
  /** On Application: the shard to which it is to be moved, or is being moved. */
  shardMove: 'controller.core.oam.dev/shard-move',
  /** On Namespace and Application: the ShardPartition that it is restricted to. */
  shardPartition: 'controller.core.oam.dev/shard-partition',
  /** On delivered resources: the shard that wrote them last, by which its watches select them. */
  deliveredBy: 'controller.core.oam.dev/delivered-by',
  pause: 'controller.core.oam.dev/pause',
  appName: 'app.oam.dev/name',
  appNamespace: 'app.oam.dev/namespace',
  appComponent: 'app.oam.dev/component',
  appRevision: 'app.oam.dev/appRevision',
  appRevisionHash: 'app.oam.dev/app-revision-hash',
  appUid: 'app.oam.dev/uid',
  appCluster: 'app.oam.dev/cluster',
  resourceType: 'app.oam.dev/resourceType',
  workloadType: 'workload.oam.dev/type',
  traitType: 'trait.oam.dev/type',
  traitResource: 'trait.oam.dev/resource',
  manageWorkload: 'trait.oam.dev/manage-workload',
  renderHash: 'oam.dev/render-hash',
  componentDefinitionName: 'componentdefinition.oam.dev/name',
  traitDefinitionName: 'trait.oam.dev/name',
  policyDefinitionName: 'policydefinition.oam.dev/name',
  workflowStepDefinitionName: 'workflowstepdefinition.oam.dev/name',
  /** On ConfigMaps that hold a query of an installation. */
  view: 'flotilla.dev/view',
  /** On what the steps of a WorkflowRun apply. */
  workflowRunName: 'workflowrun.oam.dev/name',
  workflowRunNamespace: 'workflowrun.oam.dev/namespace',
  addonName: 'addons.oam.dev/name',
  addonVersion: 'addons.oam.dev/version',
  addonRegistry: 'addons.oam.dev/registry',
} as const;

export const annotations = {
  /** On Application: how far a move has come, as JSON. */
  shardMove: 'controller.core.oam.dev/shard-move',
  /** On Application: how often its family has changed its shard. */
  shardEpoch: 'controller.core.oam.dev/shard-epoch',
  /** On what shards write: the epochs of the family and of the Lease under which it was written; they never go back. */
  shardFence: 'controller.core.oam.dev/shard-fence',
  /** On Application: how often a controller died while it worked on it, and when last, as JSON. */
  crashes: 'controller.core.oam.dev/crashes',
  /** On Application: `disabled` where it shall not go to the shard of the Application that made it. */
  shardInheritance: 'controller.core.oam.dev/shard-inheritance',
  /** On Application: a word; all Applications with the same go to one shard. */
  shardAffinity: 'controller.core.oam.dev/shard-affinity',
  /** On Application or namespace: labels that its shard must have, as `kubectl -l` takes them. */
  shardSelector: 'controller.core.oam.dev/shard-selector',
  /** On Application: a word; those of a namespace with the same are on one shard, which works on one at a time. */
  serialGroup: 'controller.core.oam.dev/serial-group',
  /** On a shard's Lease, written by its holder. */
  shardVersion: 'controller.core.oam.dev/version',
  shardConfigHash: 'controller.core.oam.dev/config-hash',
  shardCapacity: 'controller.core.oam.dev/capacity',
  shardLoad: 'controller.core.oam.dev/load',
  shardAddress: 'controller.core.oam.dev/address',
  /** On a shard's Lease: `namespace/name` of Applications in work when its last process died, with commas between. */
  suspects: 'controller.core.oam.dev/suspects',
  /** On a shard's Lease: the shard for which the holding process was started; another one when it was adopted. */
  homeShard: 'controller.core.oam.dev/home-shard',
  /** On an adopted shard's Lease: `true` where its holder only hands its Applications over. */
  shardDraining: 'controller.core.oam.dev/draining',
  /** On a shard's Lease, written by the master for its holder: shards to adopt, as JSON. */
  adopt: 'controller.core.oam.dev/adopt',
  /** On an adopted shard's Lease, written by a process of that shard which is back: the holder shall let it go. */
  wantedBy: 'controller.core.oam.dev/wanted-by',
  /** On a shard's Lease, written by its holder: why the fences in the API server refuse it. */
  holderRefused: 'controller.core.oam.dev/holder-refused',
  /** On a shard's Lease, written by its holder: the Role by which it records itself for the fences. */
  holderRole: 'controller.core.oam.dev/holder-role',
  /** On Shard: uid of the Deployment in deletion because of which the master drains it. */
  drainFor: 'controller.core.oam.dev/drain-for',
  publishVersion: 'app.oam.dev/publishVersion',
  autoUpdate: 'app.oam.dev/autoUpdate',
  restartWorkflow: 'app.oam.dev/restart-workflow',
  reconcileInterval: 'app.oam.dev/reconcile-interval',
  /** On Application: `true` where policies that are marked as global do not apply to it. */
  skipGlobalPolicies: 'policy.oam.dev/skip-global',
  /** On Application: `true` where it gets a new revision when its policies change it otherwise. */
  autoRevision: 'policy.oam.dev/auto-revision',
  /** On the Application in an ApplicationRevision: hash of its spec before policies changed it. */
  originalSpecHash: 'policy.flotilla.dev/original-spec-hash',
  controllerVersionRequire: 'app.oam.dev/controller-version-require',
  /** On WorkflowRun: the one version of the controller that works on it. */
  runVersionRequire: 'workflowrun.oam.dev/controller-version-require',
  kubevelaVersion: 'oam.dev/kubevela-version',
  serviceAccountName: 'app.oam.dev/service-account-name',
  username: 'app.oam.dev/username',
  group: 'app.oam.dev/group',
  /** On an object that was read from an address. */
  resourceUrl: 'app.oam.dev/resource-url',
  sharedBy: 'app.oam.dev/shared-by',
  lastAppliedConfiguration: 'app.oam.dev/last-applied-configuration',
  /** When KubeVela's controller wrote the annotation above. */
  lastAppliedTime: 'app.oam.dev/last-applied-time',
  filterLabelKeys: 'filter.oam.dev/label-keys',
  filterAnnotationKeys: 'filter.oam.dev/annotation-keys',
  definitionRevisionName: 'definitionrevision.oam.dev/name',
  definitionDescription: 'definition.oam.dev/description',
  forceParamMutations: 'app.oam.dev/force-param-mutations',
  kubectlLastApplied: 'kubectl.kubernetes.io/last-applied-configuration',
} as const;

export const finalizers = {
  application: 'app.oam.dev/resource-tracker-finalizer',
  orphanResource: 'app.oam.dev/orphan-resource',
  resourceTracker: 'resourcetracker.core.oam.dev/finalizer',
  /** On a shard's Deployment: its pods stay until its Applications have been moved to others. */
  drainShard: 'controller.core.oam.dev/drain-shard',
} as const;

/** Labels and annotations of an Application by which the fleet divides its work; no other object inherits them. */
export const fleetKeys: readonly string[] = [
  labels.scheduledShardId,
  labels.shardMove,
  labels.shardPartition,
  labels.deliveredBy,
  annotations.shardMove,
  annotations.shardEpoch,
  annotations.shardFence,
  annotations.crashes,
  annotations.shardInheritance,
  annotations.shardAffinity,
  annotations.serialGroup,
  annotations.shardSelector,
];
