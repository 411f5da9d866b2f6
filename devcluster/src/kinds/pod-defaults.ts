import {
  absent,
  child,
  copyJson,
  fill,
  isRecord,
  recordOf,
  recordsOf,
  stringOf,
  type JsonRecord,
} from '../contract/json.ts';
import { pullPolicy } from './image.ts';
import { defaultVolume } from './volume-defaults.ts';

const probeDefaults = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
const containerLists = ['initContainers', 'containers', 'ephemeralContainers'];

/** The defaults of a PodTemplateSpec: what Deployments, Jobs and the like carry. */
export function defaultPodTemplate(template: JsonRecord): void {
  child(template, 'metadata');
  defaultPodSpec(child(template, 'spec'));
}

/** The defaults that a PodSpec has wherever it stands. */
function defaultPodSpec(spec: JsonRecord): void {
  mirrorServiceAccount(spec);
  fill(spec, {
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  });
  for (const volume of recordsOf(spec['volumes'])) defaultVolume(volume);
  for (const list of containerLists) {
    for (const container of recordsOf(spec[list])) defaultContainer(container, spec['hostNetwork'] === true);
  }
}

/** What only a Pod has defaulted, not a template. */
export function defaultPod(spec: JsonRecord): void {
  defaultPodSpec(spec);
  fill(spec, { enableServiceLinks: true });
  for (const list of ['initContainers', 'containers']) {
    for (const container of recordsOf(spec[list])) requestWhatIsLimited(container);
  }
}

function mirrorServiceAccount(spec: JsonRecord): void {
  const name = stringOf(spec['serviceAccountName']) || stringOf(spec['serviceAccount']);
  if (name === '') return;
  spec['serviceAccountName'] = name;
  spec['serviceAccount'] = name;
}

function requestWhatIsLimited(container: JsonRecord): void {
  const resources = recordOf(container['resources']);
  if (!isRecord(resources['limits'])) return;
  fill(child(resources, 'requests'), copyJson(resources['limits']));
}

function defaultContainer(container: JsonRecord, hostNetwork: boolean): void {
  fill(container, {
    imagePullPolicy: pullPolicy(stringOf(container['image'])),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  });
  child(container, 'resources');
  for (const port of recordsOf(container['ports'])) {
    fill(port, { protocol: 'TCP' });
    if (hostNetwork) fill(port, { hostPort: port['containerPort'] });
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (isRecord(container[probe])) defaultProbe(container[probe]);
  }
  for (const hook of ['preStop', 'postStart']) defaultHttpGet(recordOf(recordOf(container['lifecycle'])[hook]));
  for (const variable of recordsOf(container['env'])) {
    const from = recordOf(variable['valueFrom']);
    if (isRecord(from['fieldRef'])) fill(from['fieldRef'], { apiVersion: 'v1' });
    if (isRecord(from['resourceFieldRef'])) fill(from['resourceFieldRef'], { divisor: '0' });
  }
}

function defaultProbe(probe: JsonRecord): void {
  for (const [key, value] of Object.entries(probeDefaults)) {
    if (absent(probe[key]) || probe[key] === 0) probe[key] = value;
  }
  defaultHttpGet(probe);
  if (isRecord(probe['grpc'])) fill(probe['grpc'], { service: '' });
}

function defaultHttpGet(handler: JsonRecord): void {
  if (!isRecord(handler['httpGet'])) return;
  fill(handler['httpGet'], { path: '/', scheme: 'HTTP' });
  if (handler['httpGet']['path'] === '') handler['httpGet']['path'] = '/';
}
