import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { packageRoot } from '../../pkg/assets/root.ts';
import { playFleetScenario } from '../support/fleet-transcript.ts';
import { expectTranscript } from '../support/transcript.ts';

const scenarios = ['takeover', 'failover', 'adoption', 'drain', 'relabel', 'crash'];

// UPDATE_TRANSCRIPTS=1 writes the files anew; the change is reviewed as a diff
test.each(scenarios)(
  '%s.txt is what the fleet does',
  async (name) => {
    const text = await readFile(join(packageRoot(), 'test/scenarios', `${name}.txt`), 'utf8');
    const lines = await playFleetScenario(text);
    expect(lines.length).toBeGreaterThan(5);
    await expectTranscript(name, lines);
  },
  30_000,
);
