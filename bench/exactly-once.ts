/**
 * `node bench/exactly-once.ts`: what it costs to submit each job exactly once, and that it is once.
 *
 * Exits with 1 when a limit is missed: a schedule of faults in ten thousand that ends with another
 * number of jobs, a warm function that handles fewer arrivals a second than {@link ARRIVALS_LIMIT}
 * times what the bare calls to AWS do in the same run, or a key that takes longer to match than
 * {@link MATCH_LIMIT_US}, or than {@link MATCH_LIMIT_US_A_FEED} for each feed where all of them
 * begin alike up to their first capture.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { createMatcher } from '../shared/feeds/match-feeds.ts';
import { buildBundle } from '../test/faults/bundle.ts';
import { startHost } from '../test/faults/child.ts';
import { aFeed, aFileSlot } from '../test/support/builders.ts';
import { batchOf } from './exactly-once/requests.ts';
import { createFigureLog, median, type RecordFigure } from './figures.ts';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(import.meta.dirname, 'exactly-once');

const SCHEDULES = 10_000;

/** Of what the bare calls do. */
const ARRIVALS_LIMIT = 0.5;

/**
 * Whatever the number of feeds, as long as something before their first capture tells them apart.
 */
const MATCH_LIMIT_US = 100;

/** Where nothing does, a key meets every feed. */
const MATCH_LIMIT_US_A_FEED = 20;

type Layout = {
  readonly what: string;
  readonly templateOf: (index: number) => string;
  readonly keyOf: (index: number) => string;
  readonly isLinear: boolean;
};

const LAYOUTS: readonly Layout[] = [
  {
    what: 'have a folder each',
    templateOf: (index) => `provider-${index}/{date:yyyyMMdd}/orders`,
    keyOf: (index) => `provider-${index}/20261122/orders`,
    isLinear: false,
  },
  {
    what: 'share a folder',
    templateOf: (index) => `in/{date:yyyyMMdd}/orders-${index}`,
    keyOf: (index) => `in/20261122/orders-${index}`,
    isLinear: false,
  },
  {
    what: 'begin with the same capture',
    templateOf: (index) => `in/{date:yyyyMMdd}/{region}/orders-${index}`,
    keyOf: (index) => `in/20261122/kanto/orders-${index}`,
    isLinear: true,
  },
];

const BATCH_SIZE = 10;
const BATCHES = 100;
const ROUNDS = 5;

