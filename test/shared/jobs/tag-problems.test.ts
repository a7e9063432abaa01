import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tagProblems } from '../../../shared/jobs/tag-problems.ts';

describe('tagProblems', () => {
  it('accepts the limits of Batch', () => {
    const legal = (maxLength: number) =>
      fc
        .array(fc.constantFrom('a', 'Z', '9', ' ', '_', '.', ':', '/', '=', '+', '-', '@', '東', 'é', '𠮷'), {
          maxLength,
        })
        .map((characters) => characters.join(''));

    fc.assert(
      fc.property(legal(127), legal(256), (key, value) => {
        expect(tagProblems(`k${key}`, value)).toEqual([]);
      }),
    );
  });

  it.each(['(', '|', '^', ',', '%', '*', '"', '\0', '\t', '\n', '😀', '\u0301'])(
    'refuses %j, wherever it stands',
    (character) => {
      const problem = `has a ${JSON.stringify(character)}, Batch takes only letters, digits, spaces and _ . : / = + - @`;

      expect(tagProblems(`a${character}b`, `${character}`)).toEqual([`the key ${problem}`, `the value ${problem}`]);
    },
  );

  it('lists all problems of a tag', () => {
    expect(tagProblems('', `AWS:${'v'.repeat(253)}`)).toEqual([
      'the key has 0 characters, Batch takes 1 to 128',
      'the value has 257 characters, Batch takes 256',
      'AWS reserves keys and values that start with "aws:"',
    ]);
  });
});
