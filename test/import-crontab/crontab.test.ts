import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CronEntry, readCrontab } from '../../import-crontab/crontab.ts';

const entryOf = (line: string, isSystem = false): CronEntry => {
  const [first] = readCrontab(`${line}\n`, isSystem);
  return first?.entry ?? { kind: 'blank' };
};

describe('readCrontab', () => {
  it.each([
    ['*/5 4-9 * * 1-5 a', { text: '*/5 4-9 * * 1-5', hours: [4, 5, 6, 7, 8, 9], daysOfWeek: [1, 2, 3, 4, 5] }],
    ['0 2 * jan,DEC mon-fri a', { text: '0 2 * 1,12 1-5', minutes: [0], isEveryDate: false }],
    ['0 5 * * 7 a', { daysOfWeek: [0] }],
    ['0 5 * * 0,7 a', { daysOfWeek: [0] }],
    ['2-59/20 * * * * a', { minutes: [2, 22, 42] }],
    ['0 9 1-7 * 1 a', { text: '0 9 1-7 * 1', isEveryDate: false }],
    ['@hourly a', { text: '0 * * * *' }],
    ['@midnight a', { text: '0 0 * * *' }],
    ['@annually a', { text: '0 0 1 1 *' }],
    ['-*/10 * * * * a', { minutes: [0, 10, 20, 30, 40, 50] }],
    ['\t 0  6\t* * *   a', { text: '0 6 * * *' }],
    ['0 0 */5,31 * 1 a', { text: '0 0 */5,31 * 1' }],
    ['0~30 4 * * * a', { text: '0 4 * * *', questions: [expect.stringContaining('a random minute of 0~30')] }],
    ['0 4 * * mon#1 a', { text: '0 4 * * 1', questions: [expect.stringContaining("Debian's cron reads mon")] }],
    ['0 4 */2~3 * * a', { text: '0 4 */2 * *' }],
  ])('reads the time of %j', (line, time) => {
    expect(entryOf(line)).toMatchObject({ kind: 'job', command: 'a', time });
  });

  it.each([
    ['61 * * * * a', 'minute: "61" is not a minute (0 to 59)'],
    ['0 25 * * * a', 'hour: "25" is not an hour (0 to 23)'],
    ['0 0 0 * * a', 'day of the month: "0" is not a day of the month (1 to 31)'],
    ['0 0 * 13 * a', 'month: "13" is not a month (1 to 12)'],
    ['0 0 * * funday a', 'day of the week: "funday" is not a day of the week (0 to 7)'],
    [
      '0 0 * * 6-2 a',
      "day of the week: the range 6-2 runs backwards (Debian's cron takes the line and never starts it)",
    ],
    ['*/0 * * * * a', 'minute: the step "0" is not a number from 1'],
    ['5/10 * * * * a', 'minute: a step needs a range or *, unlike 5/10'],
    ['1-2-3 * * * * a', 'minute: "1-2-3" is not a minute (0 to 59)'],
    ['*/5 * * * /opt/a.sh b', 'there are fewer than five fields of a time and a command'],
    ['* * * *', 'there are fewer than five fields of a time and a command'],
    ['0 4 * * *', 'there is no command'],
    [
      '@every 5m',
      '@every is not a nickname that cron knows (@yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, @reboot)',
    ],
    [
      '@constructor a',
      '@constructor is not a nickname that cron knows (@yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, @reboot)',
    ],
    ['what is this', 'there are fewer than five fields of a time and a command'],
  ])('says why cron does not run %j', (line, problem) => {
    expect(entryOf(line)).toEqual({ kind: 'broken', problem });
  });

  it('cuts a command at its first %, and keeps one that is escaped', () => {
    const entry = entryOf(String.raw`0 12 * * * mail -s "$(date +\%F)" a@b%Hello%there\%`);

    expect(entry).toMatchObject({ command: 'mail -s "$(date +%F)" a@b', input: 'Hello\nthere%' });
  });

  it('finds the user of a system crontab, and asks when a crontab looks like one', () => {
    expect(entryOf('0 1 * * * root a b', true)).toMatchObject({ user: 'root', command: 'a b' });
    expect(entryOf('0 1 * * * root', true)).toEqual({ kind: 'broken', problem: 'there is no user and command' });
    expect(entryOf('0 1 * * * root a b')).toMatchObject({
      command: 'root a b',
      remarks: ['the command begins with "root": is this a system crontab (--system)?'],
    });
  });

  it('hands each line the settings that stand above it', () => {
    const lines = readCrontab('A=1\n"B C" = "x y"\n0 1 * * * a\nA = \'2\'\n0 2 * * * b\nA=\n', false);

    const settings = lines.flatMap(({ entry }) => (entry.kind === 'job' ? [Object.fromEntries(entry.settings)] : []));
    expect(settings).toEqual([
      { A: '1', 'B C': 'x y' },
      { A: '2', 'B C': 'x y' },
    ]);
    expect(lines.at(-1)?.entry).toEqual({ kind: 'setting', name: 'A', value: '' });
  });

  it('tells a job that is commented out from a remark', () => {
    expect(entryOf('#*/5 * * * * /opt/a.sh')).toMatchObject({ kind: 'comment', disabled: { command: '/opt/a.sh' } });
    expect(entryOf('# five times a day at least')).toEqual({ kind: 'comment' });
  });

  it('warns of what cron reads otherwise than it looks', () => {
    const [first, last] = readCrontab('0 1 * * * a \\\n0 2 * * * b', false);

    expect(first?.entry).toMatchObject({
      remarks: ['the "\\" at the end does not join lines: cron reads each line by itself'],
    });
    expect(last?.entry).toMatchObject({ remarks: ['the last line does not end: many crons ignore it without a word'] });
  });

  it('knows @reboot and lines that end as on Windows', () => {
    const lines = readCrontab('@reboot a\r\n\r\n0 1 * * * b\r\n', false);

    expect(lines.map(({ entry }) => entry)).toMatchObject([
      { time: { kind: 'reboot' } },
      { kind: 'blank' },
      { command: 'b' },
    ]);
  });

  it('leaves out no line of any text, and keeps each as it is', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[^\r\n]*$/), { minLength: 1 }), fc.boolean(), (texts, isSystem) => {
        const lines = readCrontab(`${texts.join('\n')}\n`, isSystem);

        expect(lines.map(({ text }) => text)).toEqual(texts);
        expect(lines.map(({ number }) => number)).toEqual(texts.map((_, index) => index + 1));
      }),
    );
  });

  it('reads any legal time as the minutes, hours and days that it lists', () => {
    const list = (least: number, most: number) =>
      fc
        .uniqueArray(fc.integer({ min: least, max: most }), { minLength: 1 })
        .map((all) => all.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(list(0, 59), list(0, 23), list(0, 6), (minutes, hours, daysOfWeek) => {
        expect(entryOf(`${minutes} ${hours} * * ${daysOfWeek} a`)).toMatchObject({
          time: { minutes, hours, daysOfWeek },
        });
      }),
    );
  });
});
