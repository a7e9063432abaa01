/** Reads the end of a log for a message. */
import { readFileSync } from 'node:fs';

/** Long lines are cut, since a function can log a whole event in one line. */
const MAX_LENGTH = 200;

export type TailOptions = {
  /** @defaultValue 15 */
  readonly lines?: number;
  /** Lines to leave out. */
  readonly without?: RegExp;
};

/** Reads the last lines of a log, indented, for a message. */
export const tailOf = (file: string, { lines = 15, without }: TailOptions = {}): string => {
  try {
    const text = readFileSync(file, 'utf8').trimEnd();
    return text === ''
      ? '  (the log is empty)'
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
