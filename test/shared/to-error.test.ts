import { describe, expect, it } from 'vitest';
import { toError } from '../../shared/to-error.ts';

describe('toError', () => {
  it('returns an error unchanged', () => {
    const error = new TypeError('no, no');

    expect(toError(error)).toBe(error);
  });

  it.each([
    ['odd', 'odd'],
    [undefined, 'undefined'],
    [{ code: 1 }, '[object Object]'],
  ])('makes one of %o', (thrown, message) => {
    expect(toError(thrown)).toEqual(new Error(message));
  });
});
