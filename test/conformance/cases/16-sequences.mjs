// Sequences that the differential fuzzer (test/differential) found, shrunk: plain data in sequences.json.
import fs from 'node:fs';
import { playSequence } from '../lib/sequence.mjs';

export const group = 'sequences';

const sequences = JSON.parse(fs.readFileSync(new URL('../sequences.json', import.meta.url), 'utf8'));

export default (test) => {
  for (const [name, sequence] of Object.entries(sequences)) test(name, { tier: 2 }, (t) => playSequence(t, sequence));
};
