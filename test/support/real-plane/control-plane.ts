import { writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import { freePort } from '../core-process.ts';
import { Daemon } from '../daemon.ts';
import { eventually } from '../fleet.ts';
import { hasFlag } from './assets.ts';
import type { Assets } from './assets.ts';
import { auditPolicy } from './audit-policy.ts';
import type { JudgedKinds } from './audit-policy.ts';
import { kubeconfigOf, writeCredentials } from './credentials.ts';
import type { Credentials } from './credentials.ts';

export interface ControlPlaneOptions {
  readonly folder: string;
  readonly assets: Assets;
  readonly kubeconfig: string;
  readonly auditLog: string;
  readonly judged: readonly JudgedKinds[];
}

interface Parts {
  readonly credentials: Credentials;
  readonly etcd: Daemon;
  readonly apiArgs: readonly string[];
  readonly port: number;
}

/** etcd, kube-apiserver and kube-controller-manager on loopback, with keys and data in a folder of their own. */
export class ControlPlane {
  readonly #options: ControlPlaneOptions;
  #parts: Parts | undefined;
  #api: Daemon | undefined;
  #controllerManager: Daemon | undefined;

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
  }

  /** Of the API server. */
  get apiPid(): number {
    return this.#api?.pid ?? 0;
  }

  /** Starts everything, or the API server alone after it was killed: on the same port. */
  async start(): Promise<void> {
    const { assets, kubeconfig } = this.#options;
    // after a restart it serves long before it calls itself ready, which takes it a minute on a busy machine
    const check = this.#parts ? '/readyz/ping' : '/readyz';
    this.#parts ??= await this.#prepare();
    const { credentials, apiArgs, port, etcd } = this.#parts;
    const api = this.#daemon('kube-apiserver', assets.apiServer, apiArgs);
    this.#api = api;
    const ready = async (): Promise<void> => {
      for (const daemon of [etcd, api]) daemon.assertRuns();
      await assertAnswers(check, port, credentials);
    };
    await eventually('kube-apiserver to be ready', ready, 90);
    await writeFile(kubeconfig, kubeconfigOf(`https://127.0.0.1:${port}`, credentials.keys), { mode: 0o600 });
    this.#controllerManager ??= this.#daemon('kube-controller-manager', assets.controllerManager, [
      `--kubeconfig=${kubeconfig}`,
      '--leader-elect=false',
      '--use-service-account-credentials=false',
      `--service-account-private-key-file=${credentials.tokenKey}`,
      `--root-ca-file=${credentials.caCert}`,
      // the node has no health to watch over, and no network
      '--controllers=*,-nodeipam,-nodelifecycle',
      '--kube-api-qps=500',
      '--kube-api-burst=1000',
      '--secure-port=0',
      // until 1.23 it listens on a port of its own besides
      ...((await hasFlag(assets.controllerManager, 'port')) ? ['--port=0'] : []),
    ]);
  }

  async killApi(): Promise<void> {
    await this.#api?.kill();
  }

  async stop(): Promise<void> {
    await this.#controllerManager?.end();
    // it would wait for open watches
    await this.#api?.kill();
    await this.#parts?.etcd.end();
  }

  killNow(): void {
    for (const daemon of [this.#controllerManager, this.#api, this.#parts?.etcd]) daemon?.killNow();
  }

  async #prepare(): Promise<Parts> {
    const { folder, assets, auditLog, judged } = this.#options;
    const credentials = await writeCredentials(join(folder, 'pki'));
    const policy = join(folder, 'audit-policy.json');
    await writeFile(policy, JSON.stringify(auditPolicy(judged)));
    const [port, clients, peers] = [await freePort(), await freePort(), await freePort()];
    const [clientUrl, peerUrl] = [clients, peers].map((each) => `http://127.0.0.1:${each}`) as [string, string];
    const etcd = this.#daemon('etcd', assets.etcd, [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${clientUrl}`,
      `--advertise-client-urls=${clientUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      '--unsafe-no-fsync',
    ]);
    const apiArgs = [
      `--etcd-servers=${clientUrl}`,
      `--secure-port=${port}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--client-ca-file=${credentials.caCert}`,
      `--tls-cert-file=${credentials.serverCert}`,
      `--tls-private-key-file=${credentials.serverKey}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${credentials.tokenPublicKey}`,
      `--service-account-signing-key-file=${credentials.tokenKey}`,
      '--authorization-mode=RBAC',
      '--service-cluster-ip-range=10.96.0.0/16',
      '--endpoint-reconciler-type=none',
      // no controller would remove the taint of a new node
      '--disable-admission-plugins=TaintNodesByCondition',
      `--audit-policy-file=${policy}`,
      `--audit-log-path=${auditLog}`,
      // never another file
      '--audit-log-maxsize=100000',
    ];
    return { credentials, etcd, apiArgs, port };
  }

  #daemon(name: string, program: string, args: readonly string[]): Daemon {
    const { folder } = this.#options;
    return new Daemon({ program, args, cwd: folder, logFile: join(folder, `${name}.log`) });
  }
}

function assertAnswers(path: string, port: number, { keys }: Credentials): Promise<void> {
  const tls = { ca: keys.caCert, cert: keys.adminCert, key: keys.adminKey };
  return new Promise((resolve, reject) => {
    const request = get({ ...tls, host: '127.0.0.1', port, path, timeout: 2000 }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`${path} answers ${response.statusCode ?? 0}`));
    });
    request.on('timeout', () => request.destroy(new Error(`${path} does not answer`)));
    request.on('error', reject);
  });
}
