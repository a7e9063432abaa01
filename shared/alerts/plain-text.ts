/**
 * Makes text from outside (a key, a reason, the end of a log) printable and short enough for a
 * message.
 */

/** Far below the 256 KiB of SNS. */
const MAX_TEXT_BYTES = 8000;

const MAX_LINE_LENGTH = 300;

/** SNS allows less than 100 characters. */
const MAX_SUBJECT_LENGTH = 99;

const CUT = '...';

/** An escape sequence of a terminal, such as a colour or a cursor movement. */
const TERMINAL_SEQUENCE = /\p{Cc}\[[0-9;?]*[A-Za-z]/gu;

/** Characters with an ASCII character of nearly the same form. */
const LOOK_ALIKES: readonly (readonly [RegExp, string])[] = [
  [/[‘’‚‛]/gu, "'"],
  [/[“”„‟«»]/gu, '"'],
  [/[‐‑‒–—―−]/gu, '-'],
  [/→/gu, '->'],
  [/…/gu, CUT],
  [/\p{M}/gu, ''],
];

/** Cuts a text to a number of UTF-8 bytes, between characters. */
const cutBytes = (text: string, maxBytes: number): string => {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
};

/** Replaces control characters and half characters of a text of any length. */
export const printable = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll('\r\n', '\n')
    .replaceAll(TERMINAL_SEQUENCE, '')
    .replaceAll(/[^\P{Cc}\n\t]/gu, ' ');

/** Makes a text of several lines printable, and cuts it to 8,000 bytes. */
export const plainText = (text: string): string => {
  const plain = printable(text).trim();
  const short = cutBytes(plain, MAX_TEXT_BYTES);
  return short.length === plain.length ? plain : `${short}\n${CUT} (${plain.length - short.length} more characters)`;
};

/** Makes a text one printable line of at most 300 characters. */
export const plainLine = (text: string): string => {
  const line = plainText(text).replaceAll(/\s+/gu, ' ').trim();
  return line.length <= MAX_LINE_LENGTH ? line : `${line.slice(0, MAX_LINE_LENGTH - CUT.length).toWellFormed()}${CUT}`;
};

/**
 * Makes the subject of a message of a text: one line of ASCII, which every mail program shows
 * unchanged.
 *
 * @returns at most 99 characters
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export const asciiSubject = (text: string): string => {
  const replaced = LOOK_ALIKES.reduce(
    (line, [lookAlike, ascii]) => line.replaceAll(lookAlike, ascii),
    plainLine(text).normalize('NFKD'),
  );
  const ascii = replaced.replaceAll(/[^\x20-\x7e]/gu, '?');
  return ascii.length <= MAX_SUBJECT_LENGTH ? ascii : `${ascii.slice(0, MAX_SUBJECT_LENGTH - CUT.length)}${CUT}`;
};
