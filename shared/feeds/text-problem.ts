/** What is wrong with a text that a user wrote, and where. */
export type TextProblem = {
  /** Index into the text, in UTF-16 units as JavaScript counts. */
  readonly at: number;
  readonly message: string;
};

/** Counts the characters up to and with the one at an index, as a person would: from 1, and an emoji is one. */
const positionOf = (text: string, at: number): number => Array.from(text.slice(0, at)).length + 1;

/** Tells a problem in one line, and under it the text with a caret at the place. */
export const describeTextProblem = (text: string, { at, message }: TextProblem): string => {
  const position = positionOf(text, at);
  // A line break or a tab inside the text would move the caret away from what it points at.
  const line = Array.from(text, (character) => (character < ' ' ? '·' : character)).join('');

  return `position ${position}: ${message}\n    ${line}\n    ${' '.repeat(position - 1)}^`;
};
