/**
 * `node bench/configuration.ts`: measures the validation of a configuration with many feeds.
 *
 * Exits with 1 when a thousand feeds take more than {@link LIMIT} times as long as a hundred feeds
 * with the same layout. Linear work takes ten times as long, and a comparison of all pairs a
 * hundred times.
 */
import type { UserFeed } from '../configuration/define-feed.ts';
import { parseConfiguration } from '../configuration/load.ts';
import { createFigureLog, median, type RecordFigure } from './figures.ts';

const FEW = 100;
const MANY = 1_000;

/** The most time for a thousand feeds, in units of the time for a hundred. */
const LIMIT = 20;

const ROUNDS = 5;

type Layout = { readonly what: string; readonly slotsOf: (index: number) => UserFeed['slots'] };

const inFolder = (folder: string): UserFeed['slots'] => ({
  orders: { files: `s3://landing/${folder}_*.tsv.gz` },
  complete: { files: `s3://landing/${folder}.done` },
});

const FIRST: UserFeed['slots'] = { time: { at: '30 6 * * 1-5' } };

const LAYOUTS: readonly Layout[] = [
  { what: 'have a folder each', slotsOf: (index) => inFolder(`provider-${index}/{date:yyyyMMdd}/orders`) },
  { what: 'share a folder', slotsOf: (index) => inFolder(`in/{date:yyyyMMdd}/orders-${index}`) },
  { what: 'begin with the same capture', slotsOf: (index) => inFolder(`in/{date:yyyyMMdd}/{region}/orders-${index}`) },
  {
    what: 'wait for each other in a chain',
    slotsOf: (index) => (index === 0 ? FIRST : { before: { feed: `feed-${index - 1}` } }),
  },
  {
    what: 'wait for each other as a tree, and for times',
    slotsOf: (index) =>
      index === 0 ? FIRST : { before: { feed: `feed-${Math.floor((index - 1) / 3)}` }, time: { at: '06:45' } },
  },
];

const configurationOf = (count: number, { slotsOf }: Layout) => ({
  timeZone: 'Asia/Tokyo',
  feeds: Array.from(
    { length: count },
    (_, index): UserFeed => ({
      name: `feed-${index}`,
      slots: slotsOf(index),
      outputs: ['s3://curated/{feed}/{date:yyyyMMdd}/'],
      job: { batch: { queue: 'etl', definition: 'import', parameters: { date: '{date:yyyyMMdd}' } } },
    }),
  ),
});

/** Measures the CPU time in milliseconds, since other processes use the machine. */
const checkMs = (count: number, layout: Layout): number => {
  const configuration = configurationOf(count, layout);
  const { user: before } = process.threadCpuUsage();
  const { feeds } = parseConfiguration(configuration).configuration;
  const { user: after } = process.threadCpuUsage();
  if (feeds.length !== count) {
    throw new Error(`${count} feeds were written, and ${feeds.length} read`);
  }
  return (after - before) / 1_000;
};

const measureLayout = (layout: Layout, record: RecordFigure): void => {
  // Lets V8 compile the code.
  checkMs(MANY, layout);
  const rounds = Array.from({ length: ROUNDS }, () => ({ few: checkMs(FEW, layout), many: checkMs(MANY, layout) }));
  const [few, many] = [median(rounds.map((round) => round.few)), median(rounds.map((round) => round.many))];
  const ratio = many / few;
  record(
    `${MANY} feeds that ${layout.what} are checked in ${many.toFixed(0)} ms, ${FEW} in ${few.toFixed(0)} ms: ${ratio.toFixed(1)} times as long (limit ${LIMIT}). Medians of ${ROUNDS}`,
    ratio <= LIMIT,
    { value: ratio, limit: LIMIT, unit: `times as long as ${FEW} feeds` },
  );
};

/** Measures and prints, and returns whether all limits were kept. */
export const benchConfiguration = (): boolean => {
  const { record, isAllKept } = createFigureLog();
  for (const layout of LAYOUTS) {
    measureLayout(layout, record);
  }
  return isAllKept();
};

if (import.meta.main) {
  process.exitCode = benchConfiguration() ? 0 : 1;
}
