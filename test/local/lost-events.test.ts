/**
 * Lost events, from the bucket to the job: both handlers run here, with a clock that the test drives, against the local AWS. Their bucket sends no
 * events, so what becomes of each is the test's to say.
 */
import { BatchClient, ListJobsCommand } from '@aws-sdk/client-batch';
import { CreateBucketCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import type { Configuration } from '../../configuration/configuration.ts';
import { clientSettings } from '../../local/local-aws.ts';
import { MINUTE_MS } from '../../shared/durations.ts';
import { captureOutput } from '../support/captured-output.ts';
import { lambdaContext } from '../support/lambda-context.ts';
import { makeLedgerTable } from '../support/ledger-table.ts';

const { BUCKET, STAGE, TABLE } = vi.hoisted(() => ({ BUCKET: 'lost-landing', STAGE: 'lost', TABLE: 'lost-ledger' }));

vi.mock('breakaway:configuration', async (): Promise<Configuration> => {
  const { aFeed, aFileSlot } = await import('../support/builders.ts');
  const batch = { queue: 'recommendation-etl', definition: 'import-sales', parameters: {} };
  const { dateUnit: _, ...undated } = aFeed({ name: 'segments', batch, timeZone: 'UTC' });
  return {
    timeZone: 'UTC',
    calendars: {},
    queues: { count: 'all', remindEveryMs: 86_400_000, alarmAfterMs: {} },
    logGroups: [],
    feeds: [
      aFeed({
        name: 'sales',
        batch,
        timeZone: 'UTC',
        slots: [
          aFileSlot({ name: 'orders', uri: `s3://${BUCKET}/sales/{date:yyyyMMdd}/orders_*.tsv`, min: 3 }),
          aFileSlot({ name: 'done', uri: `s3://${BUCKET}/sales/{date:yyyyMMdd}/_SUCCESS` }),
        ],
      }),
      aFeed({
        name: 'catalog',
        batch,
        timeZone: 'UTC',
        captures: ['shop'],
        values: { shop: ['tokyo', 'osaka'] },
        slots: [aFileSlot({ uri: `s3://${BUCKET}/catalog/{shop}/{date:yyyy/MM/dd}/a b+c_é%2F.tsv` })],
      }),
      { ...undated, slots: [aFileSlot({ uri: `s3://${BUCKET}/segments/*.csv` })] },
    ],
  };
});

const { endpoint, batchEndpoint, environment } = inject('localAws');
const output = captureOutput();
const s3 = new S3Client(clientSettings(endpoint));

type Check = typeof import('../../functions/check-arrivals/handler.ts')['handler'];
type Submit = typeof import('../../functions/submit-batch-job/handler.ts')['handler'];
let check: Check;
let submit: Submit;

beforeAll(async () => {
  await makeLedgerTable(endpoint, TABLE);
  for (const bucket of [BUCKET, 'lost-suite']) {
    await s3.send(
      new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: 'ap-northeast-1' } }),
    );
  }
  const { TopicArn: topic = '' } = await new SNSClient(clientSettings(endpoint)).send(
    new CreateTopicCommand({ Name: 'lost-alerts' }),
  );
  const settings = { STAGE, LEDGER_TABLE: TABLE, SUITE_BUCKET: 'lost-suite', ALERT_TOPIC_ARN: topic };
  for (const [name, value] of Object.entries({ ...environment, ...settings, POWERTOOLS_SERVICE_NAME: 'lost' })) {
    vi.stubEnv(name, value);
  }
  ({ handler: check } = await import('../../functions/check-arrivals/handler.ts'));
  ({ handler: submit } = await import('../../functions/submit-batch-job/handler.ts'));
});
afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const tick = () => check({}, lambdaContext({ getRemainingTimeInMillis: () => 50_000 }));

const put = async (key: string): Promise<void> => {
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: Buffer.from(`content of ${key}`) }));
};

/** Delivers the event of an object, as EventBridge and SQS do. */
const deliver = async (key: string): Promise<void> => {
  const { ETag: etag = '', ContentLength: size } = await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: key }));
  const object = { key, size, etag: etag.replaceAll('"', '') };
  const body = JSON.stringify({ 'detail-type': 'Object Created', detail: { bucket: { name: BUCKET }, object } });
  const queue = { eventSource: 'aws:sqs', eventSourceARN: 'arn:aws:sqs:ap-northeast-1:123456789012:lost-arrivals' };
  const record = { messageId: key, body, ...queue, attributes: { ApproximateReceiveCount: '1' } };
  expect(await submit({ Records: [record] }, lambdaContext())).toEqual({ batchItemFailures: [] });
};

const jobNames = async (): Promise<string[]> => {
  const { jobSummaryList: jobs = [] } = await new BatchClient(clientSettings(batchEndpoint)).send(
    new ListJobsCommand({
      jobQueue: 'recommendation-etl',
      filters: [{ name: 'JOB_NAME', values: [`breakaway-${STAGE}-*`] }],
    }),
  );
  return jobs.map(({ jobName = '' }) => jobName);
};

it('submits every run exactly once although events are dropped at random, and nothing of the history', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const [yesterday, today] = [-1, 0].map((days) =>
    new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10),
  ) as [string, string];
  const filesOf = (date: string): string[] => [
    ...['1', '2', '3'].map((shop) => `sales/${date.replaceAll('-', '')}/orders_${shop}.tsv`),
    `sales/${date.replaceAll('-', '')}/_SUCCESS`,
    ...['tokyo', 'osaka'].map((shop) => `catalog/${shop}/${date.replaceAll('-', '/')}/a b+c_é%2F.tsv`),
  ];

  // History: all of yesterday, and more segments than one page of a listing has.
  const history = [...filesOf(yesterday), ...Array.from({ length: 1_100 }, (_, index) => `segments/old-${index}.csv`)];
  for (let start = 0; start < history.length; start += 50) {
    await Promise.all(history.slice(start, start + 50).map(put));
  }
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await tick();
  await new Promise((resolve) => setTimeout(resolve, 1_100));

  const files = [...filesOf(today), ...Array.from({ length: 20 }, (_, index) => `segments/new ${index}+%.csv`)];
  let dropped = 0;
  for (const key of files) {
    await put(key);
    const events = random(3);
    dropped += events === 0 ? 1 : 0;
    for (let event = 0; event < events; event += 1) await deliver(key);
  }
  const wanted = 1 + 2 + 20;
  const before = await jobNames();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  for (let minute = 0; minute < 18; minute += 1) {
    vi.setSystemTime(Date.now() + MINUTE_MS);
    await tick();
  }

  const names = await jobNames();
  const found = output
    .metrics()
    .filter(({ name, dimensions }) => name === 'ArrivalsFoundByListing' && dimensions['Feed'] !== undefined)
    .reduce((sum, { value }) => sum + Number(value), 0);
  const story = `seed ${seed}: ${dropped} of ${files.length} events dropped, ${before.length} jobs before the search`;
  expect(dropped, story).toBeGreaterThan(0);
  expect(before.length, story).toBeLessThan(wanted);
  expect(names, story).toHaveLength(wanted);
  expect(new Set(names).size, story).toBe(wanted);
  expect(found, story).toBe(dropped);
}, 180_000);
