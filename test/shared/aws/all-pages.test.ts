import { describe, expect, it } from 'vitest';
import { allPages } from '../../../shared/aws/all-pages.ts';

describe('allPages', () => {
  it('follows tokens to the end, over pages that are empty', async () => {
    const pages: Record<string, { items: number[]; nextToken?: string }> = {
      '': { items: [1, 2], nextToken: 'a' },
      a: { items: [], nextToken: 'b' },
      b: { items: [3] },
    };

    expect(await allPages(async (token = '') => pages[token] ?? { items: [] })).toEqual([1, 2, 3]);
  });

  it('takes an empty token for the end, as some services write it', async () => {
    const tokens = ['a', ''];

    expect(await allPages(async (token = 'first') => ({ items: [token], nextToken: tokens.shift() }))).toEqual([
      'first',
      'a',
    ]);
  });

  it('ends with an error when a token comes again, instead of never', async () => {
    const tokens = ['a', 'b', 'a', 'b'];

    await expect(allPages(async () => ({ items: [], nextToken: tokens.shift() }))).rejects.toThrow(
      'A page token was repeated after 2 pages',
    );
  });
});
