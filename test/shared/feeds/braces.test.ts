import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutAtBraces } from '../../../shared/feeds/braces.ts';

const text = (value: string, at: number) => ({ kind: 'text', text: value, at });
const placeholder = (value: string, at: number) => ({ kind: 'placeholder', text: value, at });

describe('cutAtBraces', () => {
  it('cuts a text at its placeholders', () => {
    expect(cutAtBraces('a{b}c{}')).toEqual({
      pieces: [text('a', 0), placeholder('b', 1), text('c', 4), placeholder('', 5)],
      problems: [],
    });
  });

  it('takes doubled braces as braces, also right beside a placeholder', () => {
    expect(cutAtBraces('{{{b}}}')).toEqual({ pieces: [text('{', 0), placeholder('b', 2), text('}', 5)], problems: [] });
    expect(cutAtBraces('{{b}}')).toEqual({ pieces: [text('{', 0), text('b', 2), text('}', 3)], problems: [] });
  });

  it.each([
    ['a{b', 1, 'this { has no }; write {{ for a plain brace'],
    ['a}b', 1, 'this } has no {; write }} for a plain brace'],
    ['{a{b}', 0, 'this { has no }; write {{ for a plain brace'],
    ['{a}}', 3, 'this } has no {; write }} for a plain brace'],
  ])('tells the brace of %j that has no other', (value, at, message) => {
    expect(cutAtBraces(value).problems).toEqual([{ at, message }]);
  });

  it('finds any text again that was escaped', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const { pieces, problems } = cutAtBraces(value.replaceAll('{', '{{').replaceAll('}', '}}'));
        expect(problems).toEqual([]);
        expect(pieces.map((piece) => piece.text).join('')).toBe(value);
        expect(pieces.every(({ kind }) => kind === 'text')).toBe(true);
      }),
    );
  });
});
