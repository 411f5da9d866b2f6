import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/** A certificate authority and a certificate that it signed for the webhook server; all PEM. */
export interface CertificateSet {
  /** One or more certificates of authorities: what clients must trust. The first signed `cert`. */
  readonly ca: string;
  /** Absent where the certificates were provided: then a new authority is created when they expire. */
  readonly caKey: string | undefined;
  readonly cert: string;
  readonly key: string;
}

const dayMs = 24 * 60 * 60 * 1000;
const caLifeMs = 3650 * dayMs;
const certLifeMs = 365 * dayMs;
/** Clocks of machines differ; a certificate is valid from a little before it was made. */
const backdatedMs = 60 * 60 * 1000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** Makes a new authority and a serving certificate. Earlier authorities stay trusted, so that no connection fails. */
export async function newCertificateSet(
  names: readonly string[],
  now: number,
  before?: string,
): Promise<CertificateSet> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: 'CN=flotilla-webhook-ca',
    notBefore: new Date(now - backdatedMs),
    notAfter: new Date(now + caLifeMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const trusted = [
    pem(ca.toString('pem')),
    ...splitPem(before ?? '')
      .filter((old) => isValidAt(old, now))
      .slice(0, 1),
  ];
  const caKey = await exportKey(keys.privateKey);
  return signServing({ ca: trusted.join(''), caKey }, names, now);
}

/** Makes a new serving certificate by the authority that exists. */
export async function renewServing(
  set: CertificateSet,
  names: readonly string[],
  now: number,
): Promise<CertificateSet> {
  if (set.caKey === undefined) return newCertificateSet(names, now, set.ca);
  return signServing({ ca: set.ca, caKey: set.caKey }, names, now);
}

async function signServing(
  { ca, caKey }: { readonly ca: string; readonly caKey: string },
  names: readonly string[],
  now: number,
): Promise<CertificateSet> {
  const issuer = new x509.X509Certificate(splitPem(ca)[0] ?? '');
  const signingKey = await importKey(caKey);
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: `CN=${names[0] ?? 'webhook'}`,
    issuer: issuer.subject,
    notBefore: new Date(now - backdatedMs),
    notAfter: new Date(Math.min(now + certLifeMs, issuer.notAfter.getTime())),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value }))),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { ca, caKey, cert: pem(cert.toString('pem')), key: await exportKey(keys.privateKey) };
}

export type CertificateNeed = 'none' | 'serving' | 'authority';

/**
 * What must be made anew: nothing; the serving certificate, when a third of its life or less is left, when it lacks a
 * name or does not fit its key; the authority too, when it is near its end or did not sign the certificate.
 */
export function certificateNeed(set: CertificateSet, names: readonly string[], now: number): CertificateNeed {
  const cert = parse(set.cert);
  const ca = parse(splitPem(set.ca)[0] ?? '');
  if (!ca || !isFresh(ca, now)) return 'authority';
  if (!cert || !hasKey(cert, set.key)) return 'serving';
  if (!cert.checkIssued(ca)) return 'authority';
  const covers = names.every((name) => (isIP(name) ? cert.checkIP(name) : cert.checkHost(name)) !== undefined);
  return covers && isFresh(cert, now) ? 'none' : 'serving';
}

function isFresh(cert: X509Certificate, now: number): boolean {
  const [from, to] = [Date.parse(cert.validFrom), Date.parse(cert.validTo)];
  return from <= now && now < to - (to - from) / 3;
}

function hasKey(cert: X509Certificate, key: string): boolean {
  try {
    return cert.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

const isValidAt = (text: string, now: number): boolean => now < Date.parse(parse(text)?.validTo ?? '');

function parse(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined;
  }
}

/** The certificates of a bundle, each ending in a newline. */
export function splitPem(bundle: string): string[] {
  return (bundle.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? []).map(pem);
}

const pem = (text: string): string => `${text.trim()}\n`;

/** Positive, and never twice. */
function newSerial(): string {
  return `01${Buffer.from(crypto.getRandomValues(new Uint8Array(15))).toString('hex')}`;
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return pem(x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY'));
}

function importKey(text: string): Promise<webcrypto.CryptoKey> {
  return crypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(text), algorithm, false, ['sign']);
}
