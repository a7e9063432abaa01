import { describe, expect, it } from 'vitest';
import { handleOf, readUntil } from '../../cli/alerts.ts';

/** 10:00 in Tokyo. */
const NOW = new Date('2026-11-22T01:00:00.000Z');

describe('readUntil', () => {
  it.each([
    ['2h', '2026-11-22T03:00:00.000Z'],
    ['3d', '2026-11-25T01:00:00.000Z'],
    ['11:30', '2026-11-22T02:30:00.000Z'],
    ['09:00', '2026-11-23T00:00:00.000Z'],
    ['now', '2026-11-22T01:00:00.000Z'],
    ['2026-11-23T09:00:00+09:00', '2026-11-23T00:00:00.000Z'],
  ])('reads %s', (text, until) => {
    expect(readUntil(text, NOW, 'Asia/Tokyo').toISOString()).toBe(until);
  });

  it.each(['', 'tomorrow', '9:00', '25:00', '2026-11-23', '2026-11-23T09:00', '2027-11-23T09:00:00Z'])(
    'refuses %j',
    (text) => {
      expect(() => readUntil(text, NOW, 'Asia/Tokyo')).toThrow(/is not a time|at most 31 days/);
    },
  );
});

describe('handleOf', () => {
  it('is the same for the same alert, and another for another', () => {
    const alert = { kind: 'feed-late', subject: 'sales' } as const;

    expect(handleOf(alert)).toMatch(/^[0-9a-f]{8}$/);
    expect(handleOf({ ...alert })).toBe(handleOf(alert));
    expect(handleOf({ ...alert, kind: 'job-failed' })).not.toBe(handleOf(alert));
  });
});
