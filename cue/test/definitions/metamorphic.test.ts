import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { Random } from '../random.ts';
import { comparable, outcomeOf } from './outcome.ts';
import { subjects } from './templates.ts';
import { variants } from './variants.ts';

const folder = fileURLToPath(new URL('../../../templates/definitions', import.meta.url));
const all = subjects(folder);

describe('the result of a definition', () => {
  it('is there for several definitions', () => {
    expect(all.length).toBeGreaterThan(40);
  });

  it.each(all.map((subject) => [subject.name, subject] as const))(
    'of %s does not depend on the order of declarations, nor on what is declared twice',
    (_name, { source, parameters }) => {
      const random = new Random(1);
      for (const parameter of parameters.slice(0, 3)) {
        const expected = comparable(outcomeOf(source, parameter));
        for (const variant of variants(source, random))
          expect(comparable(outcomeOf(variant, parameter))).toEqual(expected);
      }
    },
  );
});
