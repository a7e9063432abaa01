/** Zod types that several parts of the configuration use, with messages for users. */
import * as z from 'zod';
import { didYouMean } from './suggestion.ts';

/** Makes an object that refuses unknown keys: a misspelt setting must not be ignored silently. */
export const strict = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `unknown key ${key}${didYouMean(key, Object.keys(shape))}`).join(', ')
        : `must be an object with ${Object.keys(shape).join(', ')}`,
  });

export const text = z.string('must be a string');
export const flag = z.boolean('must be true or false');
export const texts = z.record(z.string(), text, 'must be an object of strings');

export const wholeNumber = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const range =
    most === Number.MAX_SAFE_INTEGER
      ? `must be a whole number, at least ${least.toLocaleString('en')}`
      : `must be a whole number from ${least.toLocaleString('en')} to ${most.toLocaleString('en')}`;
  return z.int(range).min(least, range).max(most, range);
};
