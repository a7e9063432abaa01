import { describe, expect, it } from 'vitest';
import { parseTemplate } from '../../../configuration/parse-template.ts';
import { cutIntoStretches, fixedPieces } from '../../../shared/feeds/date-positions.ts';

const placesOf = (template: string) => {
  const { stretches, slashes } = cutIntoStretches(parseTemplate(`s3://landing/${template}`).parts);

  return { slashes, fixed: fixedPieces(stretches).map(({ unit, border, offset }) => [unit, border, offset]) };
};

describe('fixedPieces', () => {
  it.each([
    [
      'x_{date:yyyyMM}*',
      'after the start',
      0,
      [
        ['yyyy', 0, 3],
        ['MM', 0, 7],
      ],
    ],
    ['*{date:yyyy}.csv', 'before the end', 0, [['yyyy', 1, -8]]],
    [
      '*{date:yyyy}/a/{date:MM}_*/{date:dd}*',
      'beside the slashes',
      3,
      [
        ['yyyy', 1, -4],
        ['MM', 1, 3],
        ['dd', 3, 1],
      ],
    ],
    ['*_{date:yyyyMMdd}_*', 'nowhere', 0, []],
    ['{date:yyyy}', 'as the whole key', 0, [['yyyy', 0, 1]]],
  ] as const)('finds those of %s %s', (template, _, slashes, fixed) => {
    expect(placesOf(template)).toEqual({ slashes, fixed });
  });
});
