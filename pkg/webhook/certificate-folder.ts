import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Certificates that are provided in a folder. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
  /** The authority that clients must trust; absent where the folder has none. */
  readonly ca: string | undefined;
}

/** Reads `tls.crt`, `tls.key` and `ca.crt` or `ca`; nothing unless the first two are there. */
export async function readCertificateFolder(folder: string): Promise<CertificateFiles | undefined> {
  const [cert, key, caCrt, ca] = await Promise.all(
    ['tls.crt', 'tls.key', 'ca.crt', 'ca'].map((name) => readFile(join(folder, name), 'utf8').catch(() => undefined)),
  );
  return cert && key ? { cert, key, ca: caCrt ?? ca } : undefined;
}
