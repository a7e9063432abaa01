import { readFileSync } from 'node:fs';

/** A function may log a whole event in one line. */
const MAX_LENGTH = 200;

export type TailOptions = {
  /** @defaultValue 15 */
  readonly lines?: number;
  /** Leaves out the lines that say nothing. */
  readonly without?: RegExp;
};

/** Reads the last lines of a log, indented, for a message. */
export const tailOf = (file: string, { lines = 15, without }: TailOptions = {}): string => {
  try {
    const text = readFileSync(file, 'utf8').trimEnd();
    return text === ''
      ? '  (nothing was logged)'
      : text
          .split('\n')
          .filter((line) => without?.test(line) !== true)
          .slice(-lines)
          .map((line) => `  ${line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)} ...` : line}`)
          .join('\n');
  } catch {
    return '  (there is no log)';
  }
};
