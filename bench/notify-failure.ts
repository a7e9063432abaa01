/**
 * `node bench/notify-failure.ts`: what a flood of failures makes of messages, of calls to AWS, and
 * of time.
 *
 * Exits with 1 when a limit is missed: an array of 10,000 children that all fail in a minute makes
 * another number of messages than two, a redelivery of all of them makes one more, a thousand
 * unrelated failures of one queue make more than ten; any of them takes more calls than stands
 * beside it; or the children take more than {@link TIME_LIMIT} times as long as the least that
 * anybody who tells each failure once has to do, in the same run.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WINDOW_MS } from '../functions/notify-failure/burst-notice.ts';
import { MINUTE_MS } from '../shared/durations.ts';
import { buildBundle } from '../test/faults/bundle.ts';
import { type Host, startHost } from '../test/faults/child.ts';
import { createFigureLog, median, type RecordFigure } from './figures.ts';
import { arrayEnd, BATCH_SIZE, type Batch, children, unrelated } from './notify-failure/events.ts';

const FOLDER = join(import.meta.dirname, 'notify-failure');

const CHILDREN = 10_000;
const UNRELATED = 1_000;

/** One read for each batch, and what it takes to tell of the first child and of the end. */
const CHILDREN_CALLS = CHILDREN / BATCH_SIZE + 40;

/** One read for each batch. */
const REDELIVERY_CALLS = CHILDREN / BATCH_SIZE + 10;

/** Ten messages with all that belongs to each, and the count of the others, batch by batch. */
const UNRELATED_CALLS = 200;

const PLACES = 10;

/** Of what the bare function takes. */
export const TIME_LIMIT = 3;

const ROUNDS = 5;

export type Requests = Readonly<Record<string, number>>;

type Server = {
  readonly url: string;
  requests(): Promise<Requests>;
  reset(): Promise<void>;
  stop(): Promise<void>;
};

