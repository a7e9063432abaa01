import { describe, expect, it } from 'vitest';
import {
  fieldsAt,
  isFields,
  listOfFields,
  optionalFields,
  optionalNumber,
  optionalText,
  shown,
  textAt,
} from '../../shared/fields.ts';

describe('fieldsAt and textAt', () => {
  it('return the value', () => {
    expect(fieldsAt({ a: 1 }, 'detail')).toEqual({ a: 1 });
    expect(textAt('a', 'detail.jobId')).toBe('a');
  });

  it.each([
    [() => fieldsAt([], 'detail'), 'Event field detail is not an object: []'],
    [() => fieldsAt(null, 'detail'), 'Event field detail is not an object: null'],
    [() => textAt('', 'detail.jobId'), 'Event field detail.jobId is not a text: ""'],
    [() => textAt(undefined, 'detail.jobId'), 'Event field detail.jobId is not a text: undefined'],
  ])('name the field and what is there', (read, message) => {
    expect(read).toThrow(message);
  });
});

describe('optional values', () => {
  it.each([undefined, null, '', 1, {}])('is no text: %j', (value) => {
    expect(optionalText(value)).toBeUndefined();
  });

  it.each([undefined, null, '1', Number.NaN, Number.POSITIVE_INFINITY])('is no number: %j', (value) => {
    expect(optionalNumber(value)).toBeUndefined();
  });

  it('is read as empty', () => {
    expect([optionalFields(null), optionalFields([]), optionalFields({ a: 1 })]).toEqual([{}, {}, { a: 1 }]);
    expect([listOfFields(undefined), listOfFields([{ a: 1 }, 'x'])]).toEqual([[], [{ a: 1 }, {}]]);
    expect([optionalText('a'), optionalNumber(0), isFields({})]).toEqual(['a', 0, true]);
  });
});

describe('shown', () => {
  it('is short', () => {
    expect(shown('x'.repeat(500))).toHaveLength(100);
  });
});
