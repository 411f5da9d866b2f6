import { describe, expect, test } from '@jest/globals';
import { formatProblem } from './formats.ts';

const valid: Readonly<Record<string, readonly string[]>> = {
  'date-time': [
    '2024-02-29T23:59:59Z',
    '2024-02-29t00:00:00z',
    '2024-02-29T00:00:00.123456789Z',
    '2024-02-29T00:00:00+05:30',
  ],
  datetime: ['2024-01-01T00:00:00Z'],
  date: ['2024-02-29', '0001-01-01'],
  byte: ['YQ==', 'YWI=', 'YWJj', 'YWJjZA=='],
  duration: [
    '1h',
    '1h30m',
    '1.5h',
    '-1s',
    '+1s',
    '0',
    '.5s',
    '1ms',
    '1µs',
    '22 ns',
    '3 days',
    '2 weeks',
    '1d',
    '5 sec',
  ],
  email: ['a@b', 'a.b+c@example.com', 'Jane <jane@example.com>'],
  hostname: ['a', 'localhost', 'example.com', 'a-b.example.com', 'münchen.de', 'xn--a.com'],
  ipv4: ['1.2.3.4', '01.2.3.4', '255.255.255.255', '::ffff:1.2.3.4'],
  ipv6: ['::', '::1', '2001:db8::1', '::ffff:1.2.3.4'],
  cidr: ['10.0.0.0/8', '010.0.0.0/8', '::/0', '2001:db8::/32'],
  mac: ['00:00:5e:00:53:01', '00-00-5E-00-53-01', '0000.5e00.5301', '02:00:5e:10:00:00:00:01'],
  uri: ['/a', 'https://example.com', 'https://example.com:80/a?b=c', 'urn:a:b', 'mailto:a@b', 'https://[::1]:80/'],
  uuid: [
    '6f0d3a1e-9a0b-4c7c-8f59-0d4e6f8f1b2a',
    '6F0D3A1E9A0B4C7C8F590D4E6F8F1B2A',
    '00000000-0000-0000-0000-000000000000',
  ],
  uuid3: ['6f0d3a1e-9a0b-3c7c-0f59-0d4e6f8f1b2a'],
  uuid4: ['6f0d3a1e-9a0b-4c7c-8f59-0d4e6f8f1b2a'],
  uuid5: ['6f0d3a1e-9a0b-5c7c-bf59-0d4e6f8f1b2a'],
  bsonobjectid: ['507f1f77bcf86cd799439011', '507F1F77BCF86CD799439011'],
  creditcard: ['4111111111111111', '4111 1111 1111 1111', '4111-1111-1111-1111', '378282246310005'],
  isbn: ['0321751043', '978-0321751041'],
  isbn10: ['0321751043', '0-321-75104-3', '080442957X'],
  isbn13: ['978-0321751041', '9780321751041'],
  ssn: ['111-22-3333', '111 22 3333'],
  hexcolor: ['#fff', 'fff', '#FFFFFF', 'a1b2c3'],
  rgbcolor: ['rgb(0,0,0)', 'rgb( 255 , 10 , 99 )'],
  password: ['', 'anything'],
  'k8s-short-name': ['a', 'a-b', '1a', 'a'.repeat(63)],
  'k8s-long-name': ['a', 'a.b-c', `${'a'.repeat(100)}.b`],
  odd: ['', 'anything'],
  constructor: ['anything'],
};

const broken: Readonly<Record<string, readonly string[]>> = {
  'date-time': [
    '2024-02-30T00:00:00Z',
    '2024-01-01 00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '2024-01-01T00:00:00',
    '2024-01-01',
    '',
  ],
  date: ['2023-02-29', '2024-1-1', '2024-13-01', '2024-01-01T00:00:00Z', ''],
  byte: ['', 'a', 'YQ=', 'YQ', 'Y-_=', 'YQ==\n'],
  duration: ['', 'x', '1', '1 parsec', 'h', '-'],
  email: ['a', '@b', 'a@', 'a b@c', '<a@b', 'a@b>'],
  hostname: ['', '-a', 'a-.b', 'a..b', 'a_b', 'a.b.', `${'a'.repeat(64)}.com`, '1.2.3.4'],
  ipv4: ['1.2.3', '1.2.3.256', '::1', 'a', ''],
  ipv6: ['1.2.3.4', ':::', 'fe80::1%eth0', 'g::', ''],
  cidr: ['10.0.0.0', '10.0.0.0/33', '::/129', '10.0.0.0/-1', 'a/8', '10.0.0.0/8/8'],
  mac: ['00:00:5e:00:53', '00:00:5e:00:53:zz', '00:00-5e:00:53:01', ''],
  uri: ['', 'a', '../a', 'example.com/a', '/%zz', 'https://exa mple.com', 'https://a:b', '/a\nb'],
  uuid: ['', '6f0d3a1e-9a0b-4c7c-8f59-0d4e6f8f1b2', 'g0000000-0000-0000-0000-000000000000'],
  uuid3: ['6f0d3a1e-9a0b-4c7c-8f59-0d4e6f8f1b2a'],
  uuid4: ['6f0d3a1e-9a0b-4c7c-0f59-0d4e6f8f1b2a', '6f0d3a1e-9a0b-3c7c-8f59-0d4e6f8f1b2a'],
  uuid5: ['6f0d3a1e-9a0b-4c7c-8f59-0d4e6f8f1b2a'],
  bsonobjectid: ['507f1f77bcf86cd79943901', 'x'.repeat(24)],
  creditcard: ['4111111111111112', '411111111111', 'abcd', ''],
  isbn: ['0321751044', '978-0321751042'],
  isbn10: ['0321751044', '032175104', '978-0321751041'],
  isbn13: ['9780321751042', '0321751043'],
  ssn: ['111223333', '11-222-3333', ''],
  hexcolor: ['#ffff', 'ggg', ''],
  rgbcolor: ['rgb(256,0,0)', 'rgb(0,0)', 'rgba(0,0,0)', ''],
  'k8s-short-name': ['', 'A', '-a', 'a-', 'a.b', 'a'.repeat(64)],
  'k8s-long-name': ['', 'A.b', 'a..b', 'a.-b', 'a'.repeat(254)],
};

function rows(table: Readonly<Record<string, readonly string[]>>): [format: string, value: string][] {
  return Object.entries(table).flatMap(([format, values]) => values.map((value): [string, string] => [format, value]));
}

describe('formats of strings', () => {
  test.each(rows(valid))('%s: %j is valid', (format, value) => {
    expect(formatProblem(value, format)).toBe(false);
  });

  test.each(rows(broken))('%s: %j is not', (format, value) => {
    expect(formatProblem(value, format)).toBe(true);
  });
});
