import { describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anchorsOf, brokenLinks, examplesOf } from './markdown.ts';

describe('anchors of headings', () => {
  test.each([
    { heading: 'By kubectl scale, a HorizontalPodAutoscaler', anchor: 'by-kubectl-scale-a-horizontalpodautoscaler' },
    { heading: 'The file `values.yaml`', anchor: 'the-file-valuesyaml' },
    { heading: 'NoMasterAtWork', anchor: 'nomasteratwork' },
    { heading: 'A [link](other.md) in it', anchor: 'a-link-in-it' },
    { heading: 'Helm — and others', anchor: 'helm--and-others' },
  ])('$heading', ({ heading, anchor }) => {
    expect([...anchorsOf(`# Title\n\n## ${heading}\n`)]).toEqual(['title', anchor]);
  });

  test('number headings of the same text', () => {
    expect([...anchorsOf('## Same\n\n## Same\n\n## Same\n')]).toEqual(['same', 'same-1', 'same-2']);
  });

  test('leave comments of code blocks out', () => {
    expect([...anchorsOf('## Run\n\n```sh\n# a comment\nls\n```\n')]).toEqual(['run']);
  });
});

test('links without a file or a heading are broken', () => {
  const folder = mkdtempSync(join(tmpdir(), 'markdown-'));
  try {
    writeFileSync(join(folder, 'b.md'), '## There\n');
    const links = '[1](b.md) [2](b.md#there) [3](b.md#gone) [4](c.md) [5](#a) [6](#z) [7](https://example.com/#x)';
    writeFileSync(join(folder, 'a.md'), `# A\n\n${links}\n\n\`\`\`go\nx[0](d.md)\n\`\`\`\n`);
    expect(brokenLinks(folder, 'a.md')).toEqual(['b.md#gone', 'c.md', '#z']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('examples have a heading, commands and patterns of their output', () => {
  const page =
    '# T\n\n## One\n\n```sh\na\nb\n```\n\n```text\nx …  1/1 (y)\n```\n\n```yaml\nc: d\n```\n\n### Two\n\n```sh\ne\n```\n';
  const [one, two, ...others] = examplesOf(page);
  expect(others).toEqual([]);
  expect(two).toEqual({ heading: 'Two', commands: 'e', output: [] });
  expect(one).toMatchObject({ heading: 'One', commands: 'a\nb' });
  expect('x 5 s 1/1 (y)').toMatch(one?.output[0] ?? '');
  expect('x 5 s 1/2 (y)').not.toMatch(one?.output[0] ?? '');
});
