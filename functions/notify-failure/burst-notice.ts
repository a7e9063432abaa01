/** Makes the notification about the failures of a burst that have no notification of their own. */
import type { NewAlert } from '../../shared/alerts/alert.ts';
import { instantText } from '../../shared/alerts/message.ts';
import { earlier, later } from '../../shared/instants.ts';
import { blocks, counted, wrapped } from './notice-text.ts';

/**
 * The most failures of a queue in a window with a notification of their own; the others share one
 * at its end.
 */
export const PLACES = 10;

export const WINDOW_MS = 600_000;

/** The most failures of a burst that its notification lists. */
export const MAX_SAMPLES = 5;

/** Longer than an invocation that began in the window. */
const SETTLE_MS = 90_000;

/** A failure without a notification of its own. */
export type BurstFailure = {
  readonly id: string;
  /** The title that its own notification would have. */
  readonly title: string;
  readonly link: string;
};

export type BurstCount = {
  readonly count: number;
  /** Whether every failure was counted. */
  readonly isAll: boolean;
  readonly samples: readonly BurstFailure[];
};

/** Finds the beginning of the window of an instant. */
export const windowAt = (at: Date): Date => new Date(Math.floor(at.getTime() / WINDOW_MS) * WINDOW_MS);

export const windowEnd = (window: Date): Date => later(window, WINDOW_MS);

export const windowBefore = (window: Date): Date => earlier(window, WINDOW_MS);

/** Makes the subject of the alert about the burst of a window. */
export const burstSubject = (queue: string, window: Date): string => `${queue}#${window.toISOString()}`;

/**
 * Makes the alert with the number of failures without a notification of their own, for the end of
 * the window.
 */
export const burst = (
  queue: string,
  window: Date,
  { count, isAll, samples }: BurstCount,
  { timeZone }: { readonly timeZone: string },
): NewAlert => {
  const most = isAll ? '' : 'at least ';
  return {
    kind: 'job-failed',
    subject: burstSubject(queue, window),
    queue,
    title: `${most}${counted(count, 'more job')} failed in ${queue}`.replace(/^./, (first) => first.toUpperCase()),
    body: blocks(
      [
        wrapped(
          `${PLACES} failures of this queue had a notification of their own between ${instantText(window, timeZone)} and ${instantText(windowEnd(window), timeZone)}. ${most === '' ? '' : 'At least '}${counted(count, 'more job')} failed in that time.`,
        ),
      ],
      samples.length === 0
        ? []
        : [
            samples.length < count ? 'Some of them:' : 'Which:',
            ...samples.flatMap(({ title, link }) => [wrapped(`- ${title}`), link]),
          ],
    ),
    notifyAt: later(windowEnd(window), SETTLE_MS),
  };
};
