/** Which windows of five minutes are done, and which are to be done now. */
import { type Lifetime, livedWithin } from '../../shared/clusters/cluster.ts';
import { HOUR_MS, MINUTE_MS } from '../../shared/durations.ts';
import { earlier, later } from '../../shared/instants.ts';

/** The resolution of EMR's metrics, and of EC2's without detailed monitoring. */
export const WINDOW_MS = 300_000;

/**
 * How far back CloudWatch takes data, an hour less, since it is late by the time that it gets there.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
 */
const HORIZON_MS = 14 * 24 * HOUR_MS - HOUR_MS;

/** From `from` until before `to`, both at the edge of a window. */
export type Span = { readonly from: Date; readonly to: Date };

/** The start of the window that an instant lies in. */
export const windowOf = (at: Date): Date => new Date(Math.floor(at.getTime() / WINDOW_MS) * WINDOW_MS);

/** Adds windows to an instant; a negative number goes back. */
export const plusWindows = (at: Date, count: number): Date => later(at, count * WINDOW_MS);

/** Counts the windows of a span. */
export const windowsIn = ({ from, to }: Span): number => Math.max(0, (to.getTime() - from.getTime()) / WINDOW_MS);

/** Lists where the windows of a span start, in order. */
export const windowStarts = (span: Span): Date[] =>
  Array.from({ length: windowsIn(span) }, (_, index) => plusWindows(span.from, index));

/**
 * Tells where the newest window ends that is closed and old enough for its data to have come.
 *
 * A value cannot be corrected once it is published, so what comes later than the lag is lost.
 */
export const newestEnd = (now: Date, lagMinutes: number): Date => windowOf(earlier(now, lagMinutes * MINUTE_MS));

/**
 * Tells where the series of a name begins that has none: at the newest window, or earlier, at the birth of a cluster that nobody can have seen
 * before.
 *
 * @param unseenSince - what was created after this may be new; absent on the very first tick
 */
export const beginningOf = (clusters: readonly Lifetime[], newest: Date, unseenSince: Date | undefined): Date => {
  const births = clusters
    .map(({ createdAt }) => createdAt)
    .filter((createdAt) => unseenSince !== undefined && createdAt >= unseenSince)
    .map((createdAt) => windowOf(createdAt).getTime());
  return new Date(Math.min(plusWindows(newest, -1).getTime(), ...births));
};

/** What to do for one name: a span, and before it what is too old for CloudWatch. */
export type WindowPlan = { readonly span: Span; readonly givenUp?: Span };

/**
 * Plans the windows between what is done and the newest.
 *
 * @param doneUntil - the watermark: all windows that end by then are done
 * @returns `undefined` when there is nothing to do
 */
export const planWindows = (doneUntil: Date, newest: Date, now: Date): WindowPlan | undefined => {
  const horizon = plusWindows(windowOf(earlier(now, HORIZON_MS)), 1);
  const from = doneUntil < horizon ? horizon : doneUntil;
  if (from >= newest) {
    return undefined;
  }
  const span = { from, to: newest };
  return from > doneUntil ? { span, givenUp: { from: doneUntil, to: from } } : { span };
};

/** Takes the first windows of a span, at least one. */
export const firstWindows = ({ from, to }: Span, atMost: number): Span => {
  const end = plusWindows(from, Math.max(1, atMost));
  return { from, to: end < to ? end : to };
};

/** Leaves out the windows before anything lived: nothing is to be said of them. */
export const fromFirstLife = (span: Span, lifetimes: readonly Lifetime[]): Span | undefined => {
  const first = windowStarts(span).find((start) =>
    lifetimes.some((lifetime) => livedWithin(lifetime, start, plusWindows(start, 1))),
  );
  return first === undefined ? undefined : { from: first, to: span.to };
};
