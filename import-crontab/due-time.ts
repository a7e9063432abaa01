/** Derives from the times of a cron line when its files are late. */
import type { UserWeekday } from '../configuration/define.ts';
import type { CronTime } from './crontab.ts';
import type { Filling } from './feed-command.ts';
import { daysOf } from './waits.ts';

const DAY_NAMES: readonly UserWeekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const WEEK_FROM_MONDAY = [1, 2, 3, 4, 5, 6, 0];

/** Names the days on which files are dated, where cron looks for them on some days only. */
const weekdaysOf = (time: CronTime & { readonly kind: 'times' }, days: number): UserWeekday[] => {
  const dated = new Set(time.daysOfWeek.map((day) => (((day + days) % 7) + 7) % 7));
  return WEEK_FROM_MONDAY.filter((day) => dated.has(day)).flatMap((day) => DAY_NAMES[day] ?? []);
};

const twoDigits = (number: number): string => String(number).padStart(2, '0');

/** Takes the last look of a day as the time by which a file is due. */
export const dueOf = (
  time: CronTime,
  { files, unit, base, captures }: Filling,
  waitsInPlace: boolean,
): { readonly due?: string; readonly weekdays?: readonly UserWeekday[] } => {
  const isDaily =
    unit === 'dd' && captures.size === 0 && files.length > 0 && (base === undefined || base.unit === 'dd');
  if (
    time.kind !== 'times' ||
    !isDaily ||
    waitsInPlace ||
    !time.isEveryDate ||
    time.hours.length > 20 ||
    daysOf(base) > 0
  ) {
    return {};
  }
  const clock = `${twoDigits(Math.max(...time.hours))}:${twoDigits(Math.max(...time.minutes))}`;
  const weekdays = weekdaysOf(time, daysOf(base));

  return {
    due: daysOf(base) === 0 ? clock : `+${-daysOf(base)}d ${clock}`,
    ...(weekdays.length < DAY_NAMES.length && { weekdays }),
  };
};
