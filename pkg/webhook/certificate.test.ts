import { describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { certificateNeed, newCertificateSet, renewServing, splitPem } from './certificate.ts';

const dayMs = 24 * 60 * 60 * 1000;
const now = Date.UTC(2026, 0, 1);
const hosts = ['vela-core-webhook.vela-system.svc', '127.0.0.1'];
const set = await newCertificateSet(hosts, now);

describe('certificates', () => {
  test('are signed by their authority for every host', () => {
    const [cert, ca] = [new X509Certificate(set.cert), new X509Certificate(set.ca)];
    expect(cert.checkIssued(ca)).toBe(true);
    expect(cert.verify(ca.publicKey)).toBe(true);
    expect(cert.ca).toBe(false);
    expect(ca.ca).toBe(true);
    expect(cert.subjectAltName).toBe('DNS:vela-core-webhook.vela-system.svc, IP Address:127.0.0.1');
    expect(cert.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });

  test.each([
    { name: 'new', at: 0, names: hosts, want: 'none' },
    { name: 'half used', at: 180, names: hosts, want: 'none' },
    { name: 'in its last third', at: 250, names: hosts, want: 'serving' },
    { name: 'over', at: 400, names: hosts, want: 'serving' },
    { name: 'for other hosts', at: 0, names: ['other.svc'], want: 'serving' },
    { name: 'of an authority in its last third', at: 2500, names: hosts, want: 'authority' },
  ])('one that is $name needs $want', ({ at, names, want }) => {
    expect(certificateNeed(set, names, now + at * dayMs)).toBe(want);
  });

  test.each([
    { name: 'without anything', odd: { ca: '', caKey: undefined, cert: '', key: '' }, want: 'authority' },
    { name: 'without a certificate', odd: { ...set, cert: 'x' }, want: 'serving' },
    { name: 'with the key of another', odd: { ...set, key: set.caKey ?? '' }, want: 'serving' },
  ])('a set $name needs $want', ({ odd, want }) => {
    expect(certificateNeed(odd, hosts, now)).toBe(want);
  });

  test('one that another authority signed needs a new authority', async () => {
    const other = await newCertificateSet(hosts, now);
    expect(certificateNeed({ ...set, cert: other.cert, key: other.key }, hosts, now)).toBe('authority');
  });

  test('are renewed by the same authority', async () => {
    const next = await renewServing(set, ['other.svc'], now + dayMs);
    expect(next.ca).toBe(set.ca);
    expect(next.cert).not.toBe(set.cert);
    expect(certificateNeed(next, ['other.svc'], now + dayMs)).toBe('none');
  });

  test('with an authority without a key get a new one, and the old one stays trusted', async () => {
    const next = await renewServing({ ...set, caKey: undefined }, hosts, now);
    expect(splitPem(next.ca)).toHaveLength(2);
    expect(next.ca).toContain(set.ca);
    expect(certificateNeed(next, hosts, now)).toBe('none');
  });
});
