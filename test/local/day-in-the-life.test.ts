/**
 * A day in the life of ten feeds: the handlers run here, one invocation after another, with a clock that the test drives, against the local AWS. What
 * people are told, in order, and what the ledger holds at the end is in `day-in-the-life.txt`, for people to read.
 */
import { CreateBucketCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import type { Configuration } from '../../configuration/configuration.ts';
import { ACCOUNT, clientSettings, REGION } from '../../local/local-aws.ts';
import { createLedger } from '../../shared/aws/ledger.ts';
import { createRunListing } from '../../shared/aws/run-listing.ts';
import { MINUTE_MS } from '../../shared/durations.ts';
import type { Feed } from '../../shared/feeds/feed.ts';
import { runKeyId } from '../../shared/feeds/run-key.ts';
import type { Run } from '../../shared/runs/run.ts';
import { captureOutput } from '../support/captured-output.ts';
import { lambdaContext } from '../support/lambda-context.ts';
import { makeLedgerTable } from '../support/ledger-table.ts';

const { BUCKET, SUITE_BUCKET, STAGE, TABLE, ZONE } = vi.hoisted(() => ({
  BUCKET: 'day-landing',
  SUITE_BUCKET: 'day-suite',
  STAGE: 'day',
  TABLE: 'day-ledger',
  ZONE: 'Asia/Tokyo',
}));

vi.mock('breakaway:configuration', async (): Promise<Configuration> => {
  const { aFeed, aFeedSlot, aFileSlot, aTimeSlot } = await import('../support/builders.ts');
  const uriOf = (path: string) => `s3://${BUCKET}/${path}`;
  const at = (hour: number, minute = 0) => ({ kind: 'time of day', days: 0, hour, minute }) as const;
  const feedOf = (name: string, feed: Partial<Feed>): Feed =>
    aFeed({
      name,
      lookback: 1,
      remindEveryMs: 2 * 3_600_000,
      batch: { queue: 'recommendation-etl', definition: 'import-sales', parameters: {} },
      ...feed,
    });
  return {
    timeZone: ZONE,
    calendars: {},
    queues: { count: 'all', remindEveryMs: 86_400_000, alarmAfterMs: {} },
    logGroups: [],
    feeds: [
      feedOf('orders', {
        due: at(6),
        slots: [
          aFileSlot({ uri: uriOf('orders/{date:yyyyMMdd}/orders_*.tsv'), min: 2, minBytes: 1 }),
          aFileSlot({ name: 'complete', uri: uriOf('orders/{date:yyyyMMdd}/_SUCCESS') }),
        ],
      }),
      feedOf('catalog', {
        due: at(5),
        slots: [aFileSlot({ name: 'list', uri: uriOf('catalog/{date:yyyyMMdd}.tsv') })],
      }),
      feedOf('prices', {
        due: at(7),
        cutOff: at(12),
        slots: [aFileSlot({ name: 'list', uri: uriOf('prices/{date:yyyyMMdd}.tsv') })],
      }),
      feedOf('inventory', {
        onOverwrite: 'rerun',
        slots: [aFileSlot({ name: 'stock', uri: uriOf('inventory/{date:yyyyMMdd}.tsv') })],
      }),
      feedOf('customers', {
        due: at(11),
        onOverwrite: 'alert',
        slots: [aFileSlot({ name: 'list', uri: uriOf('customers/{date:yyyyMMdd}.tsv') })],
      }),
      feedOf('sales-report', {
        due: at(7, 30),
        slots: [
          aFeedSlot({ name: 'orders', feed: 'orders' }),
          aFeedSlot({ name: 'catalog', feed: 'catalog' }),
          aTimeSlot('06:30', 'half past six'),
        ],
      }),
      feedOf('margin', {
        due: at(9),
        cutOff: at(12, 30),
        slots: [aFeedSlot({ name: 'report', feed: 'sales-report' }), aFeedSlot({ name: 'prices', feed: 'prices' })],
      }),
      feedOf('stock-level', {
        onOverwrite: 'rerun',
        slots: [aFeedSlot({ name: 'inventory', feed: 'inventory' })],
      }),
      feedOf('replenishment', {
        due: at(8, 15),
        slots: [aFeedSlot({ name: 'stock level', feed: 'stock-level' })],
      }),
      feedOf('heartbeat', { slots: [aTimeSlot('0 * * * *')], dateUnit: 'HH' }),
    ],
  };
});

const DAY = '20260310';
/** Ten minutes before the day begins in Tokyo. It is long ago, so that all that the test writes into S3 counts as new. */
const START = Date.parse('2026-03-09T23:50:00+09:00');

const { endpoint, environment } = inject('localAws');
const output = captureOutput();
const s3 = new S3Client(clientSettings(endpoint));
const sns = new SNSClient(clientSettings(endpoint));
const sqs = new SQSClient(clientSettings(endpoint));

type Handler = (event: unknown, context: ReturnType<typeof lambdaContext>) => Promise<unknown>;
let check: Handler;
let submit: Handler;
let track: Handler;
let toldUrl: string;

beforeAll(async () => {
  await makeLedgerTable(endpoint, TABLE);
  for (const Bucket of [BUCKET, SUITE_BUCKET]) {
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
  }
  const { TopicArn: topic = '' } = await sns.send(new CreateTopicCommand({ Name: 'day-alerts' }));
  ({ QueueUrl: toldUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'day-told' })));
  await sns.send(
    new SubscribeCommand({ TopicArn: topic, Protocol: 'sqs', Endpoint: `arn:aws:sqs:${REGION}:${ACCOUNT}:day-told` }),
  );
  const settings = { STAGE, LEDGER_TABLE: TABLE, SUITE_BUCKET, ALERT_TOPIC_ARN: topic };
  for (const [name, value] of Object.entries({ ...environment, ...settings, POWERTOOLS_SERVICE_NAME: 'day' })) {
    vi.stubEnv(name, value);
  }
  ({ handler: check } = await import('../../functions/check-arrivals/handler.ts'));
  ({ handler: submit } = await import('../../functions/submit-batch-job/handler.ts'));
  ({ handler: track } = await import('../../functions/track-jobs/handler.ts'));
});
afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const lines: string[] = [];
let lateNotice = '';

