/**
 * `node bench/count-stuck-jobs.ts`: what it costs to count a queue of a million listed jobs.
 *
 * Exits with 1 when a limit is missed: exactly a thousand requests within 128 MB of heap, a right
 * count also when one answer in twenty is 429 or 500, and at most twice the CPU time of a bare
 * client that signs by hand and parses the same pages in the same run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { SECOND_MS } from '../shared/durations.ts';
import { expectedJobs, MILLION, pageCount, type Status } from './count-stuck-jobs/listing.ts';
import { createFigureLog, median } from './figures.ts';

const FOLDER = join(import.meta.dirname, 'count-stuck-jobs');

/** Of the CPU time of the bare client. */
const CPU_LIMIT = 2;

/** Of the old space, where what outlives a page would gather. */
const HEAP_MB = 128;

export type Client = 'ours' | 'bare' | 'paginator';

export type Counted = {
  readonly jobs: Readonly<Record<Status, number>>;
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly maxRssMB: number;
};

export type Requests = Readonly<Record<'200' | '429' | '500', number>>;

export type ListJobsServer = {
  readonly url: string;
  requests(): Promise<Requests>;
  stop(): Promise<void>;
};

const node = (file: string, args: readonly string[], options: readonly string[] = []): ChildProcess =>
  spawn(process.execPath, ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', ...options, join(FOLDER, file), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/**
 * Starts a server that lists jobs.
 *
 * @param times - the number of jobs, in {@link pageCount} pages
 * @param faults - the share of answers that are 429 or 500
 */
export const startServer = async (times: number, faults = 0): Promise<ListJobsServer> => {
  const child = node('server.ts', [String(times), String(faults)]);
  const ended = once(child, 'close');
  if (child.stdout === null) {
    throw new Error('The server has no output');
  }
  const [port] = await once(createInterface(child.stdout), 'line');
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    requests: async () => JSON.parse(await (await fetch(`${url}/requests`)).text()),
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};

/**
 * Counts the queue in a process of its own.
 *
 * @param times - with 2, only the second time is measured
 */
export const countWith = async (
  client: Client,
  { url }: ListJobsServer,
  { times = 1, heapMB }: { times?: number; heapMB?: number } = {},
): Promise<Counted> => {
  const child = node(
    'client.ts',
    [client, url, String(times)],
    heapMB === undefined ? [] : [`--max-old-space-size=${heapMB}`],
  );
  const [output, [code]] = await Promise.all([child.stdout === null ? '' : text(child.stdout), once(child, 'close')]);
  if (code !== 0) {
    throw new Error(`The client ${client} ended with ${code}`);
  }
  return JSON.parse(output);
};

/** Counts once. */
export const countOnce = async (
  times: number,
  faults: number,
  options: { readonly heapMB?: number } = {},
): Promise<{ counted: Counted; requests: Requests }> => {
  const server = await startServer(times, faults);
  try {
    const counted = await countWith('ours', server, options);
    return { counted, requests: await server.requests() };
  } finally {
    await server.stop();
  }
};

/**
 * Measures the CPU time of clients on the same pages, in turns: milliseconds, the median of each,
 * in their order.
 */
const compareCpu = async (clients: readonly Client[], rounds: number): Promise<number[]> => {
  const server = await startServer(MILLION);
  try {
    const taken = clients.map((): number[] => []);
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, client] of clients.entries()) {
        taken[index]?.push((await countWith(client, server, { times: 2 })).cpuMs);
      }
    }
    return taken.map(median);
  } finally {
    await server.stop();
  }
};

const seconds = (ms: number): string => `${(ms / SECOND_MS).toFixed(2)} s`;

const isRight = ({ jobs }: Counted): boolean => JSON.stringify(jobs) === JSON.stringify(expectedJobs(MILLION));

/** Measures, prints, and tells whether every limit was kept. */
export const benchCountStuckJobs = async ({ rounds = 3 } = {}): Promise<boolean> => {
  const pages = pageCount(MILLION);
  const { record, isAllKept } = createFigureLog();
  console.log('count-stuck-jobs: a queue of 1,000,000 listed jobs, 2,000 of them arrays, in pages of 1,000');

  const plain = await countOnce(MILLION, 0, { heapMB: HEAP_MB });
  record(
    `counted right in ${plain.requests[200]} requests (limit ${pages}) with ${HEAP_MB} MB of heap: ${seconds(plain.counted.wallMs)}, ${seconds(plain.counted.cpuMs)} of CPU, ${plain.counted.maxRssMB.toFixed(0)} MB resident`,
    isRight(plain.counted) && plain.requests[200] === pages,
    { value: plain.requests[200], limit: pages, unit: 'requests' },
  );
  const faulty = await countOnce(MILLION, 0.05, { heapMB: HEAP_MB });
  record(
    `counted right although ${faulty.requests[429]} answers were 429 and ${faulty.requests[500]} were 500: ${seconds(faulty.counted.wallMs)}`,
    isRight(faulty.counted) && faulty.requests[429] + faulty.requests[500] > 0,
  );

  const [bare = 0, ours = 0, paginator = 0] = await compareCpu(['bare', 'ours', 'paginator'], rounds);
  const ratio = ours / bare;
  record(
    `CPU ${seconds(ours)}, ${ratio.toFixed(2)} times the bare client's ${seconds(bare)} (limit ${CPU_LIMIT}); the SDK's paginator takes ${(paginator / bare).toFixed(2)} times. Medians of ${rounds}`,
    ratio <= CPU_LIMIT,
    { value: ratio, limit: CPU_LIMIT, unit: 'of the CPU time of the bare client' },
  );
  return isAllKept();
};

if (import.meta.main) {
  process.exitCode = (await benchCountStuckJobs()) ? 0 : 1;
}
