import { describe, expect, it } from 'vitest';
import { decodeText } from '../../import-crontab/text-encoding.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const utf16 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'utf16le'));

describe('decodeText', () => {
  it.each([
    ['UTF-8', 'plain ASCII', new TextEncoder().encode('0 1 * * * a\n'), '0 1 * * * a\n'],
    ['UTF-8', 'text with its mark', new TextEncoder().encode('\ufeff売上'), '売上'],
    ['EUC-JP', 'kanji', bytes('c7 e4 be e5 5f 61 0a'), '売上_a\n'],
    ['EUC-JP', 'hiragana', bytes('a4 ab a4 ca'), 'かな'],
    ['Shift_JIS', 'kanji whose second byte is a backslash', bytes('95 5c 8e a6'), '表示'],
    ['Shift_JIS', 'katakana', bytes('83 5c 83 5b'), 'ソゼ'],
    ['UTF-16', 'a script with its mark', utf16('\ufeff[ -f 売上 ]'), '[ -f 売上 ]'],
    ['UTF-16', 'a script without its mark', utf16('[ -f /data/in/a ] || exit 0\n'), '[ -f /data/in/a ] || exit 0\n'],
    ['Windows-1252', 'a name with an accent', bytes('63 61 66 e9 0a'), 'café\n'],
  ])('finds %s: %s', (encoding, _, source, text) => {
    expect(decodeText(source)).toEqual({ kind: 'text', text, encoding });
  });

  it.each([
    ['a program (ELF)', bytes('7f 45 4c 46 02 01 00')],
    ['a gzip file', bytes('1f 8b 08 00')],
    ['binary', bytes('01 00 02 00 00')],
  ])('names %s', (what, source) => {
    expect(decodeText(source)).toEqual({ kind: 'binary', what });
  });
});
