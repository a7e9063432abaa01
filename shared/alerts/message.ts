/** Renders an alert as a message. Pure: `alerts.ts` sends it. */

import { MINUTE_MS } from '../durations.ts';
import type { Alert, Step } from './alert.ts';
import { type AlertKind, closingKindOf, KINDS, type Severity } from './kinds.ts';
import { asciiSubject } from './plain-text.ts';

/** The attributes for the filters of subscriptions. */
export type MessageAttributes = {
  readonly kind: AlertKind;
  readonly severity: Severity;
  readonly feed?: string;
  readonly queue?: string;
};

export type Message = {
  /** ASCII, one line, less than 100 characters. */
  readonly subject: string;
  /** Plain text, a few KiB at most. */
  readonly body: string;
  readonly attributes: MessageAttributes;
};

export type MessageSettings = {
  readonly stage: string;
  /** The IANA time zone of the times in texts. */
  readonly timeZone: string;
};

/** Formats a duration in its two largest units: `43 min`, `2 h 5 min`, `3 d 4 h`. */
export const durationText = (ms: number): string => {
  const minutes = Math.floor(Math.max(0, ms) / MINUTE_MS);
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  if (days > 0) {
    return hours > 0 ? `${days} d ${hours} h` : `${days} d`;
  }
  if (hours > 0) {
    return rest > 0 ? `${hours} h ${rest} min` : `${hours} h`;
  }
  return minutes > 0 ? `${minutes} min` : 'less than a minute';
};

/** Formats an instant: `2026-11-22 04:10 (Asia/Tokyo)`. */
export const instantText = (at: Date, timeZone: string): string => {
  // The Swedish format of dates is ISO 8601.
  const text = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(at);
  return `${text} (${timeZone})`;
};

const timesText = (openings: number): string => (openings === 1 ? '' : ` (opened ${openings} times so far)`);

/** Lists the facts below the text of every message. */
const factsOf = (alert: Alert, step: Step, now: Date, { timeZone }: MessageSettings): string[] => {
  const opened = instantText(alert.openedAt, timeZone);
  const openFor = durationText((alert.closedAt ?? now).getTime() - alert.openedAt.getTime());
  return [
    alert.feed === undefined ? [] : `Feed: ${alert.feed}`,
    alert.queue === undefined ? [] : `Queue: ${alert.queue}`,
    step === 'notify' ? `When: ${opened}${timesText(alert.openings)}` : `Since: ${opened}, for ${openFor}`,
    step === 'close' && alert.closedAt !== undefined ? `Until: ${instantText(alert.closedAt, timeZone)}` : [],
  ].flat();
};

/** Builds the message for the opening of an alert, a reminder, or its closing. */
export const messageOf = (alert: Alert, step: Step, now: Date, settings: MessageSettings): Message => {
  const isClosing = step === 'close';
  const kind = isClosing ? closingKindOf(alert.kind) : alert.kind;
  const { title, body } = (isClosing ? alert.closing : undefined) ?? alert;
  const details = isClosing ? '' : (alert.details ?? '');
  const headline = step === 'remind' ? `Still open: ${title}` : title;
  return {
    subject: asciiSubject(`[${settings.stage}] ${headline}`),
    body: [headline, body, factsOf(alert, step, now, settings).join('\n'), details]
      .filter((part) => part !== '')
      .join('\n\n'),
    attributes: {
      kind,
      severity: isClosing ? 'info' : KINDS[kind].severity,
      ...(alert.feed === undefined ? {} : { feed: alert.feed }),
      ...(alert.queue === undefined ? {} : { queue: alert.queue }),
    },
  };
};
