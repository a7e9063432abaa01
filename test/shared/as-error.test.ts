import { describe, expect, it } from 'vitest';
import { asError } from '../../shared/as-error.ts';

describe('asError', () => {
  it('leaves an error as it is', () => {
    const error = new TypeError('no, no');

    expect(asError(error)).toBe(error);
  });

  it.each([
    ['odd', 'odd'],
    [undefined, 'undefined'],
    [{ code: 1 }, '[object Object]'],
  ])('makes one of %o', (thrown, message) => {
    expect(asError(thrown)).toEqual(new Error(message));
  });
});
