/**
 * An alert: a notification about one subject, and its state. Pure: the table is
 * `shared/aws/alert-table.ts`.
 *
 * An alert is open until it is closed, and can be reopened. People are notified of each opening,
 * even if the alert was closed meanwhile, and then of the closing, if it has a text. An alert that
 * was closed and reopened before its notification makes one notification.
 */
import { createHash } from 'node:crypto';
import { later } from '../instants.ts';
import type { AlertKind } from './kinds.ts';
import { plainLine, plainText } from './plain-text.ts';

/** An alert to open. */
export type NewAlert = {
  readonly kind: AlertKind;
  /**
   * The id of the run, job or queue that the alert is about: each kind and subject has one alert at
   * a time.
   */
  readonly subject: string;
  readonly feed?: string;
  readonly queue?: string;
  /** The subject line of the message. */
  readonly title: string;
  /** The event and the advice, in plain text, without values of the environment and secrets. */
  readonly body: string;
  /** A long text below the facts, such as the end of a log. */
  readonly details?: string;
  /**
   * The earliest time of the notification. Until then the text can be revised.
   *
   * @defaultValue at once
   */
  readonly notifyAt?: Date;
  /** The time between reminders while the alert is open; without it there are none. */
  readonly remindEveryMs?: number;
};

/** The text of the notification that an alert is closed. */
export type Closing = { readonly title: string; readonly body: string };

export type Alert = NewAlert & {
  /** The number of times that the alert was opened. */
  readonly openings: number;
  readonly openedAt: Date;
  /** The number of the newest opening with a notification; 0 before the first. */
  readonly notifiedOpening: number;
  /** The number of the newest opening whose closing has a notification. */
  readonly notifiedClosing: number;
  readonly lastNotifiedAt?: Date;
  readonly closedAt?: Date;
  /** Absent when the closing needs no notification. */
  readonly closing?: Closing;
  /** The time until which a person muted the alert. */
  readonly mutedUntil?: Date;
  /**
   * The invocation that is sending a notification, and the time until which others leave that to
   * it.
   */
  readonly notifying?: { readonly owner: string; readonly until: Date };
  /** The number of changes: a write is on condition of the version that it was decided on. */
  readonly version: number;
};

/** A notification of the opening, a reminder, or a notification of the closing. */
export type Step = 'notify' | 'remind' | 'close';

/** Longer than a publish with its retries, and shorter than the minute between two ticks. */
export const NOTIFY_LEASE_MS = 45_000;

/** A partition key has at most 2,048 bytes. */
const MAX_READABLE_BYTES = 900;

/** Makes the id of an alert from its kind and subject. */
export const alertId = (kind: AlertKind, subject: string): string => {
  const readable =
    Buffer.byteLength(subject) <= MAX_READABLE_BYTES
      ? subject
      : `sha256:${createHash('sha256').update(subject).digest('hex')}`;
  return `${kind}#${readable}`;
};

/** Makes the texts printable and short, since they may come from a key or from another service. */
const fitting = <Text extends { readonly title: string; readonly body: string; readonly details?: string }>(
  text: Text,
): Text => ({
  ...text,
  title: plainLine(text.title),
  body: plainText(text.body),
  ...(text.details === undefined ? {} : { details: plainText(text.details) }),
});

/** Opens an alert for the first time. */
export const opened = (alert: NewAlert, at: Date): Alert => ({
  ...fitting(alert),
  openings: 1,
  openedAt: at,
  notifiedOpening: 0,
  notifiedClosing: 0,
  version: 1,
});

/** Opens a closed alert again, with a new text. */
export const reopened = (earlier: Alert, alert: NewAlert, at: Date): Alert => ({
  ...opened(alert, at),
  openings: earlier.openings + 1,
  notifiedOpening: earlier.notifiedOpening,
  notifiedClosing: earlier.notifiedClosing,
  ...(earlier.lastNotifiedAt === undefined ? {} : { lastNotifiedAt: earlier.lastNotifiedAt }),
  ...(earlier.mutedUntil === undefined ? {} : { mutedUntil: earlier.mutedUntil }),
  // The notification of the opening before may be under way.
  ...(earlier.notifying === undefined ? {} : { notifying: earlier.notifying }),
  version: earlier.version + 1,
});

/** A new text of an open alert. */
export type Revision = Pick<NewAlert, 'title' | 'body'>;

