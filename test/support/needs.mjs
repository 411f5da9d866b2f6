// What some test files need beyond Node and npm. Where it is absent, jest does not collect them, and one line says so.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** KubeVela's own definitions and Applications; not part of the project. */
export const outsideData = process.env['FLOTILLA_OUTSIDE_DATA'] ?? join(root, '../shared');

const runs = (program, ...args) => spawnSync(program, args, { stdio: 'ignore' }).status === 0;

/** For a new network namespace: a loopback with one address. */
export const oneAddress = 'ip link set lo up && ip addr del 127.0.0.1/8 dev lo && ip addr add 127.0.0.1/32 dev lo';

const needs = [
  {
    tests: '\\.outside\\.test\\.ts$',
    absent: () => !existsSync(join(outsideData, 'fixtures/upstream')),
    says: "tests on KubeVela's own definitions and Applications (set FLOTILLA_OUTSIDE_DATA to a folder that has them)",
  },
  {
    tests: '\\.kubectl\\.test\\.ts$',
    absent: () => !runs('kubectl', 'version', '--client'),
    says: 'tests with kubectl',
  },
  {
    tests: '\\.promtool\\.test\\.ts$',
    absent: () => !runs('promtool', '--version'),
    says: 'tests of the alerts with promtool (Debian package prometheus)',
  },
  {
    tests: '\\.helm\\.test\\.ts$',
    absent: () => !runs(process.env['HELM'] ?? 'helm', 'version'),
    says: 'tests of the chart (helm, or HELM, its program)',
  },
  {
    tests: '\\.netns\\.test\\.ts$',
    absent: () => !runs('unshare', '-rn', 'sh', '-c', oneAddress),
    says: 'tests in a network namespace (unshare, ip)',
  },
  {
    tests: '\\.kubevela\\.test\\.ts$',
    absent: () => !process.env['KUBEVELA_CORE'] || !process.env['KUBEVELA_CLI'],
    says: "tests beside KubeVela's own controller (KUBEVELA_CORE and KUBEVELA_CLI, its programs)",
  },
  {
    tests: '\\.real\\.test\\.ts$',
    absent: () => !process.env['REAL_KUBECONFIG'],
    says: 'tests against another control plane (REAL_KUBECONFIG, make test-real)',
  },
];

/** Patterns of the test files that cannot run here; says which those are. */
export function absentTests() {
  const absent = needs.filter((need) => need.absent());
  if (absent.length > 0) process.stderr.write(`Not run here: ${absent.map(({ says }) => says).join('; ')}.\n`);
  return absent.map(({ tests }) => tests);
}
