/** A problem of a text that a user wrote, with its position. */
export type TextProblem = {
  /** Index into the text, in UTF-16 units. */
  readonly at: number;
  readonly message: string;
};

/** Counts the characters up to an index: from 1, and an emoji is one. */
const positionOf = (text: string, at: number): number => Array.from(text.slice(0, at)).length + 1;

/** Describes a problem in one line, and below it the text with a caret at the position. */
export const describeTextProblem = (text: string, { at, message }: TextProblem): string => {
  const position = positionOf(text, at);
  // A line break or a tab in the text would move the caret to a wrong position.
  const line = Array.from(text, (character) => (character < ' ' ? '·' : character)).join('');

  return `position ${position}: ${message}\n    ${line}\n    ${' '.repeat(position - 1)}^`;
};
