import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { truncateList, truncateText } from '../../cli/truncate.ts';

describe('truncateList', () => {
  it('keeps forty lines, and says how many more there are', () => {
    const lines = Array.from({ length: 43 }, (_, index) => String(index));

    expect(truncateList(lines.slice(0, 40))).toEqual(lines.slice(0, 40));
    expect(truncateList(lines)).toEqual([...lines.slice(0, 40), '  and 3 more']);
  });
});

describe('truncateText', () => {
  it('keeps a text that fits, and marks a text that it cuts', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 20 }), (text, width) => {
        const cut = truncateText(text, width);

        expect(cut.length).toBeLessThanOrEqual(width);
        expect(cut === text || (cut.length === width && cut.endsWith('~'))).toBe(true);
      }),
    );
  });
});
