/** The commands against the local AWS: text, JSON, exit codes, and the calls to AWS. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import * as z from 'zod';
import { KINDS } from '../../shared/alerts/kinds.ts';
import { createAlertRegister } from '../../shared/alerts/register.ts';
import { createAlertTable } from '../../shared/aws/alert-table.ts';
import { createFeedStates } from '../../shared/aws/feed-states.ts';
import { createLedger } from '../../shared/aws/ledger.ts';
import { MINUTE_MS } from '../../shared/durations.ts';
import type { RunKey } from '../../shared/feeds/run-key.ts';
import type { JobObservation } from '../../shared/runs/job-observation.ts';
import type { Run } from '../../shared/runs/run.ts';
import { type FaultProxy, type ProxyRequest, startProxy } from '../faults/proxy.ts';
import { aClaim, anArrival, aRequest } from '../support/builders.ts';
import { makeLedgerTable } from '../support/ledger-table.ts';
import { type CliResult, LAUNCHER, runCli } from '../support/run-cli.ts';

const { endpoint, batchEndpoint, environment } = inject('localAws');

const STAGE = 'cli';
const TABLE = `breakaway-${STAGE}-ledger`;
const OPENED = new Date('2025-11-10T01:00:00.000Z');
const RANGE = ['--from', '2025-11-15', '--to', '2025-11-21'];

const CONFIGURATION = `
  const batch = (definition, more) => ({ batch: { queue: 'recommendation-etl', definition, ...more } });
  export default {
    timeZone: 'Asia/Tokyo',
    feeds: [
      {
        name: 'orders',
        slots: { orders: { files: 's3://cli-landing/orders/{date:yyyyMMdd}/orders_*.csv', min: 2 } },
        due: '+1d 09:00',
        since: '2025-11-16',
        job: batch('import-sales', { parameters: { date: '{date:yyyy-MM-dd}' }, tags: { team: 'cli' } }),
      },
      {
        name: 'catalog-of-all-the-shops-there-are',
        slots: { products: { files: 's3://cli-landing/catalog/{date:yyyyMMdd}/{shop}.csv' } },
        job: batch('import-catalog', { parameters: { products: '{products.uri}' } }),
      },
      { name: 'report', slots: { orders: { feed: 'orders' } }, onOverwrite: 'rerun', job: batch('import-sales') },
      { name: 'claims', slots: { files: { files: 's3://cli-landing/claims/{date:yyyyMMdd}' } }, job: batch('import-sales') },
      { name: 'many', slots: { files: { files: 's3://cli-landing/many/{date:yyyyMMdd}' } }, job: batch('import-sales') },
      { name: 'upload', slots: { segment: { files: 's3://cli-landing/segments/*.csv' } }, job: batch('load-segment') },
    ],
  };
`;

let folder: string;
let proxy: FaultProxy;
const signal = new AbortController().signal;
const ledger = () => createLedger({ tableName: TABLE });

const environmentOf = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  ...environment,
  ...proxy.environment,
  AWS_ENDPOINT_URL_BATCH: proxy.url,
  BREAKAWAY_STAGE: STAGE,
  BREAKAWAY_CONFIG: join(folder, 'breakaway.config.ts'),
  ...more,
});

const breakawayWith = (more: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<CliResult> =>
  runCli(args, environmentOf(more));

const breakaway = (...args: readonly string[]): Promise<CliResult> => breakawayWith({}, ...args);

/** Replaces the parts that differ from one test run to the next. */
const stable = (text: string): string =>
  text
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/20(?!25)\d\d-\d\d-\d\d \d\d:\d\d/g, '<now>')
    .replaceAll(/--region [\w-]+/g, '--region <region>');

/** The longest line. A name, URI or reason may be wider than a terminal; a grid may not. */
const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

const file = (prefix: string, slot: string, name: string) =>
  anArrival({ slot, bucket: 'cli-landing', key: `${prefix}/${name}`, sizeBytes: 1_234 });

const dayOf = (date: string): string => date.replaceAll('-', '');

const readRun = async (key: RunKey): Promise<Run> => {
  const run = await ledger().readRun(key, signal);
  if (run === undefined) {
    throw new Error(`There is no run of ${key.feed}`);
  }
  return run;
};

const ordersOf = (date: string): RunKey => ({ feed: 'orders', date, values: {} });

