/** Label, annotation and finalizer keys, and reserved names. Each is spelled here and nowhere else. */

export const systemNamespace = 'vela-system';

export const labels = {
  /** On controller pods: the shard that the pod announces. */
  shardId: 'controller.core.oam.dev/shard-id',
  /** On Application, ApplicationRevision and ResourceTracker: the shard that works on them. */
  scheduledShardId: 'controller.core.oam.dev/scheduled-shard-id',
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
  addonName: 'addons.oam.dev/name',
  addonVersion: 'addons.oam.dev/version',
  addonRegistry: 'addons.oam.dev/registry',
} as const;

export const annotations = {
  publishVersion: 'app.oam.dev/publishVersion',
  autoUpdate: 'app.oam.dev/autoUpdate',
  restartWorkflow: 'app.oam.dev/restart-workflow',
  reconcileInterval: 'app.oam.dev/reconcile-interval',
  controllerVersionRequire: 'app.oam.dev/controller-version-require',
  kubevelaVersion: 'oam.dev/kubevela-version',
  serviceAccountName: 'app.oam.dev/service-account-name',
  username: 'app.oam.dev/username',
  group: 'app.oam.dev/group',
  sharedBy: 'app.oam.dev/shared-by',
  lastAppliedConfiguration: 'app.oam.dev/last-applied-configuration',
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
} as const;
