import { CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSchedule, unitOfSchedule } from '../../configuration/schedules.ts';

const from = (least: number, most: number) => Array.from({ length: most - least + 1 }, (_, index) => least + index);

const EVERY = { daysOfMonth: from(1, 31), months: from(1, 12), daysOfWeek: from(0, 6), isEitherDay: false };

const read = (text: string) => {
  const reading = readSchedule(text);
  if (reading.kind === 'problems') throw new Error(JSON.stringify(reading.problems));
  return reading.schedule;
};

describe('readSchedule', () => {
  it.each([
    ['06:30', { ...EVERY, minutes: [30], hours: [6] }],
    ['00:00', { ...EVERY, minutes: [0], hours: [0] }],
    ['30 6 * * 1-5', { ...EVERY, minutes: [30], hours: [6], daysOfWeek: from(1, 5) }],
    ['*/20 8-10 * * *', { ...EVERY, minutes: [0, 20, 40], hours: [8, 9, 10] }],
    ['5-59/20 */8 * * *', { ...EVERY, minutes: [5, 25, 45], hours: [0, 8, 16] }],
    ['0 0 1,15 jan-MAR,Dec *', { ...EVERY, minutes: [0], hours: [0], daysOfMonth: [1, 15], months: [1, 2, 3, 12] }],
    ['0 0 * * sun,Tue', { ...EVERY, minutes: [0], hours: [0], daysOfWeek: [0, 2] }],
    ['0 0 * * 5-7', { ...EVERY, minutes: [0], hours: [0], daysOfWeek: [0, 5, 6] }],
    ['0 0 * * 0,7', { ...EVERY, minutes: [0], hours: [0], daysOfWeek: [0] }],
    ['0 0,0-2,1 * * *', { ...EVERY, minutes: [0], hours: [0, 1, 2] }],
    ['0 0 13 * 5', { ...EVERY, minutes: [0], hours: [0], daysOfMonth: [13], daysOfWeek: [5], isEitherDay: true }],
    [
      '0 0 */2 * 1',
      {
        ...EVERY,
        minutes: [0],
        hours: [0],
        daysOfMonth: [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31],
        daysOfWeek: [1],
      },
    ],
    ['0 0 29 2 *', { ...EVERY, minutes: [0], hours: [0], daysOfMonth: [29], months: [2] }],
    [
      '0 0 31 2 1',
      { ...EVERY, minutes: [0], hours: [0], daysOfMonth: [31], months: [2], daysOfWeek: [1], isEitherDay: true },
    ],
    ['  30\t6  *  * * ', { ...EVERY, minutes: [30], hours: [6] }],
    ['@hourly', { ...EVERY, minutes: [0], hours: from(0, 23) }],
    ['@daily', { ...EVERY, minutes: [0], hours: [0] }],
    ['@weekly', { ...EVERY, minutes: [0], hours: [0], daysOfWeek: [0] }],
    ['@monthly', { ...EVERY, minutes: [0], hours: [0], daysOfMonth: [1] }],
    ['@yearly', { ...EVERY, minutes: [0], hours: [0], daysOfMonth: [1], months: [1] }],
  ])('reads %j', (text, schedule) => {
    expect(readSchedule(text)).toEqual({ kind: 'schedule', schedule: { text, ...schedule } });
  });

  const ALLOWED = 'ranges such as 1-5, steps such as */2 and 1-9/2, lists such as 1,3, or *';
  const NEITHER =
    'write a time of day, 06:30, or the five fields of a crontab expression: minute, hour, day of the month, month, day of the week';

  it.each([
    ['60 6 * * *', 0, `"60" is not a valid minute: 0 to 59, ${ALLOWED}`],
    ['0 24 * * *', 2, `"24" is not a valid hour: 0 to 23, ${ALLOWED}`],
    ['0 0 0 * *', 4, `"0" is not a valid day of the month: 1 to 31, ${ALLOWED}`],
    ['0 0 L * *', 4, `"L" is not a valid day of the month: 1 to 31, ${ALLOWED}`],
    ['0 0 1 janv *', 6, `"janv" is not a valid month: 1 to 12 or jan to dec, ${ALLOWED}`],
    ['0 0 1 * mon#2', 8, `"mon#2" is not a valid day of the week: 0 to 7 (both are Sunday) or sun to sat, ${ALLOWED}`],
    [
      '0 0 * * sat-sun',
      8,
      `"sat-sun" is not a valid day of the week: 0 to 7 (both are Sunday) or sun to sat, ${ALLOWED}`,
    ],
    ['0 0 * mon *', 6, `"mon" is not a valid month: 1 to 12 or jan to dec, ${ALLOWED}`],
    ['0 jan * * *', 2, `"jan" is not a valid hour: 0 to 23, ${ALLOWED}`],
    ['H 0 * * *', 0, `"H" is not a valid minute: 0 to 59, ${ALLOWED}`],
    ['? 0 * * *', 0, `"?" is not a valid minute: 0 to 59, ${ALLOWED}`],
    ['*/0 0 * * *', 0, `"*/0" is not a valid minute: 0 to 59, ${ALLOWED}`],
    ['5/10 0 * * *', 0, `"5/10" is not a valid minute: 0 to 59, ${ALLOWED}`],
    ['1,,2 0 * * *', 0, `"1,,2" is not a valid minute: 0 to 59, ${ALLOWED}`],
    ['9-5 0 * * *', 0, `"9-5" is not a valid minute: 0 to 59, ${ALLOWED}`],
    ['0 30 6 * * *', 0, 'a crontab expression has five fields, without seconds and years'],
    ['30 6 * *', 0, NEITHER],
    ['', 0, NEITHER],
    ['half past six', 0, NEITHER],
    ['24:00', 0, 'this is not a time of day: write 00:00 to 23:59, with two digits each'],
    ['6:30', 0, 'this is not a time of day: write 00:00 to 23:59, with two digits each'],
    ['@dayly', 0, '"@dayly" is not a time (did you mean @daily?)'],
    ['@reboot', 0, '"@reboot" is not a time'],
    ['@constructor', 0, '"@constructor" is not a time'],
    ['0 0 31 2 *', 0, 'this time never comes: none of these months has such a day'],
    ['0 0 31 2,4,6,9,11 *', 0, 'this time never comes: none of these months has such a day'],
    ['0 0 30,31 2 */2', 0, 'this time never comes: none of these months has such a day'],
  ])('says what is wrong with %j', (text, at, message) => {
    expect(readSchedule(text)).toEqual({ kind: 'problems', problems: [{ at, message }] });
  });

  it('reports every wrong field', () => {
    expect(readSchedule('60 24 0 13 8')).toMatchObject({ problems: [0, 3, 6, 8, 11].map((at) => ({ at })) });
  });

  it('agrees with the reference library wherever cron does', () => {
    const piece = fc.constantFrom(
      '*',
      '0',
      '5',
      '7',
      '12',
      '31',
      '1-5',
      '*/7',
      '2-9/3',
      'mon',
      'JAN',
      'fri-sat',
      'L',
      '?',
      'H',
      '60',
      '5/2',
    );
    const field = fc.array(piece, { minLength: 1, maxLength: 2 }).map((pieces) => pieces.join(','));

    fc.assert(
      fc.property(fc.tuple(field, field, field, field, field), (fields) => {
        const text = fields.join(' ');
        const reading = readSchedule(text);
        let reference:
          | InstanceType<typeof CronExpressionParser>
          | undefined
          | ReturnType<typeof CronExpressionParser.parse>;
        try {
          reference = CronExpressionParser.parse(text);
        } catch (error) {
          // The library refuses duplicates, which this accepts.
          expect(reading.kind === 'problems' || String(error).includes('duplicate')).toBe(true);
          return;
        }
        if (reading.kind === 'problems') {
          expect(text).toMatch(/[LH?]|(?:^|[ ,])\d+\/|\b0\b|31|30/);
          return;
        }
        const { minute, hour, month } = reference.fields;
        expect(reading.schedule.minutes).toEqual(minute.values);
        expect(reading.schedule.hours).toEqual(hour.values);
        expect(reading.schedule.months).toEqual(month.values);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws for any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fc.stringMatching(/^[\d*,/a-zA-Z@:-]{0,6}$/)).map((fields) => fields.join(' ')),
        ),
        (text) => {
          expect(['schedule', 'problems']).toContain(readSchedule(text).kind);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('unitOfSchedule', () => {
  it.each([
    ['06:30', 'dd'],
    ['0 9 3 * *', 'dd'],
    ['30 6,18 * * *', 'HH'],
    ['30 * * * *', 'HH'],
    ['0,30 6 * * *', 'mm'],
    ['*/15 * * * *', 'mm'],
  ])('gives each time of %s its own date', (text, unit) => {
    expect(unitOfSchedule(read(text))).toBe(unit);
  });
});
