/** `breakaway parity`: what the suite would have done, beside what cron did. */
import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Configuration } from '../configuration/configuration.ts';
import { durationMs } from '../configuration/duration.ts';
import { loadConfiguration } from '../configuration/load.ts';
import { createRunListing } from '../shared/aws/run-listing.ts';
import { nextDate } from '../shared/feeds/business-dates.ts';
import type { Feed } from '../shared/feeds/feed.ts';
import { fileSlotsOf } from '../shared/feeds/file-slots.ts';
import { runKeyId } from '../shared/feeds/run-key.ts';
import { localDateOf } from '../shared/feeds/zoned-time.ts';
import type { Run } from '../shared/runs/run.ts';
import type { RunsOf } from '../shared/runs/run-listing.ts';
import { compareFeed, type FeedParity, type SuiteRun, type Tolerance, verdictOf } from './parity/comparison.ts';
import { type CronStart, type FeedMark, type JobLog, LogError, readJobLog } from './parity/job-log.ts';
import { parityText } from './parity/parity-report.ts';
import { type DateRange, readDate } from './run-names.ts';
import {
  EXIT,
  enterStack,
  perform,
  type StackOptions,
  UsageError,
  withHelp,
  withStackOptions,
} from './stack-command.ts';

type Options = StackOptions & {
  readonly log: string;
  readonly from?: string;
  readonly to?: string;
  readonly match?: readonly FeedMark[];
  readonly later: number;
  readonly within: number;
};

const readMark = (text: string, before: readonly FeedMark[] = []): FeedMark[] => {
  const [, feed, mark] = /^([a-z0-9-]+)=(.+)$/.exec(text) ?? [];
  if (feed === undefined || mark === undefined) {
    throw new InvalidArgumentError('write FEED=TEXT, for example northwind-sales=load_sales.py');
  }
  return [...before, { feed, texts: [mark] }];
};

const readDuration = (text: string): number => {
  const ms = durationMs(text);
  if (ms === undefined) {
    throw new InvalidArgumentError('write a duration such as 15m or 12h');
  }
  return ms;
};

/** Knows the command of a feed by the words of it that are the same in every run. */
const marksOf = ({ name, job: { batch } }: Feed): FeedMark[] => {
  const texts = (batch.command ?? []).filter((word) => !word.includes('{'));
  return texts.some((text) => text.includes('/')) ? [{ feed: name, texts }] : [];
};

const localDay = (at: Date, timeZone: string): string => localDateOf(at, timeZone, 'dd');

/** The days that a log speaks of, unless others are asked for. */
const rangeOf = (starts: readonly CronStart[], { from, to }: Options, timeZone: string): DateRange => {
  const days = starts.map(({ date, at }) => date?.slice(0, 10) ?? localDay(at, timeZone)).toSorted();
  const [first, last] = [from === undefined ? days[0] : readDate(from), to === undefined ? days.at(-1) : readDate(to)];
  if (first === undefined || last === undefined) {
    throw new UsageError(
      'The log has no starts of feeds, so say which days are meant: --from 2026-11-01 --to 2026-11-07',
    );
  }
  return { from: first, to: last };
};

/** Tells whether a date is within others, which may be coarser or finer. */
const isWithin = (date: string, { from, to }: DateRange): boolean =>
  date >= from.slice(0, date.length) && date <= `${to}~`;

const suiteRun = (feed: Feed, run: Run): SuiteRun => {
  const completeAt = run.wouldSubmitAt ?? run.claim?.claimedAt;
  const files = fileSlotsOf(feed).reduce((sum, { name }) => sum + (run.filled.get(name) ?? 0), 0);

  return {
    run: runKeyId(run.key),
    ...(run.key.date !== undefined && { date: run.key.date }),
    ...(completeAt !== undefined && { completeAt }),
    files,
  };
};

/** How many days more are looked at: the file of one day is often worked on in another, and zones differ. */
const DAYS_AROUND = 3;

const suiteRuns = async (feed: Feed, range: DateRange, runsOf: RunsOf, signal: AbortSignal): Promise<SuiteRun[]> => {
  const from = nextDate(range.from.slice(0, 10), -DAYS_AROUND);
  const to = nextDate(range.to.slice(0, 10), DAYS_AROUND);
  const length = { yyyy: 4, MM: 7, dd: 10, HH: 10, mm: 10 }[feed.dateUnit ?? 'dd'];
  const runs: SuiteRun[] = [];
  for await (const run of runsOf(feed.name, from.slice(0, length), to.slice(0, length), signal)) {
    runs.push(suiteRun(feed, run));
  }
  return runs;
};

