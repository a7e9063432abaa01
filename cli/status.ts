/** `breakaway status`: how each feed stands, date by date. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Configuration } from '../configuration/configuration.ts';
import { loadConfiguration } from '../configuration/load.ts';
import { createFeedStates } from '../shared/aws/feed-states.ts';
import { createRunListing } from '../shared/aws/run-listing.ts';
import { datesBetween, nextDate } from '../shared/feeds/business-dates.ts';
import type { Feed } from '../shared/feeds/feed.ts';
import { runKeyId } from '../shared/feeds/run-key.ts';
import type { Run } from '../shared/runs/run.ts';
import type { RunsOf } from '../shared/runs/run-listing.ts';
import { startProgress } from './progress.ts';
import { type DateRange, findFeed, readRange } from './run-names.ts';
import {
  EXIT,
  enterStack,
  perform,
  type StackOptions,
  UsageError,
  withHelp,
  withStackOptions,
} from './stack-command.ts';
import { DATES_A_ROW, gridText, problemsOf, worstOf } from './status/grid.ts';
import { type FeedStandings, type Standing, standingsOf } from './status/run-status.ts';
import { paint } from './terminal-style.ts';

type Options = StackOptions & { readonly from?: string; readonly to?: string; readonly watch: boolean };

const WATCH_MS = 10_000;

/** More columns than these nobody reads. */
const MOST_DATES = 92;

/** Runs without a date are listed by when they were opened, in UTC: the zones are at most so many days off. */
const listedRange = (feed: Feed, { from, to }: DateRange): DateRange => {
  if (feed.dateUnit !== undefined) {
    // A month is listed with each of its days.
    const length = { yyyy: 4, MM: 7, dd: 10, HH: 13, mm: 16 }[feed.dateUnit];
    return { from: from.slice(0, length), to: to.slice(0, length) };
  }
  return { from: nextDate(from.slice(0, 10), -1), to: nextDate(to.slice(0, 10), 1) };
};

const allOf = async (runsOf: RunsOf, feed: Feed, range: DateRange, signal: AbortSignal): Promise<Run[]> => {
  const { from, to } = listedRange(feed, range);
  const runs: Run[] = [];
  for await (const run of runsOf(feed.name, from, to, signal)) {
    runs.push(run);
  }
  return runs;
};

const asJson = ({ key, word, day, run, reason }: Standing) => ({
  run: runKeyId(key),
  ...key,
  day,
  standing: word,
  ...(run === undefined ? {} : { state: run.state, generation: run.generation }),
  ...(run?.job === undefined ? {} : { jobId: run.job.id }),
  ...(reason === undefined ? {} : { reason }),
});

const print = (
  feeds: readonly FeedStandings[],
  range: DateRange,
  now: Date,
  { json, stage, watch }: Options,
  timeZone: string,
): void => {
  if (json) {
    const grid = feeds.map(({ feed, standings, daysOff }) => ({
      feed,
      worst: worstOf(standings) ?? null,
      daysOff,
      runs: standings.map(asJson),
    }));
    console.log(JSON.stringify({ stage, ...range, at: now, problems: problemsOf(feeds).length, feeds: grid }));
    return;
  }
  const title = `Stage ${stage}, ${range.from} to ${range.to} (${timeZone})`;
  // From the top left, on a terminal that is watched.
  const start = watch && process.stdout.isTTY ? '\u001b[H\u001b[2J' : '';
  console.log(
    `${start}${title}\n\n${gridText(feeds, datesBetween(range.from.slice(0, 10), range.to.slice(0, 10)), paint)}`,
  );
};

const look = async (
  { feeds, calendars }: Pick<Configuration, 'feeds' | 'calendars'>,
  { ledgerTable }: { readonly ledgerTable: string },
  range: DateRange,
  now: Date,
  signal: AbortSignal,
): Promise<FeedStandings[]> => {
  const progress = startProgress();
  const runsOf = createRunListing({ tableName: ledgerTable });
  const known: FeedStandings[] = [];
  try {
    const states = await createFeedStates({ tableName: ledgerTable }).readAll(signal);
    for (const [index, feed] of feeds.entries()) {
      progress.say(`${feed.name} (${index + 1} of ${feeds.length})`);
      const firstSeenAt = states.get(feed.name)?.firstSeenAt;
      const runs = await allOf(runsOf, feed, range, signal);
      known.push(standingsOf({ feed, runs, ...(firstSeenAt && { firstSeenAt }) }, range, now, calendars));
    }
    return known;
  } finally {
    progress.end();
  }
};

const status = async (name: string | undefined, options: Options, signal: AbortSignal): Promise<number> => {
  const stack = enterStack(options);
  const { configuration } = await loadConfiguration(process.env['BREAKAWAY_CONFIG']);
  const feeds = name === undefined ? configuration.feeds : [findFeed(configuration.feeds, name)];
  for (;;) {
    const now = new Date();
    const range = readRange(options, DATES_A_ROW, now, configuration.timeZone);
    if (datesBetween(range.from.slice(0, 10), range.to.slice(0, 10)).length > MOST_DATES) {
      throw new UsageError(`A grid has at most ${MOST_DATES} dates`);
    }
    const standings = await look({ ...configuration, feeds }, stack, range, now, signal);
    print(standings, range, now, options, configuration.timeZone);
    if (!options.watch) {
      return problemsOf(standings).length > 0 ? EXIT.problem : EXIT.fine;
    }
    await sleep(WATCH_MS, undefined, { signal });
  }
};

/** Adds the command. */
export const addStatus = (program: Command): void => {
  const command = program
    .command('status')
    .summary('show how each feed stands, date by date')
    .description(
      'Shows the grid of feeds and business dates: what is done, runs, waits, is late, missing, failed or was refused. A cell of several runs shows the worst, and how many are so.',
    )
    .argument('[feed]', 'one feed (default: all of the configuration)')
    .option('--from <date>', `the first date (default: ${DATES_A_ROW} dates up to the last)`)
    .option('--to <date>', 'the last date (default: today)')
    .option('--watch', 'look again every 10 seconds, until Ctrl-C', false)
    .action((feed: string | undefined, options: Options) => perform((signal) => status(feed, options, signal)));
  withHelp(withStackOptions(command), {
    examples: ['status --stage prod', 'status northwind-sales --from 2026-11-01 --to 2026-11-30', 'status --watch'],
    actions: [
      ['dynamodb:Query', 'the ledger table and its index runs'],
      ['dynamodb:GetItem', 'the ledger table'],
    ],
    fine: 'nothing is late, missing, failed or refused',
    problem: 'something is',
  });
};
