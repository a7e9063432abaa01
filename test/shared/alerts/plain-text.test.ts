import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asciiSubject, plainLine, plainText } from '../../../shared/alerts/plain-text.ts';

/** Any text at all, also half characters, controls and very long ones. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.array(fc.integer({ min: 0, max: 0xff_ff })).map((units) => String.fromCharCode(...units)),
  fc
    .tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), fc.nat(2000))
    .map(([text, n]) => text.repeat(n)),
);

describe('plainText', () => {
  it.each([
    ['keeps lines, tabs and other alphabets', 'a\tb\n日本語 😀', 'a\tb\n日本語 😀'],
    ['writes a line end as one character', 'a\r\nb', 'a\nb'],
    ['takes the colours of a terminal out', '\u001b[1;31mERROR\u001b[0m gone', 'ERROR gone'],
    ['blanks other control characters', 'a\u0000b\u0085c\rd', 'a b c d'],
    ['mends half characters', 'a\ud83d', 'a\ufffd'],
    ['trims', ' \n a \n', 'a'],
    ['leaves nothing as it is', '', ''],
  ])('%s', (_promise, text, expected) => {
    expect(plainText(text)).toBe(expected);
  });

  it('cuts what nobody would read, and says how much', () => {
    expect(plainText('x'.repeat(8000))).toBe('x'.repeat(8000));
    expect(plainText('x'.repeat(8001))).toBe(`${'x'.repeat(8000)}\n... (1 more characters)`);
  });

  it('is small enough to be sent and to be kept, and well formed, whatever it was', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const plain = plainText(text);

        expect(Buffer.byteLength(plain)).toBeLessThanOrEqual(8050);
        expect(plain.isWellFormed()).toBe(true);
        expect(plain).not.toMatch(/[^\P{Cc}\n\t]/u);
      }),
    );
  });
});

describe('plainLine', () => {
  it.each([
    ['puts several lines on one', 'a\n\n  b\tc', 'a b c'],
    ['keeps 300 characters', 'x'.repeat(300), 'x'.repeat(300)],
    ['cuts at 300', 'x'.repeat(301), `${'x'.repeat(297)}...`],
    ['leaves no half of a character', `${'x'.repeat(296)}😀${'x'.repeat(10)}`, `${'x'.repeat(296)}\ufffd...`],
  ])('%s', (_promise, text, expected) => {
    expect(plainLine(text)).toBe(expected);
  });
});

describe('asciiSubject', () => {
  it.each([
    ['keeps ASCII', '[prod] Job refused: sales', '[prod] Job refused: sales'],
    ['writes accented letters without accent', 'Café Zürich', 'Cafe Zurich'],
    ['writes look-alikes in ASCII', '“a” – ‘b’ → c…', `"a" - 'b' -> c...`],
    ['marks what it cannot write', '売上 late', '?? late'],
    ['keeps 99 characters', 'x'.repeat(99), 'x'.repeat(99)],
    ['cuts at 99', 'x'.repeat(100), `${'x'.repeat(96)}...`],
  ])('%s', (_promise, text, expected) => {
    expect(asciiSubject(text)).toBe(expected);
  });

  it('is always a subject that SNS takes', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(asciiSubject(`[prod] ${text}`)).toMatch(/^[\x20-\x7e]{1,99}$/);
      }),
    );
  });
});
