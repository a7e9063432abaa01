/**
 * A night of shadow runs: the configuration that was imported from a crontab, in process against the local AWS, beside a list of what cron did in
 * the same night. What the comparison says is in `leaving-cron.txt`, for people to read.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { CreateBucketCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import type { Configuration } from '../../configuration/configuration.ts';
import { ACCOUNT, clientSettings, REGION } from '../../local/local-aws.ts';
import { MINUTE_MS } from '../../shared/durations.ts';
import { fileSlotsOf } from '../../shared/feeds/file-slots.ts';
import { captureOutput } from '../support/captured-output.ts';
import { lambdaContext } from '../support/lambda-context.ts';
import { makeLedgerTable } from '../support/ledger-table.ts';

const { CONFIG, STAGE, SUITE_BUCKET } = vi.hoisted(() => ({
  CONFIG: 'test/import-crontab/__snapshots__/imported.config.ts',
  STAGE: 'leaving-cron',
  SUITE_BUCKET: 'leaving-cron-suite',
}));

vi.mock('breakaway:configuration', async (): Promise<Configuration> => {
  const { loadConfiguration } = await import('../../configuration/load.ts');
  return (await loadConfiguration(CONFIG)).configuration;
});

const LAUNCHER = resolve(import.meta.dirname, '../../cli/breakaway.cjs');
const TABLE = `breakaway-${STAGE}-ledger`;
/** Long ago, so that all that the test writes into S3 counts as new. */
const START = Date.parse('2026-03-09T23:50:00+09:00');
const END = Date.parse('2026-03-10T08:10:00+09:00');

/** What comes when, by the clock in Tokyo. */
const ARRIVALS: Readonly<Record<string, readonly string[]>> = {
  '02:40': ['reco-landing/wms/stock_20260310.csv'],
  '04:10': ['reco-landing/northwind/orders_20260310.tsv.gz'],
  '04:30': ['reco-landing/contoso/20260310/orders_1.csv.gz', 'reco-landing/contoso/20260310/orders_2.csv.gz'],
  '05:00': ['reco-landing/fabrikam/2026-03-09_orders.csv', 'adventure-landing/sales/20260310/_SUCCESS'],
  '05:10': ['reco-landing/contoso/20260310/orders_3.csv.gz'],
  '05:20': ['reco-landing/contoso/20260310/orders_flag.ok'],
  '06:20': ['reco-landing/crm/customers_20260310.csv', 'reco-landing/crm/consents_20260310.csv'],
  '06:40': ['reco-landing/prices/northwind_20260310.csv'],
};

/**
 * What cron did: the same, but that it loaded one shop's prices twice, did not see the sales of another, and started a job at another time, since its
 * zone was forgotten.
 */
const CRON = [
  'time\tfeed\tdate\tfiles',
  '2026-03-10 00:00\tdaily-kpi\t2026-03-10\t',
  '2026-03-10 00:10\tclicks-daily\t\t',
  '2026-03-10 02:43\timport-stock\t2026-03-10\t1',
  '2026-03-10 03:01\tsimilar-items\t2026-03-10\t',
  '2026-03-10 03:01\tpopular-items\t2026-03-10\t',
  '2026-03-10 03:40\trank-items\t2026-03-10\t',
  '2026-03-10 03:55\texport-reco\t2026-03-10\t',
  '2026-03-10 04:00\tafter-nightly\t2026-03-10\t',
  '2026-03-10 04:15\tnorthwind-orders\t2026-03-10\t1',
  '2026-03-10 05:20\tcontoso-orders\t2026-03-10\t4',
  '2026-03-10 05:45\tpublish-prod\t2026-03-10\t',
  '2026-03-10 06:00\tnotify-shops\t2026-03-10\t',
  '2026-03-10 06:21\tcustomers\t2026-03-10\t2',
  '2026-03-10 06:40\tprices\t2026-03-10\t1',
  '2026-03-10 06:40\tprices\t2026-03-10\t1',
  '2026-03-10 07:00\told-import\t\t',
];

const { endpoint, environment } = inject('localAws');
const output = captureOutput();
const s3 = new S3Client(clientSettings(endpoint));

type Handler = (event: unknown, context: ReturnType<typeof lambdaContext>) => Promise<unknown>;
let check: Handler;
let submit: Handler;
let folder: string;
let configuration: Configuration;

