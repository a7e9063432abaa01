import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationMs, durationProblem, durationText, REMINDER_RANGE } from '../../configuration/duration.ts';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

describe('durationMs', () => {
  it.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['4h', 14_400_000],
    ['3d', 259_200_000],
    ['0s', 0],
  ])('reads %s', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  it.each([
    '',
    '4',
    'h',
    '4 h',
    ' 4h',
    '4h\n',
    '-4h',
    '+4h',
    '1.5h',
    '1e3s',
    '04h',
    '00h',
    '4H',
    '4hours',
    '1h30m',
    '1w',
    '5ms',
    '٤h',
    '1000000s',
  ])('refuses %j', (text) => {
    expect(durationMs(text)).toBeUndefined();
  });

  it('reads every whole number of every unit, to the millisecond', () => {
    fc.assert(
      fc.property(fc.nat(999_999), fc.constantFrom('s', 'm', 'h', 'd'), (number, unit) => {
        expect(durationMs(`${number}${unit}`)).toBe(number * UNIT_MS[unit]);
      }),
    );
  });

  it('reads nothing but a number and a unit', () => {
    const nearly = fc.stringMatching(/^[ +-]?[0-9.e]{0,8}[ ]?[smhdwSMHD]{0,2}$/);

    fc.assert(
      fc.property(fc.oneof(nearly, fc.string()), (text) => {
        const ms = durationMs(text);

        const spellings = Object.entries(UNIT_MS).map(([unit, unitMs]) => `${(ms ?? Number.NaN) / unitMs}${unit}`);
        expect(spellings.includes(text)).toBe(ms !== undefined);
      }),
    );
  });
});

describe('durationText', () => {
  it.each([
    [90_000, '90s'],
    [900_000, '15m'],
    [14_400_000, '4h'],
    [86_400_000, '1d'],
    [129_600_000, '36h'],
  ])('writes %i ms as %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  it('writes a text that is read as the same duration, and is never longer', () => {
    fc.assert(
      fc.property(fc.nat(999_999), fc.constantFrom('s', 'm', 'h', 'd'), (number, unit) => {
        const text = durationText(number * UNIT_MS[unit]);

        expect(durationMs(text)).toBe(number * UNIT_MS[unit]);
        expect(text.length).toBeLessThanOrEqual(`${number}${unit}`.length);
      }),
    );
  });
});

describe('durationProblem', () => {
  it.each(['1m', '60s', '24h', '30d', '720h'])('accepts %s between two reminders', (text) => {
    expect(durationProblem(text, REMINDER_RANGE)).toBeUndefined();
  });

  it.each(['59s', '0d', '31d', '721h'])('says that %s is out of range', (text) => {
    expect(durationProblem(text, REMINDER_RANGE)).toBe(`"${text}" is not from 1m to 30d`);
  });

  it('says how a duration is written', () => {
    expect(durationProblem('1 day', REMINDER_RANGE)).toBe(
      '"1 day" is not a duration: write a whole number and s, m, h or d, as in 90s, 15m, 4h, 3d',
    );
  });
});
