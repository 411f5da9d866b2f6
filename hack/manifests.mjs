// Writes deploy/: the manifests of an installation for kubectl and kustomize, from the same templates/ as `vela install` and the chart.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inOrder } from '../pkg/install/order.ts';
import { renderSystem } from '../pkg/install/render.ts';
import { dumpYaml } from '../pkg/render/yaml.ts';

const root = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const render = async (values) =>
  inOrder(await renderSystem(values, { templatesDir: join(root, 'templates'), version })).flat();
const isCrd = ({ kind }) => kind === 'CustomResourceDefinition';
/** With the namespace that they are in. */
const isDefinition = ({ apiVersion, kind }) => apiVersion.startsWith('core.oam.dev/') || kind === 'Namespace';

function write(folder, file, objects, others = []) {
  const to = join(root, 'deploy', folder);
  mkdirSync(to, { recursive: true });
  writeFileSync(join(to, file), objects.map((object) => `---\n${dumpYaml(object)}`).join(''));
  // in the order of the file: fences come after the controllers
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [...others, file],
    sortOptions: { order: 'fifo' },
  };
  writeFileSync(join(to, 'kustomization.yaml'), dumpYaml(kustomization));
}

rmSync(join(root, 'deploy'), { recursive: true, force: true });
const standalone = await render({});
const sharded = await render({ sharding: { enabled: true } });
write('crds', 'crds.gen.yaml', standalone.filter(isCrd));
write('definitions', 'definitions.gen.yaml', standalone.filter(isDefinition));
for (const [folder, objects] of Object.entries({ standalone, sharded })) {
  const own = objects.filter((object) => !isCrd(object) && !isDefinition(object));
  write(folder, 'install.gen.yaml', own, ['../definitions']);
}
