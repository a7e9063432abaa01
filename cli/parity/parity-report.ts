/** The comparison with cron, as text. Pure. */

import { MINUTE_MS } from '../../shared/durations.ts';
import { localTimeAt } from '../../shared/feeds/zoned-time.ts';
import { type FeedParity, type Pair, type Tolerance, verdictOf } from './comparison.ts';
import type { JobLog } from './job-log.ts';

const timeText = (at: Date, timeZone: string): string =>
  new Date(localTimeAt(at, timeZone)).toISOString().slice(0, '2026-11-22T04:15'.length).replace('T', ' ');

/** Writes the time from cron to the suite: `3 min earlier`. */
export const describeLater = (ms: number): string => {
  const minutes = Math.round(Math.abs(ms) / MINUTE_MS);
  if (minutes === 0) {
    return 'the same minute';
  }
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  const length = [...(hours > 0 ? [`${hours} h`] : []), ...(rest > 0 ? [`${rest} min`] : [])].join(' ');

  return `${length} ${ms < 0 ? 'earlier' : 'later'}`;
};

const medianOf = (pairs: readonly Pair[]): number => {
  const sorted = pairs.map(({ laterMs }) => laterMs).toSorted((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
};

const pairProblems = ({ start, run, laterMs, sameFiles }: Pair, tolerance: Tolerance, timeZone: string): string[] => [
  ...(laterMs > tolerance.laterMs
    ? [`later:   ${run.run}, ${describeLater(laterMs)} than cron at ${timeText(start.at, timeZone)}`]
    : []),
  ...(sameFiles === false ? [`files:   ${run.run} has ${run.files}, cron took ${start.files}`] : []),
];

const MAX_LISTED = 5;

const listed = (texts: readonly string[]): string[] => [
  ...texts.slice(0, MAX_LISTED),
  ...(texts.length > MAX_LISTED ? [`and ${texts.length - MAX_LISTED} more, which --json lists`] : []),
];

const missingTexts = ({ missing, pairs }: FeedParity, timeZone: string): string[] =>
  missing.map(({ start, waiting }) => {
    const date = start.date === undefined ? '' : ` for ${start.date}`;
    const isRepeated = start.date !== undefined && pairs.some((pair) => pair.start.date === start.date);
    const none = isRepeated ? 'the suite would not have run it again' : 'the suite has no run';
    const reason = waiting === undefined ? none : `${waiting.run} still waits`;
    return `missing: cron at ${timeText(start.at, timeZone)}${date} (line ${start.line}): ${reason}`;
  });

const extraTexts = ({ extra }: FeedParity, timeZone: string): string[] =>
  extra.map(
    ({ run, completeAt }) =>
      `extra:   ${run}${completeAt === undefined ? '' : ` at ${timeText(completeAt, timeZone)}`}: cron did not run it`,
  );

const feedLines = (parity: FeedParity, tolerance: Tolerance, timeZone: string): string[] => {
  const { feed, pairs, missing, extra } = parity;
  const median = pairs.length === 0 ? '' : `, median ${describeLater(medianOf(pairs))}`;
  const counts = `${pairs.length} in both${median}; ${missing.length} missing, ${extra.length} extra`;

  return [
    `${feed}: ${verdictOf(parity, tolerance)} (${counts})`,
    ...[
      ...listed(pairs.flatMap((pair) => pairProblems(pair, tolerance, timeZone))),
      ...listed(missingTexts(parity, timeZone)),
      ...listed(extraTexts(parity, timeZone)),
    ].map((text) => `  ${text}`),
  ];
};

const logLines = ({ unmatched, otherLines }: JobLog): string[] => [
  ...unmatched.map(({ command, count, feeds }) => {
    const starts = count === 1 ? '1 start' : `${count} starts`;
    return feeds.length === 0
      ? `${starts} without a feed: ${command}`
      : `${starts} of ${feeds.join(' or ')}: ${command}`;
  }),
  ...(otherLines === 0
    ? []
    : [otherLines === 1 ? '1 line of the log is not a start' : `${otherLines} lines of the log are not a start`]),
];

/** Writes the differences of each feed, and the lines of the log without a feed. */
export const parityText = (
  parities: readonly FeedParity[],
  log: JobLog,
  tolerance: Tolerance,
  timeZone: string,
): string => {
  const same = parities.filter((parity) => verdictOf(parity, tolerance) === 'same');

  return [
    ...parities.flatMap((parity) => feedLines(parity, tolerance, timeZone)),
    ...logLines(log),
    '',
    `${same.length} of ${parities.length} feeds did what cron did${same.length === 0 ? '' : `, and can be switched: ${same.map(({ feed }) => feed).join(', ')}`}`,
  ].join('\n');
};