const makeBucket = (Bucket: string) =>
  s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakaway-leaving-cron-'));
  await makeLedgerTable(endpoint, TABLE);
  const sns = new SNSClient(clientSettings(endpoint));
  const { TopicArn: topic = '' } = await sns.send(new CreateTopicCommand({ Name: `${STAGE}-alerts` }));
  const settings = { STAGE, LEDGER_TABLE: TABLE, SUITE_BUCKET, ALERT_TOPIC_ARN: topic };
  for (const [name, value] of Object.entries({ ...environment, ...settings, POWERTOOLS_SERVICE_NAME: STAGE })) {
    vi.stubEnv(name, value);
  }
  configuration = (await import('breakaway:configuration')) as Configuration;
  const buckets = new Set(configuration.feeds.flatMap(fileSlotsOf).map(({ template }) => template.bucket));
  for (const bucket of [...buckets, SUITE_BUCKET]) {
    await makeBucket(bucket);
  }
  ({ handler: check } = await import('../../functions/check-arrivals/handler.ts'));
  ({ handler: submit } = await import('../../functions/submit-batch-job/handler.ts'));
});
afterAll(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const arrive = async (uri: string): Promise<void> => {
  const [, bucket = '', key = ''] = /^([^/]+)\/(.*)$/.exec(uri) ?? [];
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: Buffer.from(uri) }));
  const { ETag: etag = '', ContentLength: size = 0 } = await s3.send(
    new HeadObjectCommand({ Bucket: bucket, Key: key }),
  );
  const event = {
    'detail-type': 'Object Created',
    detail: { bucket: { name: bucket }, object: { key, etag: etag.replaceAll('"', ''), size } },
  };
  const record = {
    messageId: uri,
    body: JSON.stringify(event),
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:${REGION}:${ACCOUNT}:${STAGE}-arrivals`,
    attributes: { ApproximateReceiveCount: '1' },
  };
  expect(await submit({ Records: [record] }, lambdaContext())).toEqual({ batchItemFailures: [] });
};

const clock = (): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Tokyo', timeStyle: 'short' }).format(new Date());

const parity = async (...options: string[]): Promise<{ readonly code: number; readonly stdout: string }> => {
  const log = join(folder, 'jobs.tsv');
  await writeFile(log, `${CRON.join('\n')}\n`);
  const env = { ...process.env, ...environment, BREAKAWAY_CONFIG: resolve(CONFIG), NO_COLOR: '1' };
  const run = promisify(execFile)(process.execPath, [LAUNCHER, 'parity', '--log', log, '--stage', STAGE, ...options], {
    env,
  });
  try {
    return { code: 0, stdout: (await run).stdout };
  } catch (error) {
    const { code = -1, stdout = '' } = error as { code?: number; stdout?: string };
    return { code, stdout };
  }
};

it('shows, line by line, what the suite would have done beside what cron did', {
  timeout: 10 * MINUTE_MS,
}, async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  for (let now = START; now <= END; now += 10 * MINUTE_MS) {
    vi.setSystemTime(now);
    for (const uri of ARRIVALS[clock()] ?? []) {
      await arrive(uri);
    }
    await check({}, lambdaContext({ getRemainingTimeInMillis: () => 50_000 }));
  }
  vi.useRealTimers();

  const all = await parity();
  const polled = await parity('--from', '2026-03-10', '--to', '2026-03-10', '--json');

  expect(all.code).toBe(1);
  await expect(all.stdout).toMatchFileSnapshot('./leaving-cron.txt');
  const { feeds } = JSON.parse(polled.stdout) as { feeds: { feed: string; verdict: string }[] };
  const verdicts = Object.fromEntries(feeds.map(({ feed, verdict }) => [feed, verdict]));
  expect(verdicts).toMatchObject({
    'northwind-orders': 'same',
    'import-stock': 'same',
    'after-nightly': 'same',
    'contoso-orders': 'same',
    customers: 'same',
    'clicks-daily': 'differs',
    prices: 'differs',
    'load-orders-adventure': 'differs',
    'load-stock-fourthcoffee': 'nothing to compare',
  });
  const logs = output.logs();
  expect(logs.filter(({ message }) => message === 'Job submitted')).toEqual([]);
  expect(logs.filter(({ level }) => level === 'ERROR')).toEqual([]);
});
