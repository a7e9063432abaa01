import type { JobDetail } from '@aws-sdk/client-batch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { clientSettings } from '../../local/local-aws.ts';
import { LEDGER_TABLE, STACK } from '../../local/stack-names.ts';
import { createLedger } from '../../shared/aws/ledger.ts';
import { runItemKey } from '../../shared/aws/ledger-items.ts';
import type { RunKey } from '../../shared/feeds/run-key.ts';
import type { Run } from '../../shared/runs/run.ts';
import {
  ageJobs,
  changeSetting,
  invoke,
  type Listener,
  letReach,
  listen,
  putEvent,
  type SentNotification,
  withContainer,
  withoutDelay,
  writeLog,
} from './batch-jobs.ts';
import { eventually, jobsIn, logLines, put } from './deployed.ts';

const FUNCTION = `${STACK}-track-jobs`;
const CHANGES = `${STACK}-job-changes`;
const FAILURES = `${STACK}-job-failures`;
const CHECK = `${STACK}-check-arrivals`;

const { endpoint, environment } = inject('localAws');
const signal = new AbortController().signal;

let mailbox: Listener;
let delay: Awaited<ReturnType<typeof withoutDelay>>;
let ledger: ReturnType<typeof createLedger>;

beforeAll(async () => {
  for (const [name, value] of Object.entries(environment)) {
    vi.stubEnv(name, value);
  }
  ledger = createLedger({ tableName: LEDGER_TABLE });
  mailbox = await listen();
  // The tests need not wait for the lines of a log that are there already.
  delay = await withoutDelay(FAILURES);
});
afterAll(async () => {
  await delay?.restore();
  await mailbox?.stop();
  vi.unstubAllEnvs();
});

const readRun = async (key: RunKey): Promise<Run> => {
  const run = await ledger.readRun(key, signal);
  if (run === undefined) {
    throw new Error('There is no such run');
  }
  return run;
};

/** Puts the file of a run, and waits until the run is submitted. */
const submitRun = async (shop: string): Promise<{ readonly key: RunKey; readonly job: JobDetail }> => {
  const key: RunKey = { feed: 'northwind-catalog', date: '2031-02-03', values: { shop } };
  await put('northwind-landing', `catalog/2031/02/03/products_${shop}.tsv.gz`);
  await eventually(async () => expect((await readRun(key)).state).toBe('submitted'));
  const [job] = await jobsIn('recommendation-etl', ({ parameters }) => parameters?.['shop'] === shop);
  if (job === undefined) {
    throw new Error('Batch has no such job');
  }
  return { key, job };
};

const running = (job: JobDetail): JobDetail => ({ ...job, status: 'RUNNING', startedAt: Date.now(), attempts: [] });

const toldOf = async (text: string): Promise<SentNotification[]> =>
  (await mailbox.told()).filter(({ body }) => body.includes(text));

/** Lets the time pass after which a job is asked about. */
const makeDue = async (key: RunKey): Promise<void> => {
  await DynamoDBDocumentClient.from(new DynamoDBClient(clientSettings(endpoint))).send(
    new UpdateCommand({
      TableName: LEDGER_TABLE,
      Key: runItemKey(key),
      UpdateExpression: 'SET candidateAt = :past',
      ExpressionAttributeValues: { ':past': '2026-01-01T00:00:00.000Z' },
    }),
  );
};

describe('a deployed track-jobs', () => {
  it('moves the run of the ledger with its job, while people are told of the failure', async () => {
    const { key, job } = await submitRun('naha');
    const stream = `import-catalog/default/${job.jobId}`;
    await writeLog(stream, ['KeyError: price']);

    expect(await putEvent(running(job))).toEqual([CHANGES]);
    await eventually(async () =>
      expect(await readRun(key)).toMatchObject({ state: 'running', job: { id: job.jobId } }),
    );
    const failed = withContainer(await letReach(job.jobId ?? '', 'FAILED'), 1, stream);
    const queues = await putEvent(failed);
    await eventually(async () => expect((await readRun(key)).state).toBe('failed'));

    expect(queues.toSorted()).toEqual([CHANGES, FAILURES]);
    expect((await readRun(key)).job).toMatchObject({
      id: job.jobId,
      attempts: 1,
      exitCode: 1,
      reason: 'Essential container in task exited',
      startedAt: new Date(failed.startedAt ?? 0),
      stoppedAt: new Date(failed.stoppedAt ?? 0),
    });
    await eventually(async () => {
      const [told] = await toldOf(job.jobName ?? '');
      expect(told).toMatchObject({
        subject: '[local] northwind-catalog 2031-02-03 naha: exit code 1',
        attributes: { kind: 'job-failed', feed: 'northwind-catalog', queue: 'recommendation-etl' },
      });
      expect(told?.body).toMatch(/KeyError: price$/);
    });
  });

  it('lets no event move a run back, whatever their order', async () => {
    const { key, job } = await submitRun('hakodate');
    const succeeded = { ...withContainer(job, 0, 'any'), status: 'SUCCEEDED' as const, stoppedAt: Date.now() };

    await putEvent(succeeded);
    await eventually(async () => expect((await readRun(key)).state).toBe('succeeded'));
    await putEvent(running(job));
    await putEvent({ ...job, status: 'RUNNABLE' });
    await putEvent(succeeded);
    await eventually(async () => {
      const lines = await logLines(FUNCTION);
      expect(
        lines.filter((line) => line['message'] === 'Run already moved with its job' && line['jobId'] === job.jobId),
      ).toHaveLength(3);
    });

    expect(await readRun(key)).toMatchObject({ state: 'succeeded', job: { exitCode: 0 } });
  });

  it('leaves a failure of this minute to its event, and asks Batch where that is lost; a late one tells nothing twice', async () => {
    const { key, job } = await submitRun('otaru');
    const failed = await letReach(job.jobId ?? '', 'FAILED');

    await makeDue(key);
    await invoke(CHECK);
    const atOnce = (await readRun(key)).state;
    const aged = await ageJobs(10 * 60_000);
    const restore = await changeSetting(CHECK, 'AWS_ENDPOINT_URL_BATCH', aged.url);
    try {
      await makeDue(key);
      await invoke(CHECK);
    } finally {
      await restore();
      aged.stop();
    }

    expect([atOnce, (await readRun(key)).state]).toEqual(['submitted', 'failed']);
    await eventually(async () => {
      const [told] = await toldOf(job.jobName ?? '');
      expect(told?.subject).toBe('[local] northwind-catalog 2031-02-03: the job failed');
      expect(told?.body).toContain('Its event was lost; AWS Batch was asked.');
    });
    await putEvent(failed);
    await eventually(async () => {
      const known = (await logLines(`${STACK}-notify-failure`)).filter(
        ({ message, jobId }) => message === 'Failure already known' && jobId === job.jobId,
      );
      expect(known).toHaveLength(1);
    });
    expect(await toldOf(job.jobName ?? '')).toHaveLength(1);
  });
});
