import { describe, expect, it } from 'vitest';
import { describeTextProblem } from '../../../shared/feeds/text-problem.ts';

describe('describeTextProblem', () => {
  it('puts a caret under the place, counted from 1', () => {
    expect(describeTextProblem('s3://landing/{x', { at: 13, message: 'not closed' })).toBe(
      ['position 14: not closed', '    s3://landing/{x', '                 ^'].join('\n'),
    );
  });

  it('counts an emoji as one, and keeps the text on one line', () => {
    expect(describeTextProblem('😀\n{', { at: 3, message: 'not closed' })).toBe(
      ['position 3: not closed', '    😀·{', '      ^'].join('\n'),
    );
  });
});
