// Definitions with a small fault, beside the Go library: node mutants.ts ARBITER DEFINITIONS [N of each] [SEED]
// Each mutant, and each text that means the same as the definition, must have the same value or error class.
import { isDeepStrictEqual } from 'node:util';
import { Arbiter } from '../arbiter.ts';
import { compare } from '../differential/compare.ts';
import { Random } from '../random.ts';
import { comparable, outcomeOf, PATHS } from './outcome.ts';
import { CONTEXT, subjects } from './templates.ts';
import { mutant, variants } from './variants.ts';

const EQUAL = { kind: 'equal' } as const;
const isFinal = (code: string | undefined): boolean => code === 'eval' || code === 'user' || code === 'structural';

async function main([binary = '', folder = '', count = '20', seed = '1']: readonly string[]): Promise<void> {
  const arbiter = new Arbiter(binary, ['-timeout', '10s']);
  const totals = new Map<string, number>();
  const note = (kind: string): void => void totals.set(kind, (totals.get(kind) ?? 0) + 1);
  for (const { name, source, parameters } of subjects(folder)) {
    const random = new Random(Number(seed));
    const cases = Array.from({ length: Number(count) }, (_, i) => ({
      text: mutant(source, random),
      parameter: parameters[i % parameters.length] ?? {},
    }));
    const answers = await arbiter.ask(
      cases.map(({ text, parameter }, i) => ({
        id: String(i),
        source: `${text}\nparameter: _\ncontext: _`,
        paths: ['', ...PATHS],
        fill: [
          { name: 'parameter', json: parameter },
          { name: 'context', json: CONTEXT },
        ],
      })),
    );
    for (const [i, { text, parameter }] of cases.entries()) {
      const ours = outcomeOf(text, parameter);
      const { results: [whole, ...results] = [], ...answer } = answers[i] ?? { id: '' };
      const isWhole = isFinal(whole?.error?.class) && ours.outcomes?.every(({ error }) => isFinal(error)) === true;
      const verdict = isWhole ? EQUAL : compare({ ...answer, results }, ours);
      note(verdict.kind === 'aside' ? verdict.why : verdict.kind);
      if (verdict.kind === 'equal' || verdict.kind === 'aside') continue;
      process.stdout.write(`## ${name} mutant ${i} ${verdict.kind}: ${verdict.detail.slice(0, 400)}\n`);
    }
    for (const parameter of parameters) {
      const expected = comparable(outcomeOf(source, parameter));
      for (const variant of variants(source, random)) {
        const isSame = isDeepStrictEqual(comparable(outcomeOf(variant, parameter)), expected);
        note(isSame ? 'variant equal' : 'variant different');
        if (!isSame) process.stdout.write(`## ${name} variant for ${JSON.stringify(parameter).slice(0, 300)}\n`);
      }
    }
  }
  arbiter.close();
  process.stdout.write(`Totals: ${JSON.stringify(Object.fromEntries(totals))}\n`);
}

await main(process.argv.slice(2));
