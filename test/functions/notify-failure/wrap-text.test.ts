import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blocks, counted, labelled, wrapped } from '../../../functions/notify-failure/wrap-text.ts';

describe('wrapped', () => {
  it('leaves no row of blanks before a word that fills one', () => {
    const link = `https://example.com/${'x'.repeat(80)}`;

    expect(wrapped(`    ${link} ends`)).toBe(`${link}\nends`);
    expect(wrapped('    short')).toBe('    short');
  });

  it('keeps a line to 80 columns, and loses nothing but spaces at its ends of rows', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 400 }).filter((text) => !text.includes('\n') && !text.includes('https://')),
        (line) => {
          const rows = wrapped(line).split('\n');

          expect(rows.filter((row) => row.length > 80)).toEqual([]);
          expect(rows.join('').replaceAll(' ', '')).toBe(line.replaceAll(' ', ''));
        },
      ),
    );
  });

  it('breaks between words, keeps an indentation, and breaks no link', () => {
    const link = `https://${'x'.repeat(100)}`;

    expect(wrapped(`    ${'word '.repeat(20).trim()}`)).toBe(
      `    ${'word '.repeat(15).trim()}\n${'word '.repeat(5).trim()}`,
    );
    expect(wrapped(`see ${link}`)).toBe(`see\n${link}`);
    expect(wrapped('x'.repeat(90))).toBe(`${'x'.repeat(80)}\n${'x'.repeat(10)}`);
  });
});

describe('labelled', () => {
  it.each([
    ['text', ['Job: text']],
    ['', []],
    [undefined, []],
  ])('writes %j as %j', (text, lines) => {
    expect(labelled('Job', text)).toEqual(lines);
  });
});

describe('counted', () => {
  it.each([
    [1, '1 job'],
    [0, '0 jobs'],
    [12_000, '12,000 jobs'],
  ])('counts %i', (count, text) => {
    expect(counted(count, 'job')).toBe(text);
  });
});

describe('blocks', () => {
  it('leaves out what is empty', () => {
    expect(blocks(['a', 'b'], [], ['c'])).toBe('a\nb\n\nc');
  });
});
