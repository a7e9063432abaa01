/**
 * An alert: what there is to tell about one subject, and what people have been told of it. Pure: the table is `shared/aws/alert-table.ts`.
 *
 * An alert is open until it is closed, and may be opened anew. Every opening is told, even if it was closed meanwhile; a closing is told after its
 * opening, if there is something to say. What was closed and opened again before anybody was told is told once.
 */
import { createHash } from 'node:crypto';
import { later } from '../instants.ts';
import type { AlertKind } from './kinds.ts';
import { plainLine, plainText } from './plain-text.ts';

/** What whoever opens an alert knows. */
export type NewAlert = {
  readonly kind: AlertKind;
  /** Names what the alert is about, the same every time: of one kind and subject, one alert is open at a time. */
  readonly subject: string;
  readonly feed?: string;
  readonly queue?: string;
  /** One line that says it all, for the message's subject. */
  readonly title: string;
  /** What happened and what to do about it, in plain text. Never a value of the environment, or a secret. */
  readonly body: string;
  /** What is long and comes last, after the facts: the end of a log. */
  readonly details?: string;
  /** When people are told at the earliest; at once where it is left out. Until then the text may be revised. */
  readonly notifyAt?: Date;
  /** For how long people are left alone while the alert stays open; without it they are told once. */
  readonly remindEveryMs?: number;
};

/** What there is to say when an alert is closed. */
export type Closing = { readonly title: string; readonly body: string };

export type Alert = NewAlert & {
  /** Counts how often the alert was opened, from 1. */
  readonly openings: number;
  readonly openedAt: Date;
  /** The newest opening that people were told of; 0 before the first. */
  readonly notifiedOpening: number;
  /** The newest opening whose closing people were told of. */
  readonly notifiedClosing: number;
  readonly lastNotifiedAt?: Date;
  readonly closedAt?: Date;
  /** Left out where a closing goes without saying. */
  readonly closing?: Closing;
  /** Until when people asked to be left alone. */
  readonly mutedUntil?: Date;
  /** Who is publishing at this moment, and until when others believe it. */
  readonly notifying?: { readonly owner: string; readonly until: Date };
  /** Counts the changes: one holds only for the version it was decided on. */
  readonly version: number;
};

/** What there is to do: tell of the opening, tell again, tell of the closing. */
export type Step = 'notify' | 'remind' | 'close';

/** Longer than a publish can take with its retries, and shorter than the minute after which somebody looks again. */
export const NOTIFY_LEASE_MS = 45_000;

/** A partition key holds 2,048 bytes; this leaves room for all else that is in it. */
const MAX_READABLE_BYTES = 900;

/** Names an alert: the same for the same kind and subject, and never the same for two. */
export const alertId = (kind: AlertKind, subject: string): string => {
  const readable =
    Buffer.byteLength(subject) <= MAX_READABLE_BYTES
      ? subject
      : `sha256:${createHash('sha256').update(subject).digest('hex')}`;
  return `${kind}#${readable}`;
};

/** Makes what is told fit: a text may come from a key or from another service. */
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

/** Opens a closed alert anew, with what there is to say now. */
export const reopened = (earlier: Alert, alert: NewAlert, at: Date): Alert => ({
  ...opened(alert, at),
  openings: earlier.openings + 1,
  notifiedOpening: earlier.notifiedOpening,
  notifiedClosing: earlier.notifiedClosing,
  ...(earlier.lastNotifiedAt === undefined ? {} : { lastNotifiedAt: earlier.lastNotifiedAt }),
  ...(earlier.mutedUntil === undefined ? {} : { mutedUntil: earlier.mutedUntil }),
  // Whoever tells of the opening before is still at it.
  ...(earlier.notifying === undefined ? {} : { notifying: earlier.notifying }),
  version: earlier.version + 1,
});

/** What an alert says before anybody was told. */
export type Revision = Pick<NewAlert, 'title' | 'body'>;

/** Gives an alert another text; `undefined` when it is too late, since people were told or it is over. */
export const revised = (alert: Alert, revision: Revision): Alert | undefined =>
  alert.closedAt !== undefined || alert.notifiedOpening === alert.openings
    ? undefined
    : { ...alert, ...fitting(revision), version: alert.version + 1 };

/** Gives an open alert another text for the reminders to come; `undefined` when it is over. */
export const restated = (alert: Alert, revision: Revision): Alert | undefined =>
  alert.closedAt === undefined ? { ...alert, ...fitting(revision), version: alert.version + 1 } : undefined;

/** Closes an open alert. */
export const closed = (alert: Alert, at: Date, closing: Closing | undefined): Alert => ({
  ...alert,
  closedAt: at,
  ...(closing === undefined ? {} : { closing: fitting(closing) }),
  version: alert.version + 1,
});

/** Has people left alone until a time; what there is to tell is told then. A time that has passed ends it. */
export const muted = (alert: Alert, until: Date): Alert => ({
  ...alert,
  mutedUntil: until,
  version: alert.version + 1,
});

/** Claims the right to tell people, for a while. */
export const claimed = (alert: Alert, owner: string, at: Date): Alert => ({
  ...alert,
  notifying: { owner, until: later(at, NOTIFY_LEASE_MS) },
  version: alert.version + 1,
});

/**
 * Notes that people were told.
 *
 * It is noted whatever happened to the alert meanwhile, since it is true; a claim that somebody else holds by now stays theirs.
 *
 * @param opening - the opening that was spoken of, which is no longer the newest when the alert was opened again since
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

/** Tells what is next, and from when on; who is at it, and who wants to be left alone, is left out of account. */
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

/** Tells what is next, and from when on; a claim is left out of account. */
const pending = (alert: Alert): { readonly step: Step; readonly at: Date } | undefined => {
  const next = unmutedStep(alert);
  const { mutedUntil } = alert;
  return next === undefined || mutedUntil === undefined || mutedUntil < next.at
    ? next
    : { step: next.step, at: mutedUntil };
};

/**
 * Tells when an alert needs somebody's attention next: what the table's index finds it by.
 *
 * @returns `undefined` when there is nothing left to tell
 */
export const dueAt = (alert: Alert): Date | undefined => {
  const next = pending(alert);
  if (next === undefined || alert.notifying === undefined || alert.notifying.until < next.at) {
    return next?.at;
  }
  return alert.notifying.until;
};

/**
 * Decides what to do with an alert now.
 *
 * @param owner - who asks: their own claim does not keep them from telling
 */
export const nextStep = (alert: Alert, now: Date, owner: string): Step | 'nothing' => {
  const next = pending(alert);
  const isClaimed = alert.notifying !== undefined && alert.notifying.owner !== owner && alert.notifying.until > now;
  if (next === undefined || isClaimed) {
    return 'nothing';
  }
  // An opening and a closing are due whatever the clock says of the host that wrote them, unless they were put off.
  const isPutOff =
    next.step === 'remind' ||
    (next.step === 'notify' && alert.notifyAt !== undefined) ||
    alert.mutedUntil !== undefined;
  return isPutOff && next.at > now ? 'nothing' : next.step;
};
