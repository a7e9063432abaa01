import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { momentProblem, offsetProblem, readMoment, readOffset } from '../../configuration/moments.ts';
import { HOUR_MS } from '../../shared/durations.ts';

describe('readMoment', () => {
  it.each([
    ['09:00', { kind: 'time of day', days: 0, hour: 9, minute: 0 }],
    ['23:59', { kind: 'time of day', days: 0, hour: 23, minute: 59 }],
    ['+1d 09:30', { kind: 'time of day', days: 1, hour: 9, minute: 30 }],
    ['+33h', { kind: 'offset', ms: 33 * HOUR_MS }],
    ['+90m', { kind: 'offset', ms: 1.5 * HOUR_MS }],
    ['+1h30m', { kind: 'offset', ms: 1.5 * HOUR_MS }],
    ['+0m', { kind: 'offset', ms: 0 }],
  ])('reads %s', (text, moment) => {
    expect(readMoment(text)).toEqual(moment);
    expect(momentProblem(text)).toBeUndefined();
  });

  it.each([
    '',
    '+',
    '9:00',
    '24:00',
    '09:60',
    '-1d 09:00',
    '+1d09:00',
    '1d 09:00',
    '33h',
    '+1m1h',
    '+1.5h',
    ' 09:00',
    '09:00\n',
  ])('refuses %j', (text) => {
    expect(readMoment(text)).toBeUndefined();
    expect(momentProblem(text)).toBe(
      `"${text}" is not a moment: write a time of day as in 09:00, or one on a later day as in +1d 09:00, or a duration after the start of the date as in +33h, +90m, +1h30m`,
    );
  });

  it('asks for the missing time of day', () => {
    expect(momentProblem('+2d')).toBe('"+2d" has no time of day: write +2d 09:00, or +48h for a duration');
  });

  it('reads every time of every day', () => {
    const two = (number: number) => String(number).padStart(2, '0');

    fc.assert(
      fc.property(fc.nat({ max: 999 }), fc.nat({ max: 23 }), fc.nat({ max: 59 }), (days, hour, minute) => {
        expect(readMoment(`+${days}d ${two(hour)}:${two(minute)}`)).toEqual({
          kind: 'time of day',
          days,
          hour,
          minute,
        });
        expect(readMoment(`+${hour}h${minute}m`)).toEqual({ kind: 'offset', ms: (hour * 60 + minute) * 60_000 });
      }),
    );
  });
});

describe('readOffset', () => {
  it.each([
    ['-1d', { amount: -1, unit: 'dd' }],
    ['-2h', { amount: -2, unit: 'HH' }],
    ['-15m', { amount: -15, unit: 'mm' }],
    ['-1mo', { amount: -1, unit: 'MM' }],
    ['-1y', { amount: -1, unit: 'yyyy' }],
    ['+7d', { amount: 7, unit: 'dd' }],
  ])('reads %s', (text, offset) => {
    expect(readOffset(text)).toEqual(offset);
    expect(offsetProblem(text)).toBeUndefined();
  });

  it.each(['', '1d', '-0d', '-1', '-1M', '- 1d', '-1w', 'yesterday', '-01d'])('refuses %j', (text) => {
    expect(readOffset(text)).toBeUndefined();
    expect(offsetProblem(text)).toBe(
      `"${text}" is not an offset: write a sign, a whole number and y, mo (months), d, h or m (minutes), as in -1d, the day before`,
    );
  });
});
