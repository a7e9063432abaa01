/** Opens an alert for each run that is late, keeps what it says true, and closes it when the run is complete or given up. */
import type { AlertRegister } from '../../shared/alerts/register.ts';
import { firstDateOf } from '../../shared/feeds/dependents.ts';
import type { Calendar, Feed } from '../../shared/feeds/feed.ts';
import { dueAtOf, isOver, overdueOf } from '../../shared/feeds/lateness.ts';
import { type RunKey, runKeyId } from '../../shared/feeds/run-key.ts';
import { processItems } from '../../shared/process-items.ts';
import type { FeedState, FeedStates } from '../../shared/runs/feed-states.ts';
import type { Ledger } from '../../shared/runs/ledger.ts';
import type { ObserveRun } from '../../shared/runs/observe-run.ts';
import type { Run } from '../../shared/runs/run.ts';
import { toError } from '../../shared/to-error.ts';
import { feedArrived, feedLate, feedNeverCame } from './late-notice.ts';

export type Ports = {
  readonly ledger: Pick<Ledger, 'read'>;
  readonly states: Pick<FeedStates, 'noteLate'>;
  readonly observeRun: ObserveRun;
  readonly alerts: Pick<AlertRegister, 'open' | 'restate' | 'close'>;
  readonly now: () => Date;
};

/** How a feed with `due` stands. */
export type FeedStanding = {
  readonly feed: string;
  readonly late: readonly string[];
  /** Runs that people were told of now, as late, and as late no longer. */
  readonly opened: readonly string[];
  readonly closed: readonly string[];
};

export type Lateness = {
  readonly standings: readonly FeedStanding[];
  /** Feeds of which nobody knows how they stand. */
  readonly failed: readonly { readonly feed: string; readonly error: unknown }[];
};

const CONCURRENCY = 4;

/** What an alert says is looked at again at least this often: the runs that others wait for change too. */
const RESTATE_EVERY_MS = 15 * 60_000;

/** A run that was looked at. */
type Looked = {
  readonly key: RunKey;
  readonly id: string;
  readonly dueAt: Date;
  readonly run: Run | undefined;
  readonly isExpected: boolean;
};

/** Whether a run has all that it waits for, or had it: also one of a shadow feed, and one that has been rerun since. */
const isComplete = (run: Run | undefined): boolean =>
  run !== undefined && (run.state !== 'waiting' || run.generation > 1 || run.shadowAt !== undefined);

const throwFirst = (failed: readonly { readonly error: unknown }[]): void => {
  for (const { error } of failed) {
    throw error;
  }
};

/** When a run was complete; a generation after the first does not tell. */
const completeAt = ({ generation, claim, shadowAt }: Run): Date | undefined =>
  generation === 1 ? (claim?.claimedAt ?? shadowAt) : undefined;

/**
 * Makes the function that tends the alerts of late runs.
 *
 * @returns a function that takes what is remembered of the feeds, and tells how each feed with `due` stands; what failed for one costs the others
 * nothing, and is done by the next tick
 */