/** What a clock in Tokyo shows: `09:30`. */
const clock = (at = new Date()): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE, timeStyle: 'short' }).format(at);

const say = (what: string): void => {
  lines.push(`${clock()}  ${what}`);
};

/** Takes the messages that people got since the last time. */
const takeMessages = async (): Promise<void> => {
  const subjects: string[] = [];
  for (;;) {
    const { Messages: messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: toldUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
    );
    if (messages.length === 0) {
      break;
    }
    for (const { Body: body = '{}', ReceiptHandle } of messages) {
      const { Subject: subject, Message: message } = JSON.parse(body);
      subjects.push(subject);
      lateNotice = subject.includes('margin') && lateNotice === '' ? message : lateNotice;
      await sqs.send(new DeleteMessageCommand({ QueueUrl: toldUrl, ReceiptHandle }));
    }
  }
  for (const subject of subjects.sort()) {
    say(`    told  ${subject}`);
  }
};

/** The event of an object as S3 sent it, which may be delivered later, more than once, or after the next one. */
type Arrival = { readonly key: string; readonly etag: string; readonly size: number };

const put = async (key: string, content: string): Promise<Arrival> => {
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: Buffer.from(content) }));
  const { ETag: etag = '', ContentLength: size = 0 } = await s3.send(
    new HeadObjectCommand({ Bucket: BUCKET, Key: key }),
  );
  return { key, etag: etag.replaceAll('"', ''), size };
};

const record = (messageId: string, body: object, queue: string) => ({
  messageId,
  body: JSON.stringify(body),
  eventSource: 'aws:sqs',
  eventSourceARN: `arn:aws:sqs:${REGION}:${ACCOUNT}:${STAGE}-${queue}`,
  attributes: { ApproximateReceiveCount: '1' },
});

const deliver = async (object: Arrival): Promise<void> => {
  const event = { 'detail-type': 'Object Created', detail: { bucket: { name: BUCKET }, object } };
  const answer = await submit({ Records: [record(object.key, event, 'arrivals')] }, lambdaContext());
  expect(answer).toEqual({ batchItemFailures: [] });
};

const arrive = async (path: string, content = path): Promise<void> => {
  say(`${path} arrives`);
  await deliver(await put(path, content));
};

const ledger = createLedger({ tableName: TABLE });

const runOf = async (feed: string, date = '2026-03-10'): Promise<Run> => {
  const run = await ledger.readRun({ feed, date, values: {} }, AbortSignal.timeout(10_000));
  return run ?? expect.unreachable(`no run of ${feed}`);
};

/** Tells that the job of a run has ended, as AWS Batch does. */
const end = async (feed: string, status: 'SUCCEEDED' | 'FAILED' = 'SUCCEEDED'): Promise<void> => {
  const { claim, job, state } = await runOf(feed);
  expect([feed, state]).toEqual([feed, 'submitted']);
  say(`the job of ${feed} has ${status.toLowerCase()}`);
  const exitCode = status === 'FAILED' ? 3 : 0;
  const statusReason = 'Essential container in task exited';
  const [startedAt, stoppedAt] = [Date.now() - 5 * MINUTE_MS, Date.now()];
  const detail = {
    jobId: job?.id,
    jobName: claim?.request.jobName,
    jobQueue: `arn:aws:batch:${REGION}:${ACCOUNT}:job-queue/recommendation-etl`,
    jobDefinition: `arn:aws:batch:${REGION}:${ACCOUNT}:job-definition/import-sales:1`,
    status,
    statusReason,
    createdAt: startedAt,
    startedAt,
    stoppedAt,
    attempts: [{ container: { exitCode }, startedAt, stoppedAt, statusReason }],
    container: { exitCode },
  };
  const event = {
    'detail-type': 'Batch Job State Change',
    source: 'aws.batch',
    region: REGION,
    account: ACCOUNT,
    detail,
  };
  const answer = await track({ Records: [record(feed, event, 'job-changes')] }, lambdaContext());
  expect(answer).toEqual({ batchItemFailures: [] });
};

