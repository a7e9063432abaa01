/** Writes what a comparison has found. */

import { MINUTE_MS } from '../../shared/durations.ts';
import { localTimeAt } from '../../shared/feeds/zoned-time.ts';
import { type FeedParity, type Pair, type Tolerance, verdictOf } from './comparison.ts';
import type { JobLog } from './job-log.ts';

const timeText = (at: Date, timeZone: string): string =>
  new Date(localTimeAt(at, timeZone)).toISOString().slice(0, '2026-11-22T04:15'.length).replace('T', ' ');

/** Says how much later the suite was: `3 min earlier`. */
export const describeLater = (ms: number): string => {
  const minutes = Math.round(Math.abs(ms) / MINUTE_MS);
  if (minutes === 0) {
    return 'the same minute';
  }
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  const length = [...(hours > 0 ? [`${hours} h`] : []), ...(rest > 0 ? [`${rest} min`] : [])].join(' ');

  return `${length} ${ms < 0 ? 'earlier' : 'later'}`;
};

const middleOf = (pairs: readonly Pair[]): number => {
  const sorted = pairs.map(({ laterMs }) => laterMs).toSorted((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
};

const pairProblems = ({ start, run, laterMs, sameFiles }: Pair, tolerance: Tolerance, timeZone: string): string[] => [
  ...(laterMs > tolerance.laterMs
    ? [`later:   ${run.run}, ${describeLater(laterMs)} than cron at ${timeText(start.at, timeZone)}`]
    : []),
  ...(sameFiles === false ? [`files:   ${run.run} has ${run.files}, cron took ${start.files}`] : []),
];

/** More of a kind nobody reads; JSON has them all. */
const MOST_LISTED = 5;

const listed = (texts: readonly string[]): string[] => [
  ...texts.slice(0, MOST_LISTED),
  ...(texts.length > MOST_LISTED ? [`and ${texts.length - MOST_LISTED} more, which --json lists`] : []),
];

const missingTexts = ({ missing, pairs }: FeedParity, timeZone: string): string[] =>
  missing.map(({ start, waiting }) => {
    const date = start.date === undefined ? '' : ` for ${start.date}`;
    const isAgain = start.date !== undefined && pairs.some((pair) => pair.start.date === start.date);
    const none = isAgain ? 'the suite would not have done it again' : 'there is no run of it';
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
  const middle = pairs.length === 0 ? '' : `, mostly ${describeLater(middleOf(pairs))}`;
  const counts = `${pairs.length} of both${middle}; ${missing.length} missing, ${extra.length} extra`;

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
      ? `${starts} of no feed: ${command}`
      : `${starts} that may be of ${feeds.join(' or ')}: ${command}`;
  }),
  ...(otherLines === 0
    ? []
    : [`${otherLines === 1 ? '1 other line' : `${otherLines} other lines`} of the log: no start`]),
];

/** Writes the report: each feed with what differs, and what of the log belongs to none. */
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