export const createReportLateRuns = (
  { ledger, states, observeRun, alerts, now }: Ports,
  feeds: readonly Feed[],
  calendars: Readonly<Record<string, Calendar>>,
) => {
  const byName = new Map(feeds.map((feed) => [feed.name, feed]));
  /** By feed, the runs that this process has seen complete: they are late no more, and are not read again. */
  const complete = new Map<string, ReadonlySet<string>>();
  /** What the alerts of late runs said, and since when. */
  const stated = new Map<string, { readonly touched: number; readonly at: Date }>();

  const look = async (feed: Feed, state: FeedState, signal: AbortSignal): Promise<Looked[]> => {
    const dueOf = (key: RunKey) => dueAtOf(feed, key) ?? now();
    const expected = overdueOf(feed, now(), { firstSeen: state.firstSeenAt, calendars });
    const overdue = new Map(expected.map(({ key }) => [runKeyId(key), key]));
    const told = new Map(state.late.map((key) => [runKeyId(key), key]));
    const known = complete.get(feed.name) ?? new Set();
    const wanted = [...new Map([...overdue, ...told])].filter(([id]) => !known.has(id) || told.has(id));
    const { done, failed } = await processItems(
      wanted,
      async ([id, key]): Promise<Looked> => ({
        key,
        id,
        dueAt: dueOf(key),
        run: await ledger.read(key, signal),
        isExpected: overdue.has(id),
      }),
      { concurrency: CONCURRENCY },
    );
    const ended = done.filter(({ run }) => isComplete(run)).map(({ id }) => id);
    complete.set(feed.name, new Set([...[...known].filter((id) => overdue.has(id)), ...ended]));
    // After what is known by now: what many runs take too long for, the next tick goes on with.
    throwFirst(failed);
    return done;
  };

  /** Says anew what is missing, where that may have changed. */
  const state = async (
    feed: Feed,
    { key, id, dueAt, run }: Looked,
    isTold: boolean,
    signal: AbortSignal,
  ): Promise<void> => {
    const observed = await observeRun(feed, key, { everything: true }, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      return toError(error);
    });
    const alert = feedLate({ feed, key, dueAt, run, observed, now: now() });
    if (!(await alerts.open(alert, signal)) && isTold) {
      await alerts.restate(alert.kind, alert.subject, alert, signal);
    }
    stated.set(id, { touched: run?.touched ?? 0, at: now() });
  };

  const isStale = ({ id, run }: Looked): boolean => {
    const last = stated.get(id);
    return (
      last === undefined ||
      last.touched !== (run?.touched ?? 0) ||
      now().getTime() - last.at.getTime() >= RESTATE_EVERY_MS
    );
  };

  const close = async (feed: Feed, looked: Looked, signal: AbortSignal): Promise<void> => {
    const { key, id, run, isExpected, dueAt } = looked;
    const isForgotten = key.date !== undefined && key.date < firstDateOf(feed, now());
    if (run !== undefined && isComplete(run)) {
      await alerts.close('feed-late', id, feedArrived({ feed, key, dueAt }, completeAt(run)), signal);
    } else if (feed.due !== undefined && (isForgotten || (isExpected && isOver(feed, key, now())))) {
      await alerts.close('feed-late', id, feedNeverCame({ feed, key, dueAt }), signal);
    } else {
      // The configuration does not ask for it any more.
      await alerts.close('feed-late', id, undefined, signal);
    }
    stated.delete(id);
  };

  const tendFeed = async (feed: Feed, remembered: FeedState, signal: AbortSignal): Promise<FeedStanding> => {
    const looked = await look(feed, remembered, signal);
    const late = looked.filter(
      ({ key, run, isExpected }) => isExpected && !isComplete(run) && !isOver(feed, key, now()),
    );
    const lateIds = new Set(late.map(({ id }) => id));
    const told = new Set(remembered.late.map(runKeyId));
    const over = looked.filter(({ id }) => told.has(id) && !lateIds.has(id));
    const opened = late.filter(({ id }) => !told.has(id)).map(({ id }) => id);
    const lateKeys = late.map(({ key }) => key);
    if (opened.length > 0) {
      // Before the alerts: nobody would close one that was opened by a tick that died, and whose run came in time for the next.
      await states.noteLate(feed.name, [...lateKeys, ...over.map(({ key }) => key)], signal);
    }
    const closings = await processItems(over, (one) => close(feed, one, signal), { concurrency: CONCURRENCY });
    const openings = await processItems(late.filter(isStale), (one) => state(feed, one, told.has(one.id), signal), {
      concurrency: CONCURRENCY,
    });
    if (over.length > 0) {
      const unclosed = closings.failed.map(({ item: { key } }) => key);
      await states.noteLate(feed.name, [...lateKeys, ...unclosed], signal);
    }
    throwFirst([...closings.failed, ...openings.failed]);
    return { feed: feed.name, late: [...lateIds], opened, closed: over.map(({ id }) => id) };
  };

  /** Closes what was told of a feed that there is no more. */
  const forget = async (name: string, remembered: FeedState, signal: AbortSignal): Promise<void> => {
    for (const key of remembered.late) {
      await alerts.close('feed-late', runKeyId(key), undefined, signal);
    }
    await states.noteLate(name, [], signal);
  };

  return async (all: ReadonlyMap<string, FeedState>, signal: AbortSignal): Promise<Lateness> => {
    const remembered = [...all].filter(([name, { late }]) => late.length > 0 || byName.get(name)?.due !== undefined);
    const { done, failed } = await processItems(
      remembered,
      async ([name, remembers]) => {
        const feed = byName.get(name);
        return feed === undefined ? forget(name, remembers, signal) : tendFeed(feed, remembers, signal);
      },
      { concurrency: CONCURRENCY },
    );
    return {
      standings: done.filter((standing) => standing !== undefined),
      failed: failed.map(({ item: [feed], error }) => ({ feed, error })),
    };
  };
};
