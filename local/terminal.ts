/** All output of `local/` to the terminal. */

/** Writes a line for a user. */
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

/** Styles text on a terminal that supports it, and leaves it unchanged elsewhere. */
export const bold = paint(BOLD);
export const dim = paint(DIM);
export const red = paint(RED);
export const green = paint(GREEN);
export const yellow = paint(YELLOW);

/**
 * Makes control characters visible, since a key may contain any, and a terminal would execute them.
 */
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
