import { application, ApplicationBed } from './application-bed.ts';

/** The components of the Application that most tests of the reconciler deliver. */
export const web = (image = 'nginx', more: object = {}) => ({
  name: 'web',
  type: 'web',
  properties: { image, port: 80 },
  ...more,
});
export const config = { name: 'conf', type: 'config', properties: { data: { a: '1' } } };
export const web1 = { name: 'web', namespace: 'default' };
export const conf1 = { name: 'conf', namespace: 'default' };

/** The bed after both were delivered, with an empty list of changes. */
export async function delivered(bed = new ApplicationBed()): Promise<ApplicationBed> {
  bed.put(application({ components: [web(), config] }));
  await bed.settle();
  bed.cluster.changes.length = 0;
  return bed;
}

export const condition = (bed: ApplicationBed, type: string) =>
  bed.app()?.status?.conditions?.find((one) => one.type === type);
