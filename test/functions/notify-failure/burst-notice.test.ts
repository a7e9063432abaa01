import { describe, expect, it } from 'vitest';
import { burst, windowAt, windowBefore, windowEnd } from '../../../functions/notify-failure/burst-notice.ts';

const window = windowAt(new Date('2026-11-22T03:07:30.000Z'));
const notice = (count: number, isAll = true, samples = 0) =>
  burst(
    'etl',
    window,
    {
      count,
      isAll,
      samples: Array.from({ length: samples }, (_, index) => ({
        id: `${index}`,
        title: `job-${index}: exit code 1`,
        link: `https://x/${index}`,
      })),
    },
    { timeZone: 'Asia/Tokyo' },
  );

it('takes ten minutes for a window', () => {
  expect([windowBefore(window), window, windowEnd(window)].map((at) => at.toISOString())).toEqual([
    '2026-11-22T02:50:00.000Z',
    '2026-11-22T03:00:00.000Z',
    '2026-11-22T03:10:00.000Z',
  ]);
});

describe('burst', () => {
  it('is told when the window is over, and all that began in it is done', () => {
    expect(notice(3).notifyAt).toEqual(new Date('2026-11-22T03:11:30.000Z'));
  });

  it.each([
    [1, true, '1 more job failed in etl'],
    [12_000, true, '12,000 more jobs failed in etl'],
    [20_000, false, 'At least 20,000 more jobs failed in etl'],
  ])('says how many more: %i', (count, isAll, title) => {
    expect(notice(count, isAll).title).toBe(title);
  });

  it.each([
    [2, 'Which:\n- job-0: exit code 1\nhttps://x/0\n- job-1: exit code 1\nhttps://x/1'],
    [5, 'Some of them:\n- job-0'],
  ])('names some of %i', (count, text) => {
    expect(notice(count, true, 2).body).toContain(text);
  });

  it('names none where none is known', () => {
    expect(notice(2).body).not.toContain('\n\n');
  });
});
