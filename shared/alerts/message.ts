/** What a person reads of an alert. Pure: it is sent elsewhere. */

import { MINUTE_MS } from '../durations.ts';
import type { Alert, Step } from './alert.ts';
import { type AlertKind, closingKindOf, KINDS, type Severity } from './kinds.ts';
import { asciiSubject } from './plain-text.ts';

/** What a subscription can filter by. */
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
  /** The IANA zone in which people read times. */
  readonly timeZone: string;
};

/** Says how long something took, in the two units that matter: `43 min`, `2 h 5 min`, `3 d 4 h`. */
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

/** Says when something was: `2026-11-22 04:10 (Asia/Tokyo)`. */
export const instantText = (at: Date, timeZone: string): string => {
  // Swedish writes a date as ISO 8601 does.
  const text = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(at);
  return `${text} (${timeZone})`;
};

const timesText = (openings: number): string => (openings === 1 ? '' : ` (opened ${openings} times so far)`);

/** Tells the facts that every message ends with. */
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

/** Builds the message that tells of an alert's opening, reminds of it, or tells that it is over. */
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
