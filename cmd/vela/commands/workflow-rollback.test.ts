import { expect, test } from '@jest/globals';
import type { Application } from '../../../pkg/apis/application.ts';
import type { ApplicationRevision } from '../../../pkg/apis/application-revision.ts';
import { chosenRevision } from './workflow-rollback.ts';

const revision = (number: number, succeeded: boolean): ApplicationRevision =>
  ({ metadata: { name: `web-v${number}` }, spec: {}, status: { succeeded } }) as unknown as ApplicationRevision;
const revisions = [revision(10, false), revision(2, true), revision(9, true), revision(8, false)];

const application = (workflow: object): Application =>
  ({
    metadata: { name: 'web' },
    spec: { components: [] },
    status: { workflow, latestRevision: { name: 'web-v10' } },
  }) as unknown as Application;

const ended = application({ finished: true, terminated: true });

test.each([
  { name: 'the newest that succeeded', wanted: undefined, chosen: 'web-v9' },
  { name: 'the named one, whatever came of it', wanted: 'web-v8', chosen: 'web-v8' },
])('chooses $name', ({ wanted, chosen }) => {
  expect(chosenRevision(ended, revisions, wanted).metadata.name).toBe(chosen);
});

test.each([
  { name: 'a running workflow', app: application({ finished: false }), wanted: undefined, says: 'is running' },
  { name: 'an unknown revision', app: ended, wanted: 'web-v3', says: 'has no revision web-v3' },
])('refuses $name', ({ app, wanted, says }) => {
  expect(() => chosenRevision(app, revisions, wanted)).toThrow(says);
});

test('refuses where no other revision succeeded', () => {
  expect(() => chosenRevision(ended, [revision(10, true)], undefined)).toThrow('no earlier revision that succeeded');
});
