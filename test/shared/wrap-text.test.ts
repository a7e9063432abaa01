import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf, wrapText } from '../../shared/wrap-text.ts';

describe('columnsOf', () => {
  it.each([
    ['a Latin text', 'orders', 6],
    ['Japanese', '売上', 4],
    ['Japanese of half width', 'ｳﾘ', 2],
    ['an emoji', '📦', 2],
    ['an emoji of several', '👩‍👩‍👧', 2],
    ['a letter with a combining mark', 'cafe\u0301', 4],
    ['nothing', '', 0],
  ])('measures %s', (_, text, columns) => {
    expect(columnsOf(text)).toBe(columns);
  });
});

describe('wrapText', () => {
  it('breaks between words', () => {
    expect(wrapText('word '.repeat(20).trim())).toEqual(['word '.repeat(16).trim(), 'word '.repeat(4).trim()]);
  });

  it('breaks a word that is wider than a row, and goes on behind it', () => {
    expect(wrapText(`see ${'x'.repeat(90)} now`)).toEqual(['see', 'x'.repeat(80), `${'x'.repeat(10)} now`]);
  });

  it('breaks Japanese after forty characters, and an emoji or a marked letter never', () => {
    expect(wrapText('売'.repeat(50))).toEqual(['売'.repeat(40), '売'.repeat(10)]);
    expect(wrapText(`${'x'.repeat(79)}👩‍👩‍👧`)).toEqual(['x'.repeat(79), '👩‍👩‍👧']);
    expect(wrapText(`${'x'.repeat(79)}e\u0301e`)).toEqual([`${'x'.repeat(79)}e\u0301`, 'e']);
  });

  it('breaks no link', () => {
    const link = `https://example.com/${'x'.repeat(80)}`;

    expect(wrapText(`see ${link} now`)).toEqual(['see', link, 'now']);
    expect(wrapText(`    ${link}`)).toEqual([link]);
  });

  it('keeps the spaces at the beginning, and indents the other rows as it is asked to', () => {
    expect(wrapText(`  ${'word '.repeat(20)}`, 4)).toEqual([
      `  ${'word '.repeat(15).trim()}`,
      `    ${'word '.repeat(5).trim()}`,
    ]);
    expect(wrapText(`${' '.repeat(16)}${'y'.repeat(70)} z`, 17)).toEqual([
      `${' '.repeat(16)}${'y'.repeat(64)}`,
      `${' '.repeat(17)}${'y'.repeat(6)} z`,
    ]);
    expect(wrapText(`${' '.repeat(100)}x`)).toEqual([`${' '.repeat(40)}x`]);
  });

  it.each([[''], ['   ']])('gives one empty row for %j', (line) => {
    expect(wrapText(line, 4)).toEqual(['']);
  });

  it('keeps every row to its columns, and loses nothing but spaces', () => {
    const texts = fc
      .string({ unit: 'grapheme', maxLength: 400 })
      .filter((text) => !/[\n\t\r\v\f\u2028\u2029\u0085]/.test(text) && !text.includes('https://'));

    fc.assert(
      fc.property(texts, fc.nat(60), fc.constantFrom(undefined, 10, 24, 100), (line, indent, columns) => {
        const rows = wrapText(line, indent, columns);

        expect(rows.filter((row) => columnsOf(row) > (columns ?? 80))).toEqual([]);
        expect(rows.join('').replaceAll(/\s/gu, '')).toBe(line.replaceAll(/\s/gu, ''));
      }),
    );
  });
});
