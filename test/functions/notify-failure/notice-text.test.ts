import { describe, expect, it } from 'vitest';
import { blocks, counted, labelled } from '../../../functions/notify-failure/notice-text.ts';

describe('labelled', () => {
  it.each([
    ['text', ['Job: text']],
    ['', []],
    [undefined, []],
  ])('writes %j as %j', (text, lines) => {
    expect(labelled('Job', text)).toEqual(lines);
  });
});

describe('counted', () => {
  it.each([
    [1, '1 job'],
    [0, '0 jobs'],
    [12_000, '12,000 jobs'],
  ])('counts %i', (count, text) => {
    expect(counted(count, 'job')).toBe(text);
  });
});

describe('blocks', () => {
  it('leaves out what is empty', () => {
    expect(blocks(['a', 'b'], [], ['c'])).toBe('a\nb\n\nc');
  });
});
