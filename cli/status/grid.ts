/** The grid of feeds and business dates, as text of 80 columns. Pure. */
import { runKeyId } from '../../shared/feeds/run-key.ts';
import type { paint, Tone } from '../terminal-style.ts';
import { truncateText } from '../truncate.ts';
import { type FeedStatus, PROBLEMS, type RunStatus, STATUSES, type Status } from './run-status.ts';

const WIDTH = 80;
const CELL_WIDTH = 8;
const NAME_WIDTH = 24;

/** The number of dates that fit beside the names. */
export const DATES_PER_ROW = (WIDTH - NAME_WIDTH) / CELL_WIDTH;

const MAX_PROBLEMS = 10;

/** The cell of each status. A problem begins with `!`, so that it is visible without colour. */
const CELLS: Readonly<Record<Status, { readonly short: string; readonly tone: Tone; readonly means: string }>> = {
  done: { short: 'done', tone: 'good', means: 'the job has succeeded' },
  running: { short: '>run', tone: 'busy', means: 'the job is submitted or running' },
  waiting: { short: '~wait', tone: 'dim', means: 'not complete yet' },
  late: { short: '!late', tone: 'warn', means: 'past its due time, and not complete' },
  missing: { short: '!miss', tone: 'bad', means: 'past its cut-off time, or due while nothing has arrived' },
  failed: { short: '!FAIL', tone: 'bad', means: 'the job failed' },
  refused: { short: '!REF', tone: 'bad', means: 'AWS Batch refused the job' },
  held: { short: 'held', tone: 'warn', means: 'came in a burst that waits for a person' },
  shadow: { short: 'shad', tone: 'dim', means: 'complete; the job of a shadow feed is not started' },
};

const NO_RUN = '.';
const DAY_OFF = '-';

/** Finds the worst status of several runs. */
export const worstOf = (runs: readonly RunStatus[]): Status | undefined =>
  STATUSES.find((status) => runs.some((run) => run.status === status));

const compact = (count: number): string => (count < 1_000 ? String(count) : `${Math.floor(count / 1_000)}k`);

/** Writes the worst status and, of several runs, how many have it: `!FAIL 2`. */
const cellOf = (runs: readonly RunStatus[]): { readonly text: string; readonly tone: Tone } | undefined => {
  const status = worstOf(runs);
  if (status === undefined) {
    return undefined;
  }
  const count = runs.filter((run) => run.status === status).length;
  const { short, tone } = CELLS[status];
  // A cell that is too narrow cuts the word, never the number.
  const number = runs.length === 1 ? '' : compact(count);
  const text =
    number === ''
      ? short
      : `${short.slice(0, CELL_WIDTH - 1 - number.length)}${short.length + number.length < CELL_WIDTH - 1 ? ' ' : ''}${number}`;
  return { text, tone };
};

type Paint = typeof paint;

const rowOf = ({ feed, runs, daysOff }: FeedStatus, dates: readonly string[], paints: Paint): string => {
  const cells = dates.map((date) => {
    const cell = cellOf(runs.filter(({ day }) => day === date || (day.length < date.length && date.startsWith(day))));
    const text = cell?.text ?? (daysOff.includes(date) ? DAY_OFF : NO_RUN);
    return `${paints(cell?.tone ?? 'dim', text)}${' '.repeat(CELL_WIDTH - text.length)}`;
  });
  return `${truncateText(feed, NAME_WIDTH - 1).padEnd(NAME_WIDTH)}${cells.join('')}`.trimEnd();
};

const blocksOf = (dates: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(dates.length / DATES_PER_ROW) }, (_, index) =>
    dates.slice(index * DATES_PER_ROW, (index + 1) * DATES_PER_ROW),
  );

const headOf = (dates: readonly string[], paints: Paint): string =>
  paints(
    'bold',
    `${(dates[0] ?? '').slice(0, 4).padEnd(NAME_WIDTH)}${dates.map((date) => date.slice(5).padEnd(CELL_WIDTH)).join('')}`.trimEnd(),
  );

const legendOf = (feeds: readonly FeedStatus[]): string[] => {
  const used = STATUSES.filter((status) => feeds.some(({ runs }) => runs.some((run) => run.status === status)));
  return used.map((status) => `  ${CELLS[status].short.padEnd(6)} ${CELLS[status].means}`);
};

/** Lists the runs that a person should look at, the worst first. */
export const problemsOf = (feeds: readonly FeedStatus[]): RunStatus[] =>
  PROBLEMS.flatMap((status) => feeds.flatMap(({ runs }) => runs.filter((run) => run.status === status)));

const problemLines = (problems: readonly RunStatus[], paints: Paint): string[] => [
  ...problems
    .slice(0, MAX_PROBLEMS)
    .flatMap(({ status, key, reason }) => [
      `${paints(CELLS[status].tone, status.padEnd(8))}${runKeyId(key)}`,
      ...(reason === undefined ? [] : [`        ${truncateText(reason.replaceAll(/\s+/g, ' '), WIDTH - 8)}`]),
    ]),
  ...(problems.length > MAX_PROBLEMS ? [`        and ${problems.length - MAX_PROBLEMS} more: --json lists all`] : []),
];

/** Writes the grid, its legend, and each problem. */
export const gridText = (feeds: readonly FeedStatus[], dates: readonly string[], paints: Paint): string => {
  const blocks = blocksOf(dates).map((some) =>
    [headOf(some, paints), ...feeds.map((feed) => rowOf(feed, some, paints))].join('\n'),
  );
  const problems = problemsOf(feeds);
  const hasDaysOff = feeds.some(({ daysOff }) => daysOff.length > 0);
  const legend = [
    ...legendOf(feeds),
    `  ${NO_RUN}      no run${hasDaysOff ? `   ${DAY_OFF} not a business date` : ''}`,
  ];
  return [
    ...blocks,
    legend.map((line) => paints('dim', line)).join('\n'),
    ...(problems.length === 0
      ? ['No run is late, missing, failed or refused.']
      : [problemLines(problems, paints).join('\n')]),
  ].join('\n\n');
};
