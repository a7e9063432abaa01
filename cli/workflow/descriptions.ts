/** Describes slots and times of feeds in words. Pure. */

import { HOUR_MS, MINUTE_MS } from '../../shared/durations.ts';
import type { DateOffset, Feed, Moment, Slot } from '../../shared/feeds/feed.ts';
import type { DateUnit } from '../../shared/feeds/template.ts';

const twoDigits = (number: number): string => String(number).padStart(2, '0');

/** Writes a time of day: `09:05`. */
export const clockText = (minutes: number): string =>
  `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;

/** Writes a moment in the syntax of the configuration. */
export const describeMoment = (moment: Moment): string => {
  if (moment.kind === 'time of day') {
    const clock = clockText(moment.hour * 60 + moment.minute);
    return moment.days === 0 ? clock : `+${moment.days}d ${clock}`;
  }
  const hours = Math.floor(moment.ms / HOUR_MS);
  const minutes = Math.round((moment.ms % HOUR_MS) / MINUTE_MS);

  return `+${hours > 0 ? `${hours}h` : ''}${minutes > 0 || hours === 0 ? `${minutes}m` : ''}`;
};

const UNIT_LETTERS: Readonly<Record<DateUnit, string>> = { yyyy: 'y', MM: 'mo', dd: 'd', HH: 'h', mm: 'm' };

/** Writes the distance to the date of the run: `-1d`. */
export const describeOffset = ({ amount, unit }: DateOffset): string =>
  `${amount > 0 ? '+' : ''}${amount}${UNIT_LETTERS[unit]}`;

/** Describes what fills a slot. */
export const describeSlot = (slot: Slot): string => {
  switch (slot.kind) {
    case 'files':
      return `${slot.min > 1 ? `${slot.min} or more of ` : ''}${slot.template.uri}`;
    case 'feed':
      return `${slot.feed}${slot.offset === undefined ? '' : ` of ${describeOffset(slot.offset)}`}`;
    default:
      return `the time ${slot.at.text}`;
  }
};

/** Describes when a feed starts and when it is due. */
export const describeWhen = ({ slots, due, cutOff, calendar, shadow }: Feed): string[] => [
  ...slots.flatMap((slot) => (slot.kind === 'time' ? [`at ${slot.at.text}`] : [])),
  ...(due === undefined ? [] : [`due ${describeMoment(due)}`]),
  ...(cutOff === undefined ? [] : [`cut off ${describeMoment(cutOff)}`]),
  ...(calendar === undefined ? [] : [`on ${calendar}`]),
  ...(shadow ? ['shadow'] : []),
];
