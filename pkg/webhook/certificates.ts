import type { KubeClient } from '../apis/kube-client.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import { ensureCaBundle, webhookConfigurations } from './ca-bundle.ts';
import { readCertificateFolder } from './certificate-folder.ts';
import { ensureCertificates } from './certificate-secret.ts';
import type { SecretTarget } from './certificate-secret.ts';
import type { ServingCertificate } from './server.ts';

export interface CertificateOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Files here win over the Secret. */
  readonly folder: string;
  readonly secret: SecretTarget;
  /** The name of both webhook configurations. */
  readonly configurationName: string;
  /** Period of the check of certificates and configurations; default 10 s. */
  readonly periodMs?: number | undefined;
}

/** What the webhook server shows now. */
export interface CurrentCertificate extends ServingCertificate {
  readonly ca: string | undefined;
}

/**
 * Keeps the certificates of the webhook server and the trust in them: made when there are none, renewed long before they
 * end, the same on every replica. The API server trusts a new authority before a replica serves its certificate.
 */
export class Certificates {
  readonly #options: CertificateOptions;

  constructor(options: CertificateOptions) {
    this.#options = options;
  }

  /** The certificate to begin with. */
  async current(signal: AbortSignal): Promise<CurrentCertificate> {
    const { client, clock, folder, secret } = this.#options;
    const files = await readCertificateFolder(folder);
    return files ?? ensureCertificates(client, secret, clock.now(), signal);
  }

  /** Watches over certificates and configurations; calls `replace` with each new certificate. */
  async run(replace: (certificate: ServingCertificate) => void, signal: AbortSignal): Promise<void> {
    const { clock, logger, periodMs = 10_000 } = this.#options;
    let shown: string | undefined;
    while (!signal.aborted) {
      try {
        const certificate = await this.current(signal);
        if (certificate.ca !== undefined) await this.#trust(certificate.ca, signal);
        const changed = certificate.cert !== shown;
        if (changed) replace(certificate);
        if (changed && shown !== undefined) logger.info('webhook certificate replaced');
        shown = certificate.cert;
      } catch (error) {
        if (!isAborted(signal)) logger.warn({ err: error }, 'failed to check webhook certificates, retrying');
      }
      await clock.sleep(periodMs, signal).catch(() => undefined);
    }
  }

  async #trust(ca: string, signal: AbortSignal): Promise<void> {
    const { client, logger, configurationName: name } = this.#options;
    for (const resource of webhookConfigurations) {
      const outcome = await ensureCaBundle(client, resource, { name, ca }, signal);
      if (outcome === 'patched') logger.info({ kind: resource.kind, name }, 'webhook authority announced');
    }
  }
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted;
