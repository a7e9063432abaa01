/** The lines of a notification. */
import { wrapText } from '../../shared/wrap-text.ts';

/** Wraps a line of text at 80 columns. */
export const wrapped = (line: string): string => wrapText(line).join('\n');

/** Writes `label: text`, wrapped; no line when there is no text. */
export const labelled = (label: string, text: string | undefined): string[] =>
  text === undefined || text === '' ? [] : [wrapped(`${label}: ${text}`)];

/** Counts things: `1 job`, `12,000 jobs`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

/** Joins blocks of lines, with an empty line between them; a block without lines is left out. */
export const blocks = (...parts: readonly (readonly string[])[]): string =>
  parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
