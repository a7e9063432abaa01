/** What people are told of the failures that got no message of their own. */
import type { NewAlert } from '../../shared/alerts/alert.ts';
import { instantText } from '../../shared/alerts/message.ts';
import { earlier, later } from '../../shared/instants.ts';
import { blocks, counted, wrapped } from './notice-text.ts';

/** So many failures of a queue are told one by one in a window; what comes on top is told in one message when it is over. */
export const PLACES = 10;

export const WINDOW_MS = 600_000;

/** A few of those that were held back, to look at. */
export const MAX_SAMPLES = 5;

/** Longer than an invocation may take that began in the window. */
const SETTLE_MS = 90_000;

/** A failure that got no message of its own. */
export type BurstFailure = {
  readonly id: string;
  /** What it would have been headed with. */
  readonly title: string;
  readonly link: string;
};

export type BurstCount = {
  readonly count: number;
  /** Whether all could be counted one by one. */
  readonly isAll: boolean;
  readonly samples: readonly BurstFailure[];
};

/** Names the window that an instant falls into, by its beginning. */
export const windowAt = (at: Date): Date => new Date(Math.floor(at.getTime() / WINDOW_MS) * WINDOW_MS);

/** The end of a window. */
export const windowEnd = (window: Date): Date => later(window, WINDOW_MS);

/** The window before. */
export const windowBefore = (window: Date): Date => earlier(window, WINDOW_MS);

/** Names the alert of what was held back in a window. */
export const burstSubject = (queue: string, window: Date): string => `${queue}#${window.toISOString()}`;

/** Says how many more jobs failed than were told one by one; it is told when the window is over. */
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
          `${PLACES} failures of this queue were told one by one between ${instantText(window, timeZone)} and ${instantText(windowEnd(window), timeZone)}. ${most === '' ? '' : 'At least '}${counted(count, 'more job')} failed in that time.`,
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
