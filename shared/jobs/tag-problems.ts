/** @see https://docs.aws.amazon.com/batch/latest/userguide/tag-restrictions.html */
const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;

/** A character that `SubmitJob` refuses in a tag. Batch accepts only the documented characters. */
const ILLEGAL = /[^\p{L}\p{Z}\p{N}_.:/=+\-@]/u;

const illegalProblems = (what: string, text: string): string[] => {
  const [illegal] = ILLEGAL.exec(text) ?? [];

  return illegal === undefined
    ? []
    : [`the ${what} has a ${JSON.stringify(illegal)}, Batch takes only letters, digits, spaces and _ . : / = + - @`];
};

const isReserved = (text: string): boolean => text.toLowerCase().startsWith('aws:');

/** Lists why Batch would refuse a tag. Each code point counts as one character. */
export const tagProblems = (key: string, value: string): string[] => {
  const [keyLength, valueLength] = [Array.from(key).length, Array.from(value).length];

  return [
    ...(keyLength >= 1 && keyLength <= MAX_KEY_LENGTH
      ? []
      : [`the key has ${keyLength} characters, Batch takes 1 to ${MAX_KEY_LENGTH}`]),
    ...(valueLength > MAX_VALUE_LENGTH
      ? [`the value has ${valueLength} characters, Batch takes ${MAX_VALUE_LENGTH}`]
      : []),
    ...(isReserved(key) || isReserved(value) ? ['AWS reserves keys and values that start with "aws:"'] : []),
    ...illegalProblems('key', key),
    ...illegalProblems('value', value),
  ];
};
