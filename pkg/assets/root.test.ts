import { expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from './root.ts';

test('the installation is found from every folder in it', () => {
  const root = packageRoot();
  expect(existsSync(join(root, 'templates/values.yaml'))).toBe(true);
  for (const folder of [root, join(root, 'dist/pkg/assets'), join(root, 'cmd/vela')])
    expect(packageRoot(folder)).toBe(root);
});

test('a folder outside of an installation is named', () => {
  expect(() => packageRoot(tmpdir())).toThrow(`no installation of Flotilla around ${tmpdir()}: templates/ is missing`);
});
