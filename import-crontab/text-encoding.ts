/** Decodes text files of old servers: UTF-8, UTF-16, Shift_JIS, EUC-JP. */

export type Decoded =
  | { readonly kind: 'text'; readonly text: string; readonly encoding: string }
  | { readonly kind: 'binary'; readonly what: string };

const decoded = (bytes: Uint8Array, encoding: string): string | undefined => {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
};

const NAMES: Readonly<Record<string, string>> = {
  'euc-jp': 'EUC-JP',
  shift_jis: 'Shift_JIS',
  'windows-1252': 'Windows-1252',
};

/** Characters that Japanese text has; half-width katakana mostly mean that the encoding is another one. */
const weightOf = (text: string): number => {
  const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  return (
    count(/[\u3040-\u30ff]/g) * 2 +
    count(/[\u4e00-\u9fff]{2,}/g) * 2 -
    count(/[\uff61-\uff9f]/g) -
    count(/[\ue000-\uf8ff]/g) * 3
  );
};

/** Finds the encoding of bytes that are not UTF-8. */
const guessed = (bytes: Uint8Array): Decoded => {
  const [best] = ['euc-jp', 'shift_jis']
    .flatMap((encoding) => {
      const text = decoded(bytes, encoding);
      return text === undefined ? [] : [{ encoding, text, weight: weightOf(text) }];
    })
    .sort((one, other) => other.weight - one.weight);
  if (best !== undefined && best.weight > 0) {
    return { kind: 'text', text: best.text, encoding: NAMES[best.encoding] ?? best.encoding };
  }
  const text = decoded(bytes, 'windows-1252') ?? '';
  return { kind: 'text', text, encoding: 'Windows-1252' };
};

const startsWith = (bytes: Uint8Array, ...start: readonly number[]): boolean =>
  start.every((byte, at) => bytes[at] === byte);

/** Says which of the two UTF-16 a text without a mark is: ASCII has a zero in each second byte. */
const utf16Of = (bytes: Uint8Array): string | undefined => {
  const sample = bytes.subarray(0, 400);
  const zerosAt = (offset: number): number => sample.filter((byte, at) => at % 2 === offset && byte === 0).length;
  const half = sample.length / 2;
  if (zerosAt(1) > half * 0.6 && zerosAt(0) === 0) {
    return 'utf-16le';
  }
  return zerosAt(0) > half * 0.6 && zerosAt(1) === 0 ? 'utf-16be' : undefined;
};

const binaryKind = (bytes: Uint8Array): string => {
  if (startsWith(bytes, 0x7f, 0x45, 0x4c, 0x46)) {
    return 'a program (ELF)';
  }
  return startsWith(bytes, 0x1f, 0x8b) ? 'a gzip file' : 'binary';
};

/** Decodes a file, or says that it is not text. */
export const decodeText = (bytes: Uint8Array): Decoded => {
  const utf16 = startsWith(bytes, 0xff, 0xfe) ? 'utf-16le' : undefined;
  const marked = utf16 ?? (startsWith(bytes, 0xfe, 0xff) ? 'utf-16be' : undefined);
  const encoding = marked ?? utf16Of(bytes);
  const wide = encoding === undefined ? undefined : decoded(bytes, encoding);
  if (wide !== undefined) {
    return { kind: 'text', text: wide, encoding: 'UTF-16' };
  }
  if (bytes.includes(0) || startsWith(bytes, 0x1f, 0x8b)) {
    return { kind: 'binary', what: binaryKind(bytes) };
  }
  const text = decoded(bytes, 'utf-8');
  return text === undefined ? guessed(bytes) : { kind: 'text', text, encoding: 'UTF-8' };
};