/** Records files of a run of `orders`. */
const filesCame = async (date: string, count: number): Promise<Run> => {
  for (let index = 1; index <= count; index += 1) {
    await ledger().recordArrival(
      ordersOf(date),
      file(`orders/${dayOf(date)}`, 'orders', `orders_${index}.csv`),
      OPENED,
      signal,
    );
  }
  return readRun(ordersOf(date));
};

const claimed = async (run: Run, jobName: string, claimedAt = OPENED) => {
  const claim = aClaim({
    owner: '11111111-2222-3333-4444-555555555555',
    claimedAt,
    leaseUntil: new Date(claimedAt.getTime() + 5 * MINUTE_MS),
    request: aRequest({ jobName, jobQueue: 'recommendation-etl', jobDefinition: 'import-sales' }),
  });
  await ledger().claim(run, claim, signal);
  return claim;
};

const ended = async (run: Run, jobName: string, sighting: Partial<JobObservation>): Promise<void> => {
  const jobId = '99999999-2222-3333-4444-555555555555';
  const claim = await claimed(run, jobName);
  await ledger().recordSubmission(run, claim, jobId, OPENED, signal);
  await ledger().recordJob(
    run.key,
    1,
    { jobId, state: 'succeeded', attempts: 1, startedAt: OPENED, stoppedAt: OPENED, ...sighting },
    OPENED,
    signal,
  );
};

const seedLedger = async (): Promise<void> => {
  await createFeedStates({ tableName: TABLE }).noteFirstSeen('orders', OPENED, signal);
  await ended(await filesCame('2025-11-16', 2), 'breakaway-cli-orders-20251116-000000000016', {});
  await ended(await filesCame('2025-11-17', 2), 'breakaway-cli-orders-20251117-000000000017', {
    state: 'failed',
    attempts: 3,
    exitCode: 1,
    reason: 'Essential container in task exited',
  });
  const refused = await filesCame('2025-11-18', 2);
  await ledger().recordRefusal(
    refused,
    await claimed(refused, 'breakaway-cli-orders-20251118-000000000018'),
    'ClientException: no such queue',
    signal,
  );
  await filesCame('2025-11-19', 1);
  await filesCame('2025-11-20', 2);
  for (const shop of ['tokyo', 'osaka', 'naha']) {
    const key: RunKey = { feed: 'catalog-of-all-the-shops-there-are', date: '2025-11-19', values: { shop } };
    await ledger().recordArrival(key, file('catalog/20251119', 'products', `${shop}.csv`), OPENED, signal);
    if (shop !== 'naha') {
      await ended(
        await readRun(key),
        `breakaway-cli-catalog-20251119-${shop}`,
        shop === 'osaka' ? { state: 'failed' } : {},
      );
    }
  }
  const success = { slot: 'orders', source: ordersOf('2025-11-16'), generation: 1 };
  const report: RunKey = { feed: 'report', date: '2025-11-16', values: {} };
  await ledger().fillSlot(report, success, OPENED, signal);
  await ended(await readRun(report), 'breakaway-cli-report-20251116-000000000001', {});
  const lost: RunKey = { feed: 'claims', date: '2025-11-10', values: {} };
  await ledger().recordArrival(lost, file('claims', 'files', '20251110'), OPENED, signal);
  await claimed(
    await readRun(lost),
    'breakaway-cli-claims-20251110-000000000001',
    new Date(Date.now() - 30 * MINUTE_MS),
  );
  for (const day of ['11', '12', '13', '14', '15']) {
    const key: RunKey = { feed: 'many', date: `2025-11-${day}`, values: {} };
    await ledger().recordArrival(key, file('many', 'files', `202511${day}`), OPENED, signal);
  }
  const object = 's3://cli-landing/segments/vip.csv';
  await ledger().recordArrival(
    { feed: 'upload', values: { object } },
    file('segments', 'segment', 'vip.csv'),
    OPENED,
    signal,
  );
  const register = createAlertRegister({ table: createAlertTable({ tableName: TABLE }), now: () => OPENED });
  await register.open(
    {
      kind: 'feed-late',
      subject: 'orders@2025-11-19',
      feed: 'orders',
      title: 'orders 2025-11-19 is late: orders missing',
      body: 'Missing',
      remindEveryMs: 4 * 60 * MINUTE_MS,
    },
    signal,
  );
};

