/** `breakaway parity`: compares the runs of the suite with the jobs that cron started. */
import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { Configuration } from '../configuration/configuration.ts';
import { durationMs } from '../configuration/duration.ts';
import { createRunListing } from '../shared/aws/run-listing.ts';
import { nextDate } from '../shared/feeds/business-dates.ts';
import { DATE_LENGTHS } from '../shared/feeds/dates.ts';
import type { Feed } from '../shared/feeds/feed.ts';
import { fileSlotsOf } from '../shared/feeds/file-slots.ts';
import { runKeyId } from '../shared/feeds/run-key.ts';
import { localDateOf } from '../shared/feeds/zoned-time.ts';
import type { Run } from '../shared/runs/run.ts';
import type { RunsOf } from '../shared/runs/run-listing.ts';
import { compareFeed, type FeedParity, type SuiteRun, type Tolerance, verdictOf } from './parity/comparison.ts';
import { type CommandMatcher, type CronStart, type JobLog, LogError, readJobLog } from './parity/job-log.ts';
import { parityText } from './parity/parity-report.ts';
import { type DateRange, dayPart, readDate } from './run-names.ts';
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

type Options = StackOptions & OptionsOf<typeof parityCommand>;

const readMatcher = (text: string, before: readonly CommandMatcher[] = []): CommandMatcher[] => {
  const [, feed, part] = /^([a-z0-9-]+)=(.+)$/.exec(text) ?? [];
  if (feed === undefined || part === undefined) {
    throw new InvalidArgumentError('write FEED=TEXT, for example northwind-sales=load_sales.py');
  }
  return [...before, { feed, texts: [part] }];
};

const readDuration = (text: string): number => {
  const ms = durationMs(text);
  if (ms === undefined) {
    throw new InvalidArgumentError('write a duration such as 15m or 12h');
  }
  return ms;
};

/** Recognizes the command of a feed by its words without placeholders, if one of them is a path. */
const matchersOf = ({ name, job: { batch } }: Feed): CommandMatcher[] => {
  const texts = (batch.command ?? []).filter((word) => !word.includes('{'));
  return texts.some((text) => text.includes('/')) ? [{ feed: name, texts }] : [];
};

const localDay = (at: Date, timeZone: string): string => localDateOf(at, timeZone, 'dd');

/** Takes the days of the log, unless the options name others. */
const rangeOf = (starts: readonly CronStart[], { from, to }: Options, timeZone: string): DateRange => {
  const days = starts.map(({ date, at }) => (date === undefined ? localDay(at, timeZone) : dayPart(date))).toSorted();
  const [first, last] = [from === undefined ? days[0] : readDate(from), to === undefined ? days.at(-1) : readDate(to)];
  if (first === undefined || last === undefined) {
    throw new UsageError(
      'The log has no start of a feed, so the days are unknown: use --from 2026-11-01 --to 2026-11-07',
    );
  }
  return { from: first, to: last };
};

/** Tells whether a date is in a range whose ends may be coarser or finer. */
const isWithin = (date: string, { from, to }: DateRange): boolean =>
  date >= from.slice(0, date.length) && date <= `${to}~`;

const suiteRunOf = (feed: Feed, run: Run): SuiteRun => {
  const completeAt = run.wouldSubmitAt ?? run.claim?.claimedAt;
  const files = fileSlotsOf(feed).reduce((sum, { name }) => sum + (run.filled.get(name) ?? 0), 0);

  return {
    run: runKeyId(run.key),
    ...(run.key.date !== undefined && { date: run.key.date }),
    ...(completeAt !== undefined && { completeAt }),
    files,
  };
};

/** Cron often works on the file of another day, and time zones differ. */
const DAYS_AROUND = 3;

const listRuns = async (feed: Feed, range: DateRange, runsOf: RunsOf, signal: AbortSignal): Promise<SuiteRun[]> => {
  const from = nextDate(dayPart(range.from), -DAYS_AROUND);
  const to = nextDate(dayPart(range.to), DAYS_AROUND);
  // A day has ten characters: the range of an hourly feed is its whole days.
  const length = DATE_LENGTHS[feed.dateUnit ?? 'dd'];
  const runs: SuiteRun[] = [];
  for await (const run of runsOf(feed.name, from.slice(0, length), to.slice(0, length), signal)) {
    runs.push(suiteRunOf(feed, run));
  }
  return runs;
};

