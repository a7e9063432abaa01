/** The grid feed x business date, as text of 80 columns. Pure. */
import { runKeyId } from '../../shared/feeds/run-key.ts';
import type { paint, Tone } from '../terminal-style.ts';
import { type FeedStandings, PROBLEMS, type Standing, WORDS, type Word } from './run-status.ts';

const WIDTH = 80;
const CELL_WIDTH = 8;
const NAME_WIDTH = 24;

/** How many dates fit beside the names. */
export const DATES_A_ROW = (WIDTH - NAME_WIDTH) / CELL_WIDTH;

const MOST_PROBLEMS = 10;

/** Each word has a sign of its own, so that a problem is seen without colour. */
const LOOKS: Readonly<Record<Word, { readonly short: string; readonly tone: Tone; readonly means: string }>> = {
  done: { short: 'done', tone: 'good', means: 'the job has succeeded' },
  running: { short: '>run', tone: 'busy', means: 'the job is submitted or runs' },
  waiting: { short: '~wait', tone: 'dim', means: 'not complete yet' },
  late: { short: '!late', tone: 'warn', means: 'was due, and is not complete' },
  missing: { short: '!miss', tone: 'bad', means: 'was due, and is not waited for any longer, or nothing came' },
  failed: { short: '!FAIL', tone: 'bad', means: 'the job failed' },
  refused: { short: '!REF', tone: 'bad', means: 'AWS Batch did not take the job' },
  shadow: { short: 'shad', tone: 'dim', means: 'complete; a shadow feed submits nothing' },
};

const NOTHING = '.';
const DAY_OFF = '-';

const cut = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, width - 1)}~`);

/** The worst of several runs. */
export const worstOf = (standings: readonly Standing[]): Word | undefined =>
  WORDS.find((word) => standings.some((standing) => standing.word === word));

const compact = (count: number): string => (count < 1_000 ? String(count) : `${Math.floor(count / 1_000)}k`);

/** The worst word, and of several runs how many are so: `!FAIL 2`. */
const cellOf = (standings: readonly Standing[]): { readonly text: string; readonly tone: Tone } | undefined => {
  const word = worstOf(standings);
  if (word === undefined) {
    return undefined;
  }
  const count = standings.filter((standing) => standing.word === word).length;
  const { short, tone } = LOOKS[word];
  // A number that does not fit is cut off the word, never off itself.
  const number = standings.length === 1 ? '' : compact(count);
  const text =
    number === ''
      ? short
      : `${short.slice(0, CELL_WIDTH - 1 - number.length)}${short.length + number.length < CELL_WIDTH - 1 ? ' ' : ''}${number}`;
  return { text, tone };
};

type Paint = typeof paint;

const rowOf = ({ feed, standings, daysOff }: FeedStandings, dates: readonly string[], paints: Paint): string => {
  const cells = dates.map((date) => {
    const cell = cellOf(
      standings.filter(({ day }) => day === date || (day.length < date.length && date.startsWith(day))),
    );
    const text = cell?.text ?? (daysOff.includes(date) ? DAY_OFF : NOTHING);
    return `${paints(cell?.tone ?? 'dim', text)}${' '.repeat(CELL_WIDTH - text.length)}`;
  });
  return `${cut(feed, NAME_WIDTH - 1).padEnd(NAME_WIDTH)}${cells.join('')}`.trimEnd();
};

const blocksOf = (dates: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(dates.length / DATES_A_ROW) }, (_, index) =>
    dates.slice(index * DATES_A_ROW, (index + 1) * DATES_A_ROW),
  );

const headOf = (dates: readonly string[], paints: Paint): string =>
  paints(
    'bold',
    `${(dates[0] ?? '').slice(0, 4).padEnd(NAME_WIDTH)}${dates.map((date) => date.slice(5).padEnd(CELL_WIDTH)).join('')}`.trimEnd(),
  );

const legendOf = (feeds: readonly FeedStandings[]): string[] => {
  const used = WORDS.filter((word) => feeds.some(({ standings }) => standings.some((one) => one.word === word)));
  return used.map((word) => `  ${LOOKS[word].short.padEnd(6)} ${LOOKS[word].means}`);
};

/** Lists the runs that a person should look at, the worst first. */
export const problemsOf = (feeds: readonly FeedStandings[]): Standing[] =>
  PROBLEMS.flatMap((word) => feeds.flatMap(({ standings }) => standings.filter((one) => one.word === word)));

const problemLines = (problems: readonly Standing[], paints: Paint): string[] => [
  ...problems
    .slice(0, MOST_PROBLEMS)
    .flatMap(({ word, key, reason }) => [
      `${paints(LOOKS[word].tone, word.padEnd(8))}${runKeyId(key)}`,
      ...(reason === undefined ? [] : [`        ${cut(reason.replaceAll(/\s+/g, ' '), WIDTH - 8)}`]),
    ]),
  ...(problems.length > MOST_PROBLEMS ? [`        and ${problems.length - MOST_PROBLEMS} more: --json has all`] : []),
];

/** Writes the grid, what its words mean, and each problem. */
export const gridText = (feeds: readonly FeedStandings[], dates: readonly string[], paints: Paint): string => {
  const blocks = blocksOf(dates).map((some) =>
    [headOf(some, paints), ...feeds.map((feed) => rowOf(feed, some, paints))].join('\n'),
  );
  const problems = problemsOf(feeds);
  const legend = [
    ...legendOf(feeds),
    `  ${NOTHING}      nothing is known${feeds.some(({ daysOff }) => daysOff.length > 0) ? `   ${DAY_OFF} no business date` : ''}`,
  ];
  return [
    ...blocks,
    legend.map((line) => paints('dim', line)).join('\n'),
    ...(problems.length === 0
      ? ['Nothing is late, missing, failed or refused.']
      : [problemLines(problems, paints).join('\n')]),
  ].join('\n\n');
};
