/** The one place of `local/` that writes to the terminal. */

/** Takes a line for a person who follows. */
export type Say = (line: string) => void;

const BOLD = '\u001B[1m';
const DIM = '\u001B[2m';
const RED = '\u001B[31m';
const GREEN = '\u001B[32m';
const YELLOW = '\u001B[33m';
const PLAIN = '\u001B[0m';

const hasColour = process.stdout.isTTY && process.env['NO_COLOR'] === undefined && process.env['TERM'] !== 'dumb';

const paint =
  (colour: string) =>
  (text: string): string =>
    hasColour ? `${colour}${text}${PLAIN}` : text;

/** Makes text stand out, on a screen that can; anywhere else it stays as it is. */
export const bold = paint(BOLD);
export const dim = paint(DIM);
export const red = paint(RED);
export const green = paint(GREEN);
export const yellow = paint(YELLOW);

/** Makes control characters visible: a key may hold any, and a terminal would obey them. */
export const visible = (text: string): string =>
  text.replaceAll(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** Writes a line. */
export const say: Say = (line) => {
  process.stdout.write(`${line}\n`);
};

/** Writes a line to standard error. */
export const sayError: Say = (line) => {
  process.stderr.write(`${line}\n`);
};
