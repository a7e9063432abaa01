/** Text that fits a narrow screen. */

const COLUMNS = 80;

const MAX_INDENT = 20;

/** Breaks a word that is longer than a line, unless it is a link. */
const pieces = (word: string): string[] =>
  word.length <= COLUMNS || word.startsWith('https://')
    ? [word]
    : Array.from({ length: Math.ceil(word.length / COLUMNS) }, (_, index) =>
        word.slice(index * COLUMNS, (index + 1) * COLUMNS).toWellFormed(),
      );

/** Wraps a line of text at 80 columns, between words where that is possible; spaces at its beginning stay. */
export const wrapped = (line: string): string => {
  const indent = line.slice(0, Math.min(MAX_INDENT, line.search(/\S|$/)));
  const rows: string[] = [];
  for (const word of line.slice(indent.length).split(' ').flatMap(pieces)) {
    const row = rows.at(-1);
    if (row !== undefined && row.length + 1 + word.length <= COLUMNS) {
      rows[rows.length - 1] = `${row} ${word}`;
    } else {
      rows.push(rows.length === 0 && indent.length + word.length <= COLUMNS ? `${indent}${word}` : word);
    }
  }
  return rows.join('\n');
};

/** Writes `label: text`, wrapped; nothing where there is nothing to say. */
export const labelled = (label: string, text: string | undefined): string[] =>
  text === undefined || text === '' ? [] : [wrapped(`${label}: ${text}`)];

/** Counts things: `1 job`, `12,000 jobs`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

/** Puts blocks of lines below one another, with an empty line between; a block without lines is left out. */
export const blocks = (...parts: readonly (readonly string[])[]): string =>
  parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