/** Runs the test of schedules of faults, with a given number of them. */
const trySchedules = async (record: RecordFigure): Promise<void> => {
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    [
      join(ROOT, 'node_modules/vitest/vitest.mjs'),
      ...['run', '--configLoader', 'native', '--project', 'faults', '--testTimeout', '1200000'],
      'test/faults/exactly-one-job.test.ts',
    ],
    {
      cwd: ROOT,
      env: { ...process.env, BREAKAWAY_SCHEDULES: String(SCHEDULES), NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const [, seed = 'unknown'] = /BREAKAWAY_SEED=(\d+)/.exec(output) ?? [];
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
  if (code !== 0) {
    console.log(output);
  }
  record(
    `${SCHEDULES} schedules of faults tried in ${seconds} s, seed ${seed}: each ended with one job a generation`,
    code === 0,
    { value: code === 0 ? SCHEDULES : 0, limit: SCHEDULES, unit: 'schedules', isMinimum: true },
  );
};

type Kind = 'waiting' | 'complete';

/** Starts the AWS that answers at once. */
const startServer = async (kind: Kind) => {
  const child = spawn(
    process.execPath,
    ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', join(FOLDER, 'server.ts'), kind],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'close');
  const [port] = await once(createInterface(child.stdout), 'line');
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    requests: async (): Promise<number> => Number(await (await fetch(`${url}/requests`)).text()),
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};

/**
 * Measures how many arrivals a second a bundle handles in a warm host, one batch after the other.
 */
const arrivalsPerSecond = async (bundle: string, url: string, kind: Kind): Promise<number> => {
  const host = await startHost(bundle, {
    STAGE: 'bench',
    LEDGER_TABLE: 'ledger',
    SUITE_BUCKET: 'suite',
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'ap-northeast-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    COMPLETES: kind === 'complete' ? 'yes' : 'no',
  });
  const handle = async (batches: number, from: number): Promise<void> => {
    for (let index = 0; index < batches; index += 1) {
      const invocation = await host.invoke(batchOf(BATCH_SIZE, from + index * BATCH_SIZE));
      if (invocation.kind !== 'answered' || JSON.stringify(invocation.result) !== '{"batchItemFailures":[]}') {
        throw new Error(`A batch was not handled: ${JSON.stringify(invocation)}`);
      }
    }
  };
  try {
    await handle(BATCHES / 4, 1_000_000);
    const startedAt = performance.now();
    await handle(BATCHES, 0);
    return (BATCHES * BATCH_SIZE * 1_000) / (performance.now() - startedAt);
  } finally {
    await host.stop();
  }
};

const compareArrivals = async (
  kind: Kind,
  bundles: { ours: string; bare: string },
  record: RecordFigure,
): Promise<void> => {
  const server = await startServer(kind);
  try {
    const rounds: { ours: number; bare: number }[] = [];
    let requests = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const bareBefore = await arrivalsPerSecond(bundles.bare, server.url, kind);
      const before = await server.requests();
      const ours = await arrivalsPerSecond(bundles.ours, server.url, kind);
      requests = (await server.requests()) - before;
      const bareAfter = await arrivalsPerSecond(bundles.bare, server.url, kind);
      rounds.push({ ours, bare: (bareBefore + bareAfter) / 2 });
    }
    const ours = median(rounds.map((round) => round.ours));
    const bare = median(rounds.map((round) => round.bare));
    // Of what was measured within a moment: the machine is not as fast at any other time.
    const ratio = median(rounds.map((round) => round.ours / round.bare));
    const each = requests / (BATCHES * BATCH_SIZE * 1.25);
    const what = kind === 'complete' ? 'complete their run' : 'complete nothing';
    record(
      `${ours.toFixed(0)} arrivals a second that ${what}, ${each} requests each: ${ratio.toFixed(2)} of the bare calls, ${bare.toFixed(0)} (limit ${ARRIVALS_LIMIT}). Medians of ${ROUNDS}`,
      ratio >= ARRIVALS_LIMIT,
      { value: ratio, limit: ARRIVALS_LIMIT, unit: 'of the bare calls', isMinimum: true },
    );
  } finally {
    await server.stop();
  }
};

/** Makes feeds of two slots each. */
const feedsOf = (count: number, { templateOf }: Layout) =>
  Array.from({ length: count }, (_, index) =>
    aFeed({
      name: `feed-${index}`,
      slots: [
        aFileSlot({ name: 'orders', uri: `s3://landing/${templateOf(index)}_*.tsv.gz` }),
        aFileSlot({ name: 'complete', uri: `s3://landing/${templateOf(index)}.done` }),
      ],
    }),
  );

/**
 * Measures how long one key takes to match: microseconds of the processor, which others may use
 * meanwhile, the median of rounds.
 */
const matchUs = (count: number, layout: Layout): number => {
  const match = createMatcher(feedsOf(count, layout));
  // So many that a round takes a moment.
  const keys = Array.from(
    { length: layout.isLinear ? 20_000 / count : 10_000 },
    (_, at) => `${layout.keyOf((at * 7) % count)}_tokyo.tsv.gz`,
  );
  const round = (): number => {
    const { user: before } = process.threadCpuUsage();
    let found = 0;
    for (const key of keys) {
      found += match({ bucket: 'landing', key }).length;
    }
    if (found !== keys.length) {
      throw new Error(`${keys.length} keys belong to as many slots, not to ${found}`);
    }
    return (process.threadCpuUsage().user - before) / keys.length;
  };
  round();
  return median(Array.from({ length: ROUNDS }, round));
};

const measureMatching = (record: RecordFigure): void => {
  for (const layout of LAYOUTS) {
    const times = [10, 100, 1_000].map((count) => ({ count, us: matchUs(count, layout) }));
    const told = times.map(({ count, us }) => `${us.toFixed(1)} µs against ${count}`).join(', ');
    const limit = layout.isLinear ? `${MATCH_LIMIT_US_A_FEED} µs a feed` : `${MATCH_LIMIT_US} µs`;
    const most = Math.max(...times.map(({ count, us }) => (layout.isLinear ? us / count : us)));
    record(
      `one key is matched with feeds that ${layout.what} in ${told} (limit ${limit})`,
      most <= (layout.isLinear ? MATCH_LIMIT_US_A_FEED : MATCH_LIMIT_US),
      layout.isLinear
        ? { value: most, limit: MATCH_LIMIT_US_A_FEED, unit: 'µs a feed' }
        : { value: most, limit: MATCH_LIMIT_US, unit: 'µs' },
    );
  }
};

/** Measures, prints, and tells whether every limit was kept. */
export const benchExactlyOnce = async (): Promise<boolean> => {
  const { record, isAllKept } = createFigureLog();
  const folder = await mkdtemp(join(tmpdir(), 'breakaway-bench-'));
  try {
    const bundles = { ours: join(folder, 'ours.cjs'), bare: join(folder, 'bare.cjs') };
    const configuration = 'bench/exactly-once/feeds.config.ts';
    await buildBundle('functions/submit-batch-job/handler.ts', configuration, bundles.ours);
    await buildBundle('bench/exactly-once/bare.ts', configuration, bundles.bare);
    measureMatching(record);
    await compareArrivals('waiting', bundles, record);
    await compareArrivals('complete', bundles, record);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await trySchedules(record);
  return isAllKept();
};

if (import.meta.main) {
  process.exitCode = (await benchExactlyOnce()) ? 0 : 1;
}
