/** Shortens output to what a person reads. */

const MAX_LINES = 40;

/** Keeps the first lines, and says how many more there are. */
export const truncateList = (lines: readonly string[]): string[] =>
  lines.length > MAX_LINES ? [...lines.slice(0, MAX_LINES), `  and ${lines.length - MAX_LINES} more`] : [...lines];

/** Cuts a text to a width; the mark at its end shows that something is missing. */
export const truncateText = (text: string, width: number, mark = '~'): string =>
  text.length <= width ? text : `${text.slice(0, width - mark.length)}${mark}`;