/** Compares one feed. A run outside the range may be in a pair, but never counts as extra. */
const parityOf = (
  feed: Feed,
  starts: readonly CronStart[],
  range: DateRange,
  timeZone: string,
  runs: readonly SuiteRun[],
  tolerance: Tolerance,
): FeedParity => {
  const isInRange = (date: string | undefined, at: Date | undefined): boolean =>
    date === undefined ? at !== undefined && isWithin(localDay(at, timeZone), range) : isWithin(date, range);
  const own = starts.filter(({ feed: name }) => name === feed.name);
  const parity = compareFeed(feed.name, own, runs, tolerance);

  return {
    feed: feed.name,
    pairs: parity.pairs.filter(
      ({ start, run }) => isInRange(start.date, start.at) || isInRange(run.date, run.completeAt),
    ),
    missing: parity.missing.filter(({ start }) => isInRange(start.date, start.at)),
    extra: parity.extra.filter(({ date, completeAt }) => isInRange(date, completeAt)),
  };
};

/** Counts the starts of feeds that the configuration does not have as unmatched. */
const withoutUnknownFeeds = (log: JobLog, { feeds }: Configuration): JobLog => {
  const names = new Set(feeds.map(({ name }) => name));
  const unknown = Map.groupBy(
    log.starts.filter(({ feed }) => !names.has(feed)),
    ({ feed }) => feed,
  );
  return {
    ...log,
    starts: log.starts.filter(({ feed }) => names.has(feed)),
    unmatched: [
      ...log.unmatched,
      ...[...unknown].map(([command, starts]) => ({ command, count: starts.length, feeds: [] })),
    ],
  };
};

/**
 * Compares all feeds that are shadows or have a start in the log.
 *
 * @param now - completes the dates of a system log, which have no year
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
  const matchers = [...(options.match ?? []), ...feeds.flatMap(matchersOf)];
  const log = withoutUnknownFeeds(readJobLog(text, { timeZone, matchers, now }), configuration);
  const range = rangeOf(log.starts, options, timeZone);
  const compared = feeds.filter(({ name, shadow }) => shadow || log.starts.some(({ feed }) => feed === name));
  const parities: FeedParity[] = [];
  for (const feed of compared) {
    const runs = await listRuns(feed, range, runsOf, signal);
    parities.push(parityOf(feed, log.starts, range, timeZone, runs, toleranceOf(options)));
  }
  return { parities, log, range };
};

const toleranceOf = ({ within, later }: Options): Tolerance => ({ withinMs: within, laterMs: later });

const readLog = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`The log cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const parity = async (options: Options, signal: AbortSignal): Promise<number> => {
  const configuration = await readConfiguration();
  const text = await readLog(options.log);
  const { ledgerTable: tableName } = selectStack(options);
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
  const tolerance = toleranceOf(options);

  if (options.json) {
    const feeds = parities.map((one) => ({ ...one, verdict: verdictOf(one, tolerance) }));
    console.log(JSON.stringify({ ...range, feeds, unmatched: log.unmatched, otherLines: log.otherLines }));
  } else {
    console.log(`From ${range.from} to ${range.to} (${configuration.timeZone})\n`);
    console.log(parityText(parities, log, tolerance, configuration.timeZone));
  }
  return parities.some((one) => verdictOf(one, tolerance) === 'differs') ? EXIT.problem : EXIT.fine;
};

const parityCommand = (program: Command) =>
  program
    .command('parity')
    .summary('compare shadow runs with the jobs of cron')
    .description(
      'Compares the runs that shadow feeds would have submitted with the jobs that cron started: same day, how much earlier or later, missing, extra. The log is the system log of cron (its lines with CMD), or a list of jobs with time, feed, and optionally date and number of files, separated by tabs or commas.',
    )
    .requiredOption('--log <file>', 'the log of cron, or a list of the jobs that it started')
    .option('--from <date>', 'the first date (default: the first of the log)')
    .option('--to <date>', 'the last date (default: the last of the log)')
    .option('--match <feed=text>', 'the feed whose command in the log contains the text; may be repeated', readMatcher)
    .addOption(
      new Option('--later <duration>', 'how much later than cron a run may be')
        .argParser(readDuration)
        .default(readDuration('15m'), '15m'),
    )
    .addOption(
      new Option('--within <duration>', 'how far apart a start without a date and its run may be')
        .argParser(readDuration)
        .default(readDuration('12h'), '12h'),
    );

/** Adds the command. */
export const addParity = (program: Command) =>
  withHelp(withStackOptions(parityCommand(program)), {
    examples: [
      'parity --log /var/log/syslog',
      'parity --log jobs.tsv --from 2026-11-16 --to 2026-11-22 --stage prod',
      'parity --log /var/log/cron --match northwind-sales=load_sales.py --later 30m',
    ],
    actions: [['dynamodb:Query, GetItem', 'the ledger table and its indexes']],
    fine: 'no feed differs from cron, as far as the log allows a comparison',
    problem: 'a run is missing, extra, too late, or has other files',
  }).action((options) => perform((signal) => parity(options, signal)));