const tick = async (): Promise<void> => {
  await check({}, lambdaContext({ getRemainingTimeInMillis: () => 50_000 }));
  await takeMessages();
};

/** What happens when, by the clock in Tokyo. */
const STORY: Readonly<Record<string, () => Promise<void>>> = {
  // Early: before its date has begun.
  '23:55': () => arrive(`orders/${DAY}/orders_tokyo.tsv`),
  '04:00': () => arrive(`inventory/${DAY}.tsv`),
  '04:30': () => end('inventory'),
  '05:20': async () => {
    const osaka = await put(`orders/${DAY}/orders_osaka.tsv`, 'osaka');
    say('orders/20260310/orders_osaka.tsv arrives, and its event three times');
    await Promise.all([deliver(osaka), deliver(osaka)]);
    await deliver(osaka);
  },
  '05:30': () => arrive(`orders/${DAY}/_SUCCESS`, ''),
  '05:43': () => arrive(`catalog/${DAY}.tsv`),
  '05:50': () => end('orders'),
  '06:10': () => end('catalog'),
  '06:45': () => end('sales-report'),
  '07:50': () => end('stock-level', 'FAILED'),
  '08:40': async () => {
    await arrive(`inventory/${DAY}.tsv`, 'written again');
  },
  '08:50': () => end('inventory'),
  '08:58': () => end('stock-level'),
  '09:20': () => end('replenishment'),
};

/** From here to there nothing of ours runs; what S3 and AWS Batch say meanwhile waits in the queues. */
const OUTAGE = { from: '10:05', until: '12:05' };

it('tells people what they have to know of a day, and submits each run once', { timeout: 10 * MINUTE_MS }, async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  const queued: (() => Promise<void>)[] = [];
  for (let minute = 0; minute <= 13 * 60 + 10; minute += 1) {
    vi.setSystemTime(START + minute * MINUTE_MS);
    const now = clock();
    const happens = STORY[now];
    await happens?.();
    const isOut = minute > 60 && now >= OUTAGE.from && now < OUTAGE.until;
    if (now === OUTAGE.from) {
      say('an outage begins');
    }
    if (now === '10:30') {
      say(`customers/${DAY}.tsv arrives, and its event waits`);
      const customers = await put(`customers/${DAY}.tsv`, 'customers');
      queued.push(() => deliver(customers));
    }
    if (now === OUTAGE.until) {
      say('the outage ends');
    }
    // A tick every fifth minute, and after everything that happens, shows as much as one every minute.
    if (!isOut && (minute % 5 === 0 || happens !== undefined || STORY[clock(new Date(Date.now() - MINUTE_MS))])) {
      await tick();
    }
    if (now === OUTAGE.until) {
      for (const delivery of queued.splice(0)) {
        await delivery();
      }
    }
    if (now === '12:20') {
      await arrive(`customers/${DAY}.tsv`, 'written again');
    }
  }

  const runsOf = createRunListing({ tableName: TABLE });
  const { feeds } = await import('breakaway:configuration');
  lines.push('', 'The ledger at the end', '');
  let claimed = 0;
  for (const { name } of feeds) {
    for await (const run of runsOf(name, '2026-03', '2026-04', AbortSignal.timeout(30_000))) {
      const filled = [...run.filled].map(([slot, count]) => `${slot} ${count}`).sort();
      const complete = run.claim === undefined ? '' : `, complete at ${clock(run.claim.claimedAt)}`;
      lines.push(
        `${runKeyId(run.key)}  generation ${run.generation}, ${run.state}${complete}${filled.length > 0 ? `: ${filled.join(', ')}` : ''}`,
      );
      claimed += run.generation - (run.claim === undefined ? 1 : 0);
    }
  }
  lines.push('', 'What people read of a late run', '', lateNotice);
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('./day-in-the-life.txt');

  const jobs = output.logs().filter(({ message }) => message === 'Job submitted');
  expect(jobs).toHaveLength(claimed);
  expect(new Set(jobs.map(({ jobId }) => jobId)).size).toBe(claimed);
  expect(output.logs().filter(({ level }) => level === 'ERROR')).toEqual([]);
  expect(output.logs().filter(({ message }) => message === 'Failed run keeps others waiting')).toMatchObject([
    { run: 'stock-level@2026-03-10', held: ['replenishment@2026-03-10'] },
  ]);
  expect(output.logs().filter(({ message }) => message === 'Times skipped')).toMatchObject([
    { feed: 'heartbeat', times: 1, first: '2026-03-10T11' },
  ]);
});
