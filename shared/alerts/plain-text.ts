/** Text from anywhere (a key, a reason, the tail of a log) made fit for a message that a person reads on a phone. */

/** SNS takes 256 KiB; nobody reads that much. */
const MAX_TEXT_BYTES = 8000;

const MAX_LINE_LENGTH = 300;

/** "Less than 100 characters long." */
const MAX_SUBJECT_LENGTH = 99;

const CUT = '...';

/** Colours and cursor movements of a terminal. */
const TERMINAL_SEQUENCE = /\p{Cc}\[[0-9;?]*[A-Za-z]/gu;

/** Look-alikes of ASCII that people and editors write. */
const LOOK_ALIKES: readonly (readonly [RegExp, string])[] = [
  [/[‘’‚‛]/gu, "'"],
  [/[“”„‟«»]/gu, '"'],
  [/[‐‑‒–—―−]/gu, '-'],
  [/→/gu, '->'],
  [/…/gu, CUT],
  [/\p{M}/gu, ''],
];

/** Cuts a text to a number of UTF-8 bytes, never within a character. */
const cutBytes = (text: string, maxBytes: number): string => {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
};

/** Makes a text printable, whatever its length: without control characters and half characters. */
export const printable = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll('\r\n', '\n')
    .replaceAll(TERMINAL_SEQUENCE, '')
    .replaceAll(/[^\P{Cc}\n\t]/gu, ' ');

/** Makes a text of several lines printable, and short enough. */
export const plainText = (text: string): string => {
  const plain = printable(text).trim();
  const short = cutBytes(plain, MAX_TEXT_BYTES);
  return short.length === plain.length ? plain : `${short}\n${CUT} (${plain.length - short.length} more characters)`;
};

/** Makes a text one plain line. */
export const plainLine = (text: string): string => {
  const line = plainText(text).replaceAll(/\s+/gu, ' ').trim();
  return line.length <= MAX_LINE_LENGTH ? line : `${line.slice(0, MAX_LINE_LENGTH - CUT.length).toWellFormed()}${CUT}`;
};

/**
 * Makes a text the subject of a message: one line of ASCII, since that is what every mail program and every endpoint shows as it is.
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