const startServer = async (): Promise<Server> => {
  const child = spawn(
    process.execPath,
    ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', join(FOLDER, 'server.ts'), String(CHILDREN)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'close');
  const [port] = await once(createInterface(child.stdout), 'line');
  const url = `http://127.0.0.1:${port}`;
  const get = async (path: string): Promise<Requests> => JSON.parse(await (await fetch(`${url}${path}`)).text());
  return {
    url,
    requests: () => get('/requests'),
    reset: async () => {
      await get('/reset');
    },
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};

const startFunction = (bundle: string, url: string): Promise<Host> =>
  startHost(bundle, {
    STAGE: 'bench',
    LEDGER_TABLE: 'ledger',
    ALERT_TOPIC_ARN: 'arn:aws:sns:ap-northeast-1:123456789012:alerts',
    POWERTOOLS_SERVICE_NAME: 'notify-failure',
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'ap-northeast-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });

/**
 * A minute into one of the windows in which failures are counted, so that no measurement lies in
 * two of them.
 */
const inWindow = (): number => MINUTE_MS - (Date.now() % WINDOW_MS);

/** Hands batches to a function one after the other, and tells how many milliseconds that took. */
const handle = async (host: Host, batches: readonly Batch[]): Promise<number> => {
  const startedAt = performance.now();
  for (const batch of batches) {
    const invocation = await host.invoke(batch, inWindow());
    if (invocation.kind !== 'answered' || JSON.stringify(invocation.result) !== '{"batchItemFailures":[]}') {
      throw new Error(`A batch was not handled: ${JSON.stringify(invocation)}`);
    }
  }
  return performance.now() - startedAt;
};

const callsIn = (requests: Requests): number => Object.values(requests).reduce((sum, number) => sum + number, 0);

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;

const recordFlood = (record: RecordFigure, what: string, requests: Requests, messages: number, calls: number): void => {
  const { Publish: published = 0 } = requests;
  record(
    `${what}: ${published} messages (limit ${messages}), ${callsIn(requests)} calls (limit ${calls}): ${JSON.stringify(requests)}`,
    published === messages && callsIn(requests) <= calls,
    { value: callsIn(requests), limit: calls, unit: 'calls' },
  );
};

const floodOfChildren = async (host: Host, server: Server, record: RecordFigure): Promise<void> => {
  const batches = children(CHILDREN);
  await server.reset();
  const ms = (await handle(host, batches)) + (await handle(host, [arrayEnd(CHILDREN)]));
  recordFlood(
    record,
    `${CHILDREN} children and their end, in ${seconds(ms)}`,
    await server.requests(),
    2,
    CHILDREN_CALLS,
  );
  const before = await server.requests();
  await handle(host, [...batches, arrayEnd(CHILDREN)]);
  const after = Object.entries(await server.requests()).map(([name, count]) => [name, count - (before[name] ?? 0)]);
  const again: Requests = Object.fromEntries(after.filter(([, count]) => count !== 0));
  recordFlood(record, 'all of it delivered again', again, 0, REDELIVERY_CALLS);
};

const floodOfUnrelated = async (host: Host, server: Server, record: RecordFigure): Promise<void> => {
  await server.reset();
  const ms = await handle(host, unrelated(UNRELATED));
  recordFlood(
    record,
    `${UNRELATED} unrelated failures of a queue, in ${seconds(ms)}; the others are told in one message later`,
    await server.requests(),
    PLACES,
    UNRELATED_CALLS,
  );
};

/** Takes turns, so that whatever else the machine does hits both. */
const compareTimes = async (ours: Host, bare: Host, server: Server, record: RecordFigure): Promise<void> => {
  const batches = children(CHILDREN);
  const taken: { readonly ours: number[]; readonly bare: number[] } = { ours: [], bare: [] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    await server.reset();
    const one = await handle(bare, batches);
    const other = await handle(ours, batches);
    // The first round warms both.
    if (round > 0) {
      taken.bare.push(one);
      taken.ours.push(other);
    }
  }
  const ratio = median(taken.ours) / median(taken.bare);
  record(
    `${CHILDREN} children in ${seconds(median(taken.ours))}, ${ratio.toFixed(2)} times the ${seconds(median(taken.bare))} of parsing them and asking once for each batch (limit ${TIME_LIMIT}). Medians of ${ROUNDS}`,
    ratio <= TIME_LIMIT,
    { value: ratio, limit: TIME_LIMIT, unit: 'of the time of the bare function' },
  );
};

/** Measures, prints, and tells whether every limit was kept. */
export const benchNotifyFailure = async (): Promise<boolean> => {
  const { record, isAllKept } = createFigureLog();
  console.log(`notify-failure: a flood of failures, in batches of ${BATCH_SIZE}`);
  const folder = await mkdtemp(join(tmpdir(), 'breakaway-bench-'));
  const stops: (() => Promise<void>)[] = [];
  try {
    const configuration = 'bench/exactly-once/feeds.config.ts';
    const bundles = { ours: join(folder, 'ours.cjs'), bare: join(folder, 'bare.cjs') };
    await buildBundle('functions/notify-failure/handler.ts', configuration, bundles.ours);
    await buildBundle('bench/notify-failure/bare.ts', configuration, bundles.bare);
    const server = await startServer();
    stops.push(server.stop);
    const ours = await startFunction(bundles.ours, server.url);
    stops.push(ours.stop);
    const bare = await startFunction(bundles.bare, server.url);
    stops.push(bare.stop);

    await floodOfChildren(ours, server, record);
    await floodOfUnrelated(ours, server, record);
    await compareTimes(ours, bare, server, record);
  } finally {
    for (const stop of stops) {
      await stop();
    }
    await rm(folder, { recursive: true, force: true });
  }
  return isAllKept();
};

if (import.meta.main) {
  process.exitCode = (await benchNotifyFailure()) ? 0 : 1;
}
