/** Text for a narrow screen, measured in columns: a Japanese character or an emoji takes two. */
import stringWidth from 'string-width';

export const COLUMNS = 80;

const characters = new Intl.Segmenter();

/** Measures a text in the columns of a terminal. */
export const columnsOf = (text: string): number => stringWidth(text);

const breakWord = (word: string, firstIndent: string, indent: string, columns: number): string[] => {
  const rows: string[] = [];
  let row = firstIndent;
  for (const { segment } of characters.segment(word)) {
    if (columnsOf(row + segment) > columns) {
      rows.push(row);
      row = indent;
    }
    row += segment;
  }
  return [...rows, row];
};

/**
 * Wraps a line of text, between words where that is possible.
 *
 * Spaces at the beginning of the line stay. A word wider than a row is broken between characters; a
 * link is never broken.
 *
 * @param indentColumns - the spaces before each row but the first, at most half of the columns
 */
export const wrapText = (line: string, indentColumns = 0, columns = COLUMNS): string[] => {
  const maxIndent = Math.floor(columns / 2);
  const text = line.trimStart();
  const firstIndent = line.slice(0, Math.min(line.length - text.length, maxIndent));
  const indent = ' '.repeat(Math.min(indentColumns, maxIndent));

  const rows: string[] = [];
  for (const word of text.split(' ')) {
    const row = rows.at(-1);
    const before = row === undefined ? firstIndent : indent;
    if (row !== undefined && columnsOf(`${row} ${word}`) <= columns) {
      rows[rows.length - 1] = `${row} ${word}`;
    } else if (columnsOf(before + word) <= columns) {
      rows.push(before + word);
    } else {
      rows.push(...(word.startsWith('https://') ? [word] : breakWord(word, before, indent, columns)));
    }
  }
  return rows.map((row) => row.trimEnd());
};
