import { createHash, randomBytes } from 'node:crypto';
import type { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/** The secrets of one embedded cluster, all PEM; kept with its data so that a restart accepts the same credentials. */
export interface ClusterKeys {
  readonly caCert: string;
  readonly caKey: string;
  readonly serverCert: string;
  readonly serverKey: string;
  /** Client certificate of the administrator: `CN=admin, O=system:masters`. */
  readonly adminCert: string;
  readonly adminKey: string;
  /** Signs ServiceAccount tokens. */
  readonly tokenKey: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const yearMs = 365 * 24 * 3600 * 1000;
const backdatedMs = 3600 * 1000;

interface Issuer {
  readonly name: string;
  readonly privateKey: webcrypto.CryptoKey;
}

interface Leaf {
  readonly subject: string;
  readonly usage: string;
  readonly hosts: readonly string[];
}

const serverHosts = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  '127.0.0.1',
  '::1',
  '10.96.0.1',
];

/** Makes a new authority with everything that it signs; elliptic keys, so that it takes milliseconds. */
export async function newClusterKeys(now: number): Promise<ClusterKeys> {
  const keys = await newKeyPair();
  const name = 'CN=flotilla-dev-ca';
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name,
    notBefore: new Date(now - backdatedMs),
    notAfter: new Date(now + 10 * yearMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
        true,
      ),
    ],
  });
  const issuer: Issuer = { name, privateKey: keys.privateKey };
  const server = await sign(
    issuer,
    { subject: 'CN=kube-apiserver', usage: x509.ExtendedKeyUsage.serverAuth, hosts: serverHosts },
    now,
  );
  const admin = await sign(
    issuer,
    { subject: 'CN=admin, O=system:masters', usage: x509.ExtendedKeyUsage.clientAuth, hosts: [] },
    now,
  );
  const token = await newKeyPair();
  return {
    caCert: ca.toString('pem'),
    caKey: await exportPrivate(keys.privateKey),
    serverCert: server.cert,
    serverKey: server.key,
    adminCert: admin.cert,
    adminKey: admin.key,
    tokenKey: await exportPrivate(token.privateKey),
  };
}

async function sign(issuer: Issuer, leaf: Leaf, now: number): Promise<{ cert: string; key: string }> {
  const keys = await newKeyPair();
  const names = leaf.hosts.map((value) => ({ type: isAddress(value) ? ('ip' as const) : ('dns' as const), value }));
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: leaf.subject,
    issuer: issuer.name,
    notBefore: new Date(now - backdatedMs),
    notAfter: new Date(now + yearMs),
    publicKey: keys.publicKey,
    signingKey: issuer.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([leaf.usage]),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  return { cert: cert.toString('pem'), key: await exportPrivate(keys.privateKey) };
}

/** The key id that tokens carry. */
export function keyIdOf(pem: string): string {
  return createHash('sha256').update(pem).digest('base64url').slice(0, 16);
}

const isAddress = (host: string): boolean => /^[\d.]+$|:/.test(host);
const newSerial = (): string => `01${randomBytes(15).toString('hex')}`;

function newKeyPair(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function exportPrivate(key: webcrypto.CryptoKey): Promise<string> {
  const body = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${(body.match(/.{1,64}/g) ?? []).join('\n')}\n-----END PRIVATE KEY-----\n`;
}
