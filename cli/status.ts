/** `breakaway status`: shows the state of each feed, date by date. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from '@commander-js/extra-typings';
import type { Configuration } from '../configuration/configuration.ts';
import { createFeedStates } from '../shared/aws/feed-states.ts';
import { createRunListing } from '../shared/aws/run-listing.ts';
import { datesBetween, nextDate } from '../shared/feeds/business-dates.ts';
import { DATE_LENGTHS } from '../shared/feeds/dates.ts';
import type { Feed } from '../shared/feeds/feed.ts';
import { runKeyId } from '../shared/feeds/run-key.ts';
import type { Run } from '../shared/runs/run.ts';
import type { RunsOf } from '../shared/runs/run-listing.ts';
import { startProgress } from './progress.ts';
import { type DateRange, dayPart, findFeed, readRange } from './run-names.ts';
import {
  EXIT,
  type OptionsOf,
  perform,
  readConfiguration,
  type StackOptions,
  selectStack,
  UsageError,
  withHelp,
  withStackOptions,
} from './stack-command.ts';
import { DATES_PER_ROW, gridText, problemsOf, worstOf } from './status/grid.ts';
import { type FeedStatus, feedStatusOf, type RunStatus } from './status/run-status.ts';
import { paint } from './terminal-style.ts';

type Options = StackOptions & OptionsOf<typeof statusCommand>;

const WATCH_INTERVAL_MS = 10_000;

/** A quarter of a year. */
const MAX_DATES = 92;

/** The range to ask the ledger for, in the form of the feed's dates. */
const listedRange = (feed: Feed, { from, to }: DateRange): DateRange => {
  if (feed.dateUnit !== undefined) {
    // The range of a monthly feed is its months.
    const length = DATE_LENGTHS[feed.dateUnit];
    return { from: from.slice(0, length), to: to.slice(0, length) };
  }
  // Undated runs are listed by the UTC day of their opening, at most a day from the local one.
  return { from: nextDate(dayPart(from), -1), to: nextDate(dayPart(to), 1) };
};

const listRuns = async (runsOf: RunsOf, feed: Feed, range: DateRange, signal: AbortSignal): Promise<Run[]> => {
  const { from, to } = listedRange(feed, range);
  const runs: Run[] = [];
  for await (const run of runsOf(feed.name, from, to, signal)) {
    runs.push(run);
  }
  return runs;
};

const runJson = ({ key, status, day, run, reason }: RunStatus) => ({
  run: runKeyId(key),
  ...key,
  day,
  standing: status,
  ...(run === undefined ? {} : { state: run.state, generation: run.generation }),
  ...(run?.job === undefined ? {} : { jobId: run.job.id }),
  ...(reason === undefined ? {} : { reason }),
});

const print = (
  feeds: readonly FeedStatus[],
  range: DateRange,
  now: Date,
  { json, stage, watch }: Options,
  timeZone: string,
): void => {
  if (json) {
    const grid = feeds.map(({ feed, runs, daysOff }) => ({
      feed,
      worst: worstOf(runs) ?? null,
      daysOff,
      runs: runs.map(runJson),
    }));
    console.log(JSON.stringify({ stage, ...range, at: now, problems: problemsOf(feeds).length, feeds: grid }));
    return;
  }
  const title = `Stage ${stage}, ${range.from} to ${range.to} (${timeZone})`;
  const clear = watch && process.stdout.isTTY ? '\u001b[H\u001b[2J' : '';
  console.log(`${clear}${title}\n\n${gridText(feeds, datesBetween(dayPart(range.from), dayPart(range.to)), paint)}`);
};

const readStatus = async (
  { feeds, calendars }: Pick<Configuration, 'feeds' | 'calendars'>,
  tableName: string,
  range: DateRange,
  now: Date,
  signal: AbortSignal,
): Promise<FeedStatus[]> => {
  const progress = startProgress();
  const runsOf = createRunListing({ tableName });
  const found: FeedStatus[] = [];
  try {
    const states = await createFeedStates({ tableName }).readAll(signal);
    for (const [index, feed] of feeds.entries()) {
      progress.show(`${feed.name} (${index + 1} of ${feeds.length})`);
      const firstSeenAt = states.get(feed.name)?.firstSeenAt;
      const runs = await listRuns(runsOf, feed, range, signal);
      found.push(feedStatusOf({ feed, runs, ...(firstSeenAt && { firstSeenAt }) }, range, now, calendars));
    }
    return found;
  } finally {
    progress.end();
  }
};

const status = async (name: string | undefined, options: Options, signal: AbortSignal): Promise<number> => {
  const { from, to, watch } = options;
  const { ledgerTable } = selectStack(options);
  const configuration = await readConfiguration();
  const feeds = name === undefined ? configuration.feeds : [findFeed(configuration.feeds, name)];
  for (;;) {
    const now = new Date();
    const range = readRange({ from, to }, DATES_PER_ROW, now, configuration.timeZone);
    if (datesBetween(dayPart(range.from), dayPart(range.to)).length > MAX_DATES) {
      throw new UsageError(`The range has more than ${MAX_DATES} dates`);
    }
    const found = await readStatus({ ...configuration, feeds }, ledgerTable, range, now, signal);
    print(found, range, now, options, configuration.timeZone);
    if (!watch) {
      return problemsOf(found).length > 0 ? EXIT.problem : EXIT.fine;
    }
    await sleep(WATCH_INTERVAL_MS, undefined, { signal });
  }
};

const statusCommand = (program: Command) =>
  program
    .command('status')
    .summary('show the state of each feed, date by date')
    .description(
      'Shows a grid of feeds and business dates: done, running, waiting, late, missing, failed, refused or shadow. A cell with several runs shows the worst one, and how many runs are like it.',
    )
    .argument('[feed]', 'one feed (default: all of the configuration)')
    .option('--from <date>', `the first date (default: ${DATES_PER_ROW} dates up to the last)`)
    .option('--to <date>', 'the last date (default: today)')
    .option('--watch', 'refresh every 10 seconds, until Ctrl-C', false);

/** Adds the command. */
export const addStatus = (program: Command) =>
  withHelp(withStackOptions(statusCommand(program)), {
    examples: ['status --stage prod', 'status northwind-sales --from 2026-11-01 --to 2026-11-30', 'status --watch'],
    actions: [
      ['dynamodb:Query', 'the ledger table and its index runs'],
      ['dynamodb:GetItem', 'the ledger table'],
    ],
    fine: 'no run is late, missing, failed or refused',
    problem: 'at least one run is',
  }).action((feed, options) => perform((signal) => status(feed, options, signal)));