/** Gives an open alert another text; `undefined` after its notification, or when it is closed. */
export const revised = (alert: Alert, revision: Revision): Alert | undefined =>
  alert.closedAt !== undefined || alert.notifiedOpening === alert.openings
    ? undefined
    : { ...alert, ...fitting(revision), version: alert.version + 1 };

/** Gives an open alert another text for its reminders; `undefined` when it is closed. */
export const restated = (alert: Alert, revision: Revision): Alert | undefined =>
  alert.closedAt === undefined ? { ...alert, ...fitting(revision), version: alert.version + 1 } : undefined;

/** Closes an open alert. */
export const closed = (alert: Alert, at: Date, closing: Closing | undefined): Alert => ({
  ...alert,
  closedAt: at,
  ...(closing === undefined ? {} : { closing: fitting(closing) }),
  version: alert.version + 1,
});

/** Postpones all notifications of an alert until a time; a time in the past ends that. */
export const muted = (alert: Alert, until: Date): Alert => ({
  ...alert,
  mutedUntil: until,
  version: alert.version + 1,
});

/** Claims the next notification of an alert, for as long as the lease. */
export const claimed = (alert: Alert, owner: string, at: Date): Alert => ({
  ...alert,
  notifying: { owner, until: later(at, NOTIFY_LEASE_MS) },
  version: alert.version + 1,
});

/**
 * Records a notification that was sent, whatever happened to the alert meanwhile. A claim that
 * another invocation has by now stays.
 *
 * @param opening - the opening in the notification; the alert may have been reopened since
 */
export const notified = (alert: Alert, step: Step, opening: number, owner: string, at: Date): Alert => {
  const { notifying, ...rest } = alert;
  return {
    ...rest,
    ...(notifying === undefined || notifying.owner === owner ? {} : { notifying }),
    notifiedOpening: step === 'notify' ? Math.max(alert.notifiedOpening, opening) : alert.notifiedOpening,
    notifiedClosing: step === 'close' ? Math.max(alert.notifiedClosing, opening) : alert.notifiedClosing,
    lastNotifiedAt: at,
    version: alert.version + 1,
  };
};

/** Finds the next notification and its time, as if the alert were neither claimed nor muted. */
const unmutedStep = (alert: Alert): { readonly step: Step; readonly at: Date } | undefined => {
  if (alert.notifiedOpening < alert.openings) {
    return { step: 'notify', at: alert.notifyAt ?? alert.openedAt };
  }
  if (alert.closedAt !== undefined) {
    return alert.closing !== undefined && alert.notifiedClosing < alert.openings
      ? { step: 'close', at: alert.closedAt }
      : undefined;
  }
  return alert.remindEveryMs !== undefined && alert.lastNotifiedAt !== undefined
    ? { step: 'remind', at: later(alert.lastNotifiedAt, alert.remindEveryMs) }
    : undefined;
};

/** Finds the next notification and its time, as if the alert were not claimed. */
const pending = (alert: Alert): { readonly step: Step; readonly at: Date } | undefined => {
  const next = unmutedStep(alert);
  const { mutedUntil } = alert;
  return next === undefined || mutedUntil === undefined || mutedUntil < next.at
    ? next
    : { step: next.step, at: mutedUntil };
};

/**
 * Finds the time at which an alert needs a notification next. The table's index sorts by it.
 *
 * @returns `undefined` when no notification is left
 */
export const dueAt = (alert: Alert): Date | undefined => {
  const next = pending(alert);
  if (next === undefined || alert.notifying === undefined || alert.notifying.until < next.at) {
    return next?.at;
  }
  return alert.notifying.until;
};

/**
 * Decides which notification of an alert is due now.
 *
 * @param owner - the invocation that asks: its own claim does not stop it
 */
export const nextStep = (alert: Alert, now: Date, owner: string): Step | 'nothing' => {
  const next = pending(alert);
  const isClaimed = alert.notifying !== undefined && alert.notifying.owner !== owner && alert.notifying.until > now;
  if (next === undefined || isClaimed) {
    return 'nothing';
  }
  // An opening and a closing are due even if the clock of the host that wrote them is ahead, unless
  // they were postponed.
  const isPutOff =
    next.step === 'remind' ||
    (next.step === 'notify' && alert.notifyAt !== undefined) ||
    alert.mutedUntil !== undefined;
  return isPutOff && next.at > now ? 'nothing' : next.step;
};
