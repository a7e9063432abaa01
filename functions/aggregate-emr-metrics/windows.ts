/** Calculates which windows of five minutes are due. */
import { type Lifetime, livedWithin } from '../../shared/clusters/cluster.ts';
import { HOUR_MS, MINUTE_MS } from '../../shared/durations.ts';
import { earlier, later } from '../../shared/instants.ts';

/** The resolution of EMR's metrics, and of EC2's without detailed monitoring. */
export const WINDOW_MS = 300_000;

/**
 * How far back CloudWatch accepts data, less an hour for the way there.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
 */
const HORIZON_MS = 14 * 24 * HOUR_MS - HOUR_MS;

/** The windows from `from` until before `to`. */
export type Span = { readonly from: Date; readonly to: Date };

/** Returns the start of the window of an instant. */
export const windowOf = (at: Date): Date => new Date(Math.floor(at.getTime() / WINDOW_MS) * WINDOW_MS);

/** Adds windows to an instant; a negative number goes back. */
export const plusWindows = (at: Date, count: number): Date => later(at, count * WINDOW_MS);

/** Counts the windows of a span. */
export const windowsIn = ({ from, to }: Span): number => Math.max(0, (to.getTime() - from.getTime()) / WINDOW_MS);

/** Lists the starts of the windows of a span, in order. */
export const windowStarts = (span: Span): Date[] =>
  Array.from({ length: windowsIn(span) }, (_, index) => plusWindows(span.from, index));

/**
 * Returns the end of the newest window that is old enough for its data to be complete.
 *
 * A published value cannot be corrected, so data that comes later than the lag is lost.
 */
export const newestEnd = (now: Date, lagMinutes: number): Date => windowOf(earlier(now, lagMinutes * MINUTE_MS));

/**
 * Returns where the series of a new name begins: at the newest window, or earlier with a cluster
 * that no tick has seen before.
 *
 * @param unseenSince - clusters that were created after this may be new; absent on the first tick
 */
export const beginningOf = (clusters: readonly Lifetime[], newest: Date, unseenSince: Date | undefined): Date => {
  const births = clusters
    .map(({ createdAt }) => createdAt)
    .filter((createdAt) => unseenSince !== undefined && createdAt >= unseenSince)
    .map((createdAt) => windowOf(createdAt).getTime());
  return new Date(Math.min(plusWindows(newest, -1).getTime(), ...births));
};

/** The due windows of one name, and before them the windows that are too old for CloudWatch. */
export type WindowPlan = { readonly span: Span; readonly expired?: Span };

/**
 * Plans the windows between the watermark and the newest window.
 *
 * @param doneUntil - the watermark: all windows that end by then are done
 * @returns `undefined` when no window is due
 */
export const planWindows = (doneUntil: Date, newest: Date, now: Date): WindowPlan | undefined => {
  const horizon = plusWindows(windowOf(earlier(now, HORIZON_MS)), 1);
  const from = doneUntil < horizon ? horizon : doneUntil;
  if (from >= newest) {
    return undefined;
  }
  const span = { from, to: newest };
  return from > doneUntil ? { span, expired: { from: doneUntil, to: from } } : { span };
};

/** Takes the first windows of a span, at least one. */
export const firstWindows = ({ from, to }: Span, atMost: number): Span => {
  const end = plusWindows(from, Math.max(1, atMost));
  return { from, to: end < to ? end : to };
};

/** Removes the windows before the first lifetime. */
export const fromFirstLife = (span: Span, lifetimes: readonly Lifetime[]): Span | undefined => {
  const first = windowStarts(span).find((start) =>
    lifetimes.some((lifetime) => livedWithin(lifetime, start, plusWindows(start, 1))),
  );
  return first === undefined ? undefined : { from: first, to: span.to };
};
