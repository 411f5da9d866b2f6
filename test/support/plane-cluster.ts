import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster, testCluster } from './fleet.ts';
import type { TestCluster } from './fleet.ts';
import type { JudgedKinds } from './real-plane/audit-policy.ts';
import { RealPlane } from './real-plane/real-plane.ts';

/** A cluster on whichever control plane. */
export interface PlaneCluster extends TestCluster {
  readonly isReal: boolean;
  /** Where the API server reaches the webhooks of controllers by URL; it has no network of pods. */
  readonly webhookUrl: string | undefined;
}

/** On the control plane of KUBEBUILDER_ASSETS; the embedded one without. */
export async function startPlaneCluster(judged: readonly JudgedKinds[] = []): Promise<PlaneCluster> {
  const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';
  if (assets === '') return { ...(await startCluster('--ready-delay', '50')), isReal: false, webhookUrl: undefined };
  const folder = await mkdtemp(join(tmpdir(), 'flotilla-test-'));
  const options = { folder, env: process.env, readyDelayMs: 50, keepsData: true, isCuttable: false, judged };
  const plane = new RealPlane(options, assets);
  await plane.start();
  const cluster = await testCluster({
    kubeconfig: plane.kubeconfig,
    auditLog: plane.auditLog,
    folder,
    serverPid: plane.apiPid,
    end: () => plane.stop(),
  });
  return { ...cluster, isReal: true, webhookUrl: plane.webhookUrl };
}