beforeAll(async () => {
  for (const [name, value] of Object.entries(environment)) {
    vi.stubEnv(name, value);
  }
  folder = await mkdtemp(join(tmpdir(), 'breakaway-cli-'));
  await writeFile(join(folder, 'breakaway.config.ts'), CONFIGURATION);
  await makeLedgerTable(endpoint, TABLE);
  proxy = await startProxy({ endpoint, batchEndpoint });
  await seedLedger();
});
afterAll(async () => {
  await proxy?.close();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const instant = z.iso.datetime();
const runName = z.object({ feed: z.string(), date: z.string().optional(), values: z.record(z.string(), z.string()) });
const standing = z.enum(['failed', 'refused', 'missing', 'late', 'running', 'waiting', 'shadow', 'done']);

const STATUS = z.strictObject({
  stage: z.string(),
  from: z.string(),
  to: z.string(),
  at: instant,
  problems: z.number(),
  feeds: z.array(
    z.strictObject({
      feed: z.string(),
      worst: standing.nullable(),
      daysOff: z.array(z.string()),
      runs: z.array(
        z.strictObject({
          ...runName.shape,
          run: z.string(),
          day: z.string(),
          standing,
          state: z.string().optional(),
          generation: z.number().optional(),
          jobId: z.string().optional(),
          reason: z.string().optional(),
        }),
      ),
    }),
  ),
});

describe('breakaway status', () => {
  it('shows the grid on 80 columns and each problem, and ends with 1', async () => {
    const { code, stdout, stderr } = await breakaway('status', ...RANGE);

    expect(stable(stdout)).toMatchSnapshot();
    expect(widest(stdout)).toBeLessThanOrEqual(80);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  });

  it('has the same text in colour, and no colour with NO_COLOR', async () => {
    const plain = await breakaway('status', ...RANGE);

    const colourful = await breakawayWith({ FORCE_COLOR: '1' }, 'status', ...RANGE);
    const none = await breakawayWith({ NO_COLOR: '1' }, 'status', ...RANGE);

    expect(stable(colourful.stdout)).toMatchSnapshot();
    expect(stripVTControlCharacters(colourful.stdout)).toBe(plain.stdout);
    expect(colourful.stdout).not.toBe(plain.stdout);
    expect(none.stdout).toBe(plain.stdout);
  });

  it('shows a longer range in several blocks', async () => {
    const { stdout } = await breakaway('status', 'orders', '--from', '2025-11-08', '--to', '2025-11-21');

    expect(stdout.split('\n').filter((line) => line.startsWith('2025'))).toHaveLength(2);
    expect(widest(stdout)).toBeLessThanOrEqual(80);
  });

  it('has the same facts in JSON', async () => {
    const { stdout } = await breakaway('status', '--json', ...RANGE);

    const said = STATUS.parse(JSON.parse(stdout));
    expect(said.problems).toBe(6);
    expect(said.feeds.map(({ feed, worst }) => [feed, worst])).toEqual([
      ['orders', 'failed'],
      ['catalog-of-all-the-shops-there-are', 'failed'],
      ['report', 'done'],
      ['claims', null],
      ['many', 'waiting'],
      ['upload', null],
    ]);
  });

  it('watches until Ctrl-C', async () => {
    const child = spawn(process.execPath, [LAUNCHER, 'status', '--watch', ...RANGE], {
      env: environmentOf(),
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(child.stdout, 'data');

    process.kill(-(child.pid ?? 0), 'SIGINT');
    const [code]: unknown[] = await once(child, 'exit');

    expect(code).toBe(130);
  });

  it('ends with 0 without problems, and shows an undated run on the day of its opening', async () => {
    const { code, stdout } = await breakaway('status', 'upload', '--from', '2025-11-10', '--to', '2025-11-10');

    expect(code).toBe(0);
    expect(stdout).toMatch(/upload +~wait/);
  });

  it.each([
    [['status', 'order'], 'There is no feed "order"'],
    [['status', '--from', '2025-02-30'], '"2025-02-30" is not a date'],
    [['status', '--from', '2025-11-21', '--to', '2025-11-20'], 'comes after'],
    [['status', '--frm', '2025-11-21'], "unknown option '--frm'"],
    [['explain', 'orders'], 'Which date of orders?'],
    [['explain', 'orders', '2025-11-16', 'shop=tokyo'], 'Feed orders has no capture shop'],
    [['replay', '--feed', 'orders', '--from', '2025-11-16'], '--to'],
    [['forget', 'orders'], 'Which date of orders?'],
    [['match', 'http://x/y'], 'is not an S3 URI'],
    [['alerts', 'mute', '00000000', '--until', '2h'], 'No open alert begins with'],
  ])('names the mistake in %j, and ends with 2', async (args, message) => {
    const { code, stderr, stdout } = await breakaway(...args);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('reports a failed call to AWS, and ends with 3, for a stack that does not exist', async () => {
    const { code, stdout, stderr } = await breakaway('status', '--stage', 'nowhere');

    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('ResourceNotFoundException');
  });
});

const EXPLANATION = z.strictObject({
  asked: z.string(),
  more: z.number(),
  none: z.string().optional(),
  runs: z.array(
    z.strictObject({
      ...runName.shape,
      run: z.string(),
      state: z.string(),
      generation: z.number(),
      openedAt: instant,
      isConfigured: z.boolean(),
      slots: z.array(
        z.strictObject({
          name: z.string(),
          kind: z.enum(['files', 'feed', 'time']),
          optional: z.boolean(),
          have: z.number(),
          need: z.number(),
        }),
      ),
      missing: z.array(z.string()),
      files: z.array(z.strictObject({ slot: z.string(), uri: z.string(), etag: z.string(), sizeBytes: z.number() })),
      tooSmall: z.array(z.strictObject({ slot: z.string(), uri: z.string(), sizeBytes: z.number() })),
      sources: z.array(z.strictObject({ slot: z.string(), run: z.string(), state: z.string().nullable() })),
      claim: z
        .strictObject({
          owner: z.string(),
          claimedAt: instant,
          leaseUntil: instant,
          jobName: z.string(),
          queue: z.string(),
          definition: z.string(),
        })
        .optional(),
      job: z.looseObject({ id: z.string(), submittedAt: instant }).optional(),
      batch: z
        .strictObject({
          id: z.string(),
          status: z.string(),
          attempts: z.number(),
          logs: z.array(z.looseObject({ group: z.string() })),
        })
        .optional(),
      refusal: z.string().optional(),
      earlier: z.array(z.strictObject({ generation: z.number(), state: z.string() })),
      held: z.array(z.string()),
    }),
  ),
});

describe('breakaway explain', () => {
  it.each([
    ['the missing files of a run', ['orders', '2025-11-19']],
    ['the cause of a failure, and the dependents', ['orders@2025-11-17']],
    ['the cause of a refusal', ['orders', '2025-11-18']],
    ['the run of a file', ['s3://cli-landing/orders/20251116/orders_1.csv']],
    ['the run of a job', ['breakaway-cli-orders-20251116-000000000016']],
    ['one of several runs of a date', ['catalog-of-all-the-shops-there-are', '2025-11-19', 'shop=naha']],
  ])('shows %s', async (_, words) => {
    const { code, stdout } = await breakaway('explain', ...words);
    const { stdout: json } = await breakaway('explain', '--json', ...words);

    expect(stable(stdout)).toMatchSnapshot();
    expect(code).toBe(0);
    expect(EXPLANATION.parse(JSON.parse(json)).runs).toHaveLength(1);
  });

  it.each([
    [['s3://elsewhere/x'], 'No feed waits for s3://elsewhere/x'],
    [['s3://cli-landing/orders/20250101/orders_1.csv'], 'nothing has arrived for it'],
    [['orders', '2025-01-01'], 'There is no run of orders 2025-01-01'],
    [['00000000-0000-0000-0000-000000000000'], 'AWS Batch does not know the job'],
  ])('says that there is no run of %j, and ends with 1', async (words, message) => {
    const { code, stdout } = await breakaway('explain', ...words);

    expect(code).toBe(1);
    expect(stdout).toContain(message);
  });
});

const REPLAY = z.strictObject({
  feed: z.string(),
  from: z.string(),
  to: z.string(),
  force: z.boolean(),
  plan: z.array(
    z.strictObject({
      ...runName.shape,
      run: z.string(),
      generation: z.number(),
      act: z.enum(['submit', 'finish', 'reopen', 'rerun', 'leave']),
      why: z.string(),
    }),
  ),
  affected: z.array(
    z.strictObject({ run: z.string(), effect: z.enum(['first run', 'runs again', 'people are told', 'nothing']) }),
  ),
  results: z
    .array(
      z.strictObject({ run: z.string(), kind: z.string(), jobId: z.string().optional(), said: z.string().optional() }),
    )
    .nullable(),
});

const replayOrders = ['replay', '--feed', 'orders', ...RANGE];

describe('breakaway replay', () => {
  it('prints the plan only, with --dry-run', async () => {
    const { code, stdout } = await breakaway(...replayOrders, '--force', '--dry-run');
    const { stdout: json } = await breakaway(...replayOrders, '--force', '--dry-run', '--json');

    expect(stable(stdout)).toMatchSnapshot();
    expect(code).toBe(0);
    expect(REPLAY.parse(JSON.parse(json)).results).toBeNull();
    expect(await readRun(ordersOf('2025-11-20'))).toMatchObject({ state: 'waiting', generation: 1 });
  });

  it('does nothing, and ends with 2, where it cannot ask', async () => {
    const { code, stderr } = await breakaway(...replayOrders);

    expect(code).toBe(2);
    expect(stderr).toContain('--yes');
    expect(await readRun(ordersOf('2025-11-20'))).toMatchObject({ state: 'waiting' });
  });

  it('submits complete and refused runs, once', async () => {
    const { code, stdout } = await breakaway(...replayOrders, '--yes');
    const again = await breakaway(...replayOrders, '--yes');

    expect(stable(stdout)).toMatchSnapshot();
    expect(code).toBe(0);
    expect(await readRun(ordersOf('2025-11-20'))).toMatchObject({ state: 'submitted', generation: 1 });
    expect(await readRun(ordersOf('2025-11-18'))).toMatchObject({ state: 'submitted', generation: 2 });
    expect(await readRun(ordersOf('2025-11-17'))).toMatchObject({ state: 'failed', generation: 1 });
    expect(again.stdout).toContain('0 of 5 runs to be submitted.');
  });

  it('explains the submitted job by its id', async () => {
    const { job } = await readRun(ordersOf('2025-11-20'));

    const { code, stdout } = await breakaway('explain', job?.id ?? '');

    expect(code).toBe(0);
    expect(stdout).toContain('Run orders@2025-11-20, generation 1: submitted');
    expect(stdout).toMatch(/in Batch +[A-Z]+/);
  });

  it('runs an ended run again with --force, in a new generation, and keeps the old one', async () => {
    const { code, stdout } = await breakaway(
      'replay',
      '--feed',
      'orders',
      '--from',
      '2025-11-17',
      '--to',
      '2025-11-17',
      '--force',
      '--yes',
      '--json',
    );

    expect(REPLAY.parse(JSON.parse(stdout)).results).toMatchObject([{ run: 'orders@2025-11-17', kind: 'submitted' }]);
    expect(code).toBe(0);
    const { stdout: report } = await breakaway('explain', 'orders', '2025-11-17');
    expect(report).toContain('generation 2: submitted');
    expect(report).toMatch(/earlier +generation 1: failed/);
  });

  it('asks AWS Batch for the job of an expired claim, and ends with 1 while the answer is uncertain', async () => {
    const { code, stdout } = await breakaway(
      'replay',
      '--feed',
      'claims',
      '--from',
      '2025-11-10',
      '--to',
      '2025-11-10',
      '--yes',
    );

    expect(code).toBe(1);
    expect(stdout).toContain('unconfirmed');
  });

  it('submits a run whose job takes a manifest', async () => {
    const key: RunKey = { feed: 'northwind-sales', date: '2025-11-20', values: {} };
    const deployed = createLedger({ tableName: 'breakaway-local-ledger' });
    for (const name of ['orders_1.tsv.gz', 'orders_2.tsv.gz', 'orders_3.tsv.gz', '_SUCCESS']) {
      const slot = name === '_SUCCESS' ? 'complete' : 'orders';
      await deployed.recordArrival(
        key,
        anArrival({ slot, bucket: 'northwind-landing', key: `sales/20251120/${name}` }),
        new Date(),
        signal,
      );
    }

    const { code, stdout } = await breakawayWith(
      { BREAKAWAY_CONFIG: resolve(import.meta.dirname, '../../breakaway.config.ts') },
      ...[
        'replay',
        '--stage',
        'local',
        '--feed',
        'northwind-sales',
        '--from',
        '2025-11-20',
        '--to',
        '2025-11-20',
        '--yes',
      ],
    );

    expect(stdout).toContain('1 of 1 runs are submitted.');
    expect(code).toBe(0);
    const run = await deployed.readRun(key, signal);
    expect(run?.claim?.request.parameters?.['manifest']).toMatch(/^s3:\/\/breakaway-local-/);
  });

  it('finishes the current run after Ctrl-C, and starts no other', async () => {
    const child = spawn(
      process.execPath,
      [LAUNCHER, 'replay', '--feed', 'many', '--from', '2025-11-11', '--to', '2025-11-15', '--yes', '--rate', '0.5'],
      // A group of its own, as a terminal has it, which Ctrl-C reaches as a whole.
      { env: environmentOf(), detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const states = () =>
      Promise.all(
        ['11', '12', '13', '14', '15'].map(
          async (day) => (await readRun({ feed: 'many', date: `2025-11-${day}`, values: {} })).state,
        ),
      );
    await vi.waitFor(async () => expect(await states()).toContain('submitted'), { timeout: 30_000, interval: 50 });

    process.kill(-(child.pid ?? 0), 'SIGINT');
    const [code]: unknown[] = await once(child, 'exit');

    expect(code).toBe(130);
    const after = await states();
    expect(after.filter((state) => state === 'submitted').length).toBeLessThan(5);
    expect(after.filter((state) => state !== 'submitted' && state !== 'waiting')).toEqual([]);
  });
});

describe('breakaway forget', () => {
  const FORGET = z.strictObject({
    feed: z.string(),
    date: z.string().nullable(),
    runs: z.array(
      z.strictObject({ run: z.string(), state: z.string(), generation: z.number(), forgotten: z.boolean() }),
    ),
    affected: z.array(z.strictObject({ run: z.string(), effect: z.string() })),
  });

  it('lets a run start again, and keeps its outcome', async () => {
    const { code, stdout } = await breakaway('forget', 'orders', '2025-11-16', '--yes');

    expect(stable(stdout)).toMatchSnapshot();
    expect(code).toBe(0);
    expect(await readRun(ordersOf('2025-11-16'))).toMatchObject({
      state: 'waiting',
      generation: 2,
      filled: new Map([['orders', 2]]),
    });
    const candidates = await ledger().unsettledRuns(new Date(), 100, signal);
    expect(candidates.map(({ key }) => key)).toContainEqual(ordersOf('2025-11-16'));
  });

  it('leaves a run without an outcome, says so in JSON, and ends with 1', async () => {
    const { code, stdout } = await breakaway(
      'forget',
      'catalog-of-all-the-shops-there-are',
      '2025-11-19',
      '--yes',
      '--json',
    );

    expect(code).toBe(1);
    expect(FORGET.parse(JSON.parse(stdout)).runs.map(({ state, forgotten }) => [state, forgotten])).toEqual(
      expect.arrayContaining([
        ['succeeded', true],
        ['failed', true],
        ['waiting', false],
      ]),
    );
  });

  it('forgets nothing where it cannot ask', async () => {
    const { code } = await breakaway('forget', 'report', '2025-11-16');

    expect(code).toBe(2);
    expect(await readRun({ feed: 'report', date: '2025-11-16', values: {} })).toMatchObject({ state: 'succeeded' });
  });
});

describe('breakaway alerts', () => {
  const alert = z.strictObject({
    handle: z.string(),
    kind: z.string(),
    severity: z.enum(['error', 'warning', 'info']),
    subject: z.string(),
    feed: z.string().nullable(),
    queue: z.string().nullable(),
    title: z.string(),
    body: z.string(),
    openedAt: instant,
    openings: z.number(),
    lastNotifiedAt: instant.nullable(),
    nextAt: instant.nullable(),
    mutedUntil: instant.nullable(),
  });
  const ALERTS = z.strictObject({ stage: z.string(), since: instant, alerts: z.array(alert) });

  it('lists the open alerts, and ends with 1', async () => {
    const { code, stdout } = await breakaway('alerts');
    const { stdout: json } = await breakaway('alerts', 'list', '--json');

    expect(stdout).toMatchSnapshot();
    expect(code).toBe(1);
    expect(ALERTS.parse(JSON.parse(json)).alerts).toHaveLength(1);
    expect((await breakaway('alerts', '--kind', 'job-failed')).code).toBe(0);
  });

  it('mutes an alert until a time, and shows the mute', async () => {
    const [open] = ALERTS.parse(JSON.parse((await breakaway('alerts', '--json')).stdout)).alerts;
    const handle = open?.handle ?? '';

    const { code, stdout } = await breakaway('alerts', 'mute', handle, '--until', '2h', '--json');

    const muted = alert.parse(JSON.parse(stdout));
    expect(code).toBe(0);
    expect(new Date(muted.mutedUntil ?? 0).getTime()).toBeGreaterThan(Date.now() + 119 * MINUTE_MS);
    expect((await breakaway('alerts')).stdout).toContain('MUTED until');
    await breakaway('alerts', 'mute', handle.slice(0, 4), '--until', 'now');
    expect((await breakaway('alerts')).stdout).not.toContain('MUTED');
  });
});

describe('breakaway match', () => {
  it.each([
    ['s3://cli-landing/orders/20251116/orders_1.csv', 0],
    ['s3://cli-landing/order/20251116/orders_1.csv', 1],
  ])('shows the slots that %s would fill, offline', async (uri, expected) => {
    const offline = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };

    const { code, stdout } = await breakawayWith(offline, 'match', uri);
    const { stdout: json } = await breakawayWith(offline, 'match', uri, '--json');

    expect(stdout).toMatchSnapshot();
    expect(code).toBe(expected);
    z.strictObject({
      bucket: z.string(),
      key: z.string(),
      matches: z.array(z.strictObject({ ...runName.shape, run: z.string(), slot: z.string() })),
      nearest: z.array(z.strictObject({ feed: z.string(), slot: z.string(), template: z.string() })),
    }).parse(JSON.parse(json));
  });
});

describe('docs/operations.md', () => {
  const DEPLOYED = {
    BREAKAWAY_STAGE: 'local',
    BREAKAWAY_CONFIG: resolve(import.meta.dirname, '../../breakaway.config.ts'),
  };
  const text = readFileSync(resolve(import.meta.dirname, '../../docs/operations.md'), 'utf8');
  const commands = [...new Set([...text.matchAll(/^npx breakaway (.+)$/gm)].map(([, command = '']) => command))];
  let handle: string;

  beforeAll(async () => {
    const tableName = 'breakaway-local-ledger';
    const key: RunKey = { feed: 'northwind-sales', date: '2026-11-22', values: {} };
    await createLedger({ tableName }).recordArrival(
      key,
      anArrival({ slot: 'complete', bucket: 'northwind-landing', key: 'sales/20261122/_SUCCESS' }),
      new Date(),
      signal,
    );
    const register = createAlertRegister({ table: createAlertTable({ tableName }), now: () => new Date() });
    await register.open(
      { kind: 'feed-late', subject: 'cli', title: 'late', body: 'b', remindEveryMs: MINUTE_MS },
      signal,
    );
    const { stdout } = await breakawayWith(DEPLOYED, 'alerts', '--json', '--kind', 'feed-late');
    const { alerts }: { alerts: { handle: string; subject: string }[] } = JSON.parse(stdout);
    handle = alerts.find(({ subject }) => subject === 'cli')?.handle ?? '';
  });

  it('names every kind of alert', () => {
    expect(Object.keys(KINDS).filter((kind) => !text.includes(kind))).toEqual([]);
  });

  it.each(commands)('has a command that works: %s', async (command) => {
    const { code, stderr } = await breakawayWith(DEPLOYED, ...command.replace('<alert>', handle).split(' '));

    expect([0, 1], stderr).toContain(code);
    expect(stderr).toBe('');
  });
});

describe('breakaway cost', () => {
  it('estimates the cost per month, offline', async () => {
    const offline = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };

    const { code, stdout } = await breakawayWith(offline, 'cost');
    const { stdout: json } = await breakawayWith(offline, 'cost', '--json');

    expect(stdout).toMatchSnapshot();
    expect(widest(stdout)).toBeLessThanOrEqual(80);
    expect(code).toBe(0);
    const { lines, total } = z
      .strictObject({
        prices: z.strictObject({ date: z.iso.date(), region: z.string(), currency: z.literal('USD') }),
        total: z.number(),
        lines: z.array(
          z.strictObject({
            kind: z.enum(['function', 'queue', 'cluster', 'feed', 'stack']),
            name: z.string(),
            usd: z.number(),
            why: z.string(),
          }),
        ),
      })
      .parse(JSON.parse(json));
    expect(lines.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(total, 6);
  });
});

/** The actions that a request needs. A transaction needs those of the writes in it. */
const actionsOf = ({ service, operation, path, body }: ProxyRequest): string[] => {
  if (path.startsWith('/2015-03-31/functions/')) {
    return ['lambda:GetFunctionConfiguration'];
  }
  if (operation === 'TransactWriteItems') {
    const { TransactItems: items }: { TransactItems: Record<string, unknown>[] } = JSON.parse(body);
    return items.flatMap((item) => Object.keys(item)).map((write) => `dynamodb:${write}Item`);
  }
  const tags = operation === 'SubmitJob' && body.includes('"tags"') ? ['batch:TagResource'] : [];
  return [`${service}:${operation}`, ...tags];
};

describe('the permissions that a command needs', () => {
  const DAY = ['--from', '2025-11-20', '--to', '2025-11-20'];

  it.each<[readonly string[], readonly (readonly string[])[]]>([
    [['status'], [['status', ...RANGE]]],
    [
      ['explain'],
      [
        ['explain', 'orders', '2025-11-20'],
        ['explain', 's3://cli-landing/orders/20251116/orders_1.csv'],
      ],
    ],
    [['forget'], [['forget', 'report', '2025-11-16', '--yes']]],
    [['alerts', 'list'], [['alerts']]],
    [['cost'], [['cost']]],
    [['match'], [['match', 's3://cli-landing/orders/20251116/orders_1.csv']]],
  ])('%j are the ones in its help', async (command, calls) => {
    const { stdout: help } = await breakaway(...command, '--help');
    proxy.reset();

    for (const call of calls) {
      await breakaway(...call);
    }

    const named = [...help.matchAll(/^ {2}(\w+:\w+) /gm)].map(([, action]) => action).sort();
    expect([...new Set(proxy.requests.flatMap(actionsOf))].sort()).toEqual(named);
  });

  it('of a replay are the ones in its help', async () => {
    const { stdout: help } = await breakaway('replay', '--help');
    const named = [...help.matchAll(/^ {2}(\w+:\w+) /gm)].map(([, action]) => action);
    proxy.reset();

    await breakaway('replay', '--feed', 'orders', ...DAY, '--yes');
    await breakaway('replay', '--feed', 'orders', '--from', '2025-11-16', '--to', '2025-11-16', '--yes');
    await breakaway('replay', '--feed', 'claims', '--from', '2025-11-10', '--to', '2025-11-10', '--yes');
    const key: RunKey = { feed: 'northwind-sales', date: '2025-11-21', values: {} };
    const deployed = createLedger({ tableName: 'breakaway-local-ledger' });
    for (const name of ['orders_1.tsv.gz', 'orders_2.tsv.gz', 'orders_3.tsv.gz', '_SUCCESS']) {
      const slot = name === '_SUCCESS' ? 'complete' : 'orders';
      await deployed.recordArrival(
        key,
        anArrival({ slot, bucket: 'northwind-landing', key: `sales/20251121/${name}` }),
        new Date(),
        signal,
      );
    }
    await breakawayWith(
      { BREAKAWAY_CONFIG: resolve(import.meta.dirname, '../../breakaway.config.ts') },
      ...[
        'replay',
        '--stage',
        'local',
        '--feed',
        'northwind-sales',
        '--from',
        '2025-11-21',
        '--to',
        '2025-11-21',
        '--yes',
      ],
    );

    expect([...new Set(proxy.requests.flatMap(actionsOf))].sort()).toEqual(named.toSorted());
  });

  it('of a mute are the ones in its help', async () => {
    const { stdout: help } = await breakaway('alerts', 'mute', '--help');
    const { stdout: listed } = await breakaway('alerts', '--json');
    const { alerts }: { alerts: { handle: string }[] } = JSON.parse(listed);
    proxy.reset();

    await breakaway('alerts', 'mute', alerts[0]?.handle ?? '', '--until', '1h');

    const named = [...help.matchAll(/^ {2}(\w+:\w+) /gm)].map(([, action]) => action).sort();
    expect([...new Set(proxy.requests.flatMap(actionsOf))].sort()).toEqual(named);
  });
});
