/** What is expected and late as of an instant. The late check, `status` and the page all ask here. Pure. */
import { expectedRuns } from './dependents.ts';
import { momentOf } from './due.ts';
import type { Calendar, Feed } from './feed.ts';
import type { RunKey } from './run-key.ts';

/** A run that is expected, and when it is due; without `due`, its feed says nothing about that. */
export type ExpectedRun = { readonly key: RunKey; readonly dueAt?: Date };

export type Expectations = {
  /** When the feed was first deployed. */
  readonly firstSeen: Date;
  readonly calendars: Readonly<Record<string, Calendar>>;
};

/** Returns when a run is due; `undefined` where its feed has no `due`, or the run no date. */
export const dueAtOf = ({ due, timeZone }: Feed, { date }: RunKey): Date | undefined =>
  due === undefined || date === undefined ? undefined : momentOf(due, date, timeZone);

/** Returns whether a run is not waited for any longer. */
export const isOver = ({ cutOff, timeZone }: Feed, { date }: RunKey, now: Date): boolean =>
  cutOff !== undefined && date !== undefined && momentOf(cutOff, date, timeZone) <= now;

/** Lists the runs that are expected by now, each with its due time. */
export const expectedOf = (feed: Feed, now: Date, { firstSeen, calendars }: Expectations): ExpectedRun[] =>
  expectedRuns(feed, now, firstSeen, calendars).map((key) => {
    const dueAt = dueAtOf(feed, key);
    return { key, ...(dueAt === undefined ? {} : { dueAt }) };
  });

/** Lists the runs that should be complete by now, each with its due time. */
export const overdueOf = (
  feed: Feed,
  now: Date,
  expectations: Expectations,
): (ExpectedRun & { readonly dueAt: Date })[] =>
  expectedOf(feed, now, expectations).flatMap(({ key, dueAt }) =>
    dueAt === undefined || dueAt > now ? [] : [{ key, dueAt }],
  );
