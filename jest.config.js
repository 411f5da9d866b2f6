import { absentTests } from './test/support/needs.mjs';

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  // most of what takes long waits for processes of its own
  maxWorkers: 3,
  // a thread or a process may have to begin on a machine that is busy
  testTimeout: 15_000,
  roots: ['cmd', 'pkg', 'cue/src', 'cue/test', 'devcluster/src', 'machinery/src', 'test'].map(
    (folder) => `<rootDir>/${folder}`,
  ),
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...absentTests()],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' }, experimental: { keepImportAttributes: true } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};
