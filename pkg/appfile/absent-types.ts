const environments =
  'environments of an env-binding policy are deprecated; use topology and override policies in a deploy step';
const terraform = 'Terraform components are not evaluated; run Terraform outside and refer to its results';

/** Types that KubeVela has built in and that are not here, with the reason. */
const absentTypes: Readonly<Record<string, string>> = {
  'deploy-cloud-resource': terraform,
  'share-cloud-resource': terraform,
  deploy2env: environments,
  deploy2runtime: environments,
  envbinding: environments,
  helmchart: 'charts are not rendered by the controller; deliver them with an addon such as fluxcd',
  nocalhost: 'Nocalhost is no longer maintained',
  'restart-workflow':
    'the controller keeps no schedule; let a CronJob set app.oam.dev/publishVersion on the Application',
};

/** Why a built-in type of KubeVela is not here; undefined for all other types. */
export function absence(type: string): string | undefined {
  return Object.hasOwn(absentTypes, type) ? absentTypes[type] : undefined;
}
