/** Text for a narrow screen, measured in columns: a Japanese character or an emoji takes two. */
import stringWidth from 'string-width';

export const COLUMNS = 80;

const MAX_INDENT = COLUMNS / 2;

const characters = new Intl.Segmenter();

/** Measures a text in the columns of a terminal. */
export const columnsOf = (text: string): number => stringWidth(text);

const breakWord = (word: string, firstIndent: string, indent: string): string[] => {
  const rows: string[] = [];
  let row = firstIndent;
  for (const { segment } of characters.segment(word)) {
    if (columnsOf(row + segment) > COLUMNS) {
      rows.push(row);
      row = indent;
    }
    row += segment;
  }
  return [...rows, row];
};

/**
 * Wraps a line of text at 80 columns, between words where that is possible.
 *
 * Spaces at the beginning of the line stay. A word wider than a row is broken between characters; a
 * link is never broken.
 *
 * @param indentColumns - the spaces before each row but the first, at most 40
 */
export const wrapText = (line: string, indentColumns = 0): string[] => {
  const text = line.trimStart();
  const firstIndent = line.slice(0, Math.min(line.length - text.length, MAX_INDENT));
  const indent = ' '.repeat(Math.min(indentColumns, MAX_INDENT));

  const rows: string[] = [];
  for (const word of text.split(' ')) {
    const row = rows.at(-1);
    const before = row === undefined ? firstIndent : indent;
    if (row !== undefined && columnsOf(`${row} ${word}`) <= COLUMNS) {
      rows[rows.length - 1] = `${row} ${word}`;
    } else if (columnsOf(before + word) <= COLUMNS) {
      rows.push(before + word);
    } else {
      rows.push(...(word.startsWith('https://') ? [word] : breakWord(word, before, indent)));
    }
  }
  return rows.map((row) => row.trimEnd());
};