/** Compares one feed; what lies around the days that are compared is there to be found, and counts neither as missing nor as extra. */
const parityOf = (
  feed: Feed,
  starts: readonly CronStart[],
  range: DateRange,
  timeZone: string,
  suite: readonly SuiteRun[],
  tolerance: Tolerance,
): FeedParity => {
  const isMeant = (date: string | undefined, at: Date | undefined): boolean =>
    date === undefined ? at !== undefined && isWithin(localDay(at, timeZone), range) : isWithin(date, range);
  const own = starts.filter(({ feed: name }) => name === feed.name);
  const parity = compareFeed(feed.name, own, suite, tolerance);

  return {
    feed: feed.name,
    pairs: parity.pairs.filter(({ start, run }) => isMeant(start.date, start.at) || isMeant(run.date, run.completeAt)),
    missing: parity.missing.filter(({ start }) => isMeant(start.date, start.at)),
    extra: parity.extra.filter(({ date, completeAt }) => isMeant(date, completeAt)),
  };
};

const withStrangers = (log: JobLog, { feeds }: Configuration): JobLog => {
  const names = new Set(feeds.map(({ name }) => name));
  const strangers = Map.groupBy(
    log.starts.filter(({ feed }) => !names.has(feed)),
    ({ feed }) => feed,
  );
  return {
    ...log,
    starts: log.starts.filter(({ feed }) => names.has(feed)),
    unmatched: [
      ...log.unmatched,
      ...[...strangers].map(([command, starts]) => ({ command, count: starts.length, feeds: [] })),
    ],
  };
};

/**
 * Compares all feeds that are shadows or stand in the log.
 *
 * @param now - the log may tell no years
 */
export const compareWithLog = async (
  configuration: Configuration,
  text: string,
  options: Options,
  runsOf: RunsOf,
  now: Date,
  signal: AbortSignal,
): Promise<{ readonly parities: FeedParity[]; readonly log: JobLog; readonly range: DateRange }> => {
  const { feeds, timeZone } = configuration;
  const log = withStrangers(
    readJobLog(text, { timeZone, marks: [...(options.match ?? []), ...feeds.flatMap(marksOf)], now }),
    configuration,
  );
  const range = rangeOf(log.starts, options, timeZone);
  const compared = feeds.filter(({ name, shadow }) => shadow || log.starts.some(({ feed }) => feed === name));
  const tolerance: Tolerance = { withinMs: options.within, laterMs: options.later };
  const parities: FeedParity[] = [];
  for (const feed of compared) {
    const suite = await suiteRuns(feed, range, runsOf, signal);
    parities.push(parityOf(feed, log.starts, range, timeZone, suite, tolerance));
  }
  return { parities, log, range };
};

const readLog = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`The log cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const run = (options: Options): Promise<void> =>
  perform(async (signal) => {
    const { configuration } = await loadConfiguration(process.env['BREAKAWAY_CONFIG']);
    const text = await readLog(options.log);
    const { ledgerTable: tableName } = enterStack(options);
    const tolerance: Tolerance = { withinMs: options.within, laterMs: options.later };
    const { parities, log, range } = await compareWithLog(
      configuration,
      text,
      options,
      createRunListing({ tableName }),
      new Date(),
      signal,
    ).catch((error: unknown) => {
      throw error instanceof LogError ? new UsageError(error.message) : error;
    });
    const isSame = parities.every((parity) => verdictOf(parity, tolerance) !== 'differs');

    if (options.json) {
      const feeds = parities.map((parity) => ({ ...parity, verdict: verdictOf(parity, tolerance) }));
      console.log(JSON.stringify({ ...range, feeds, unmatched: log.unmatched, otherLines: log.otherLines }));
    } else {
      console.log(`From ${range.from} to ${range.to} (${configuration.timeZone})\n`);
      console.log(parityText(parities, log, tolerance, configuration.timeZone));
    }
    return isSame ? EXIT.fine : EXIT.problem;
  });

/** Adds the command. */
export const addParity = (program: Command): void => {
  const command = program
    .command('parity')
    .summary('compare shadow runs with what cron did')
    .description(
      'Compares what shadow feeds would have submitted with what cron started: the same day, how much earlier or later, what is missing, what is extra. The log is that of cron (its lines with CMD), or a list of jobs: time, feed, and where known date and number of files, with tabs or commas between.',
    )
    .requiredOption('--log <file>', 'the log of cron, or a list of the jobs that it started')
    .option('--from <date>', 'the first date (default: the first of the log)')
    .option('--to <date>', 'the last date (default: the last of the log)')
    .option('--match <feed=text>', 'whose command has this text in the log of cron; may be repeated', readMark)
    .addOption(
      new Option('--later <duration>', 'how much later than cron is fine')
        .argParser(readDuration)
        .default(readDuration('15m'), '15m'),
    )
    .addOption(
      new Option('--within <duration>', 'how far apart a start without a date and its run may lie')
        .argParser(readDuration)
        .default(readDuration('12h'), '12h'),
    );
  withHelp(withStackOptions(command), {
    examples: [
      'parity --log /var/log/syslog',
      'parity --log jobs.tsv --from 2026-11-16 --to 2026-11-22 --stage prod',
      'parity --log /var/log/cron --match northwind-sales=load_sales.py --later 30m',
    ],
    actions: [['dynamodb:Query, GetItem', 'the ledger table and its indexes']],
    fine: 'every feed did what cron did, as far as there is something to compare',
    problem: 'something is missing, extra, later than is fine, or of other files',
  }).action(run);
};
