import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatchClient, ListJobsCommand, SubmitJobCommand } from '@aws-sdk/client-batch';
import {
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { clientSettings, LOCAL_FOLDER, ROOT } from '../../local/local-aws.ts';
import { processesOf } from '../../local/process-identity.ts';

const RUNS = join(LOCAL_FOLDER, 'runs');

let running: ReturnType<typeof startOnce> | undefined;

afterEach(() => {
  running?.child.kill('SIGKILL');
});

/** Runs `npm start -- --once`, as npm does. */
const startOnce = () => {
  const child = spawn(process.execPath, ['local/start.ts', '--once'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  return {
    child,
    folder: join(RUNS, `once-${child.pid}`),
    output: () => Buffer.concat(output).toString(),
    exit: once(child, 'exit'),
  };
};

const QUEUE = 'recommendation-etl';

/** Finds out where a server of a start listens, and asks it until it answers as expected. */
const onceReady = <Result>(
  folder: string,
  server: 'moto' | 'ministack',
  ask: (endpoint: string) => Promise<Result>,
): Promise<Result> =>
  vi.waitFor(
    () => {
      const log = readFileSync(join(folder, `${server}.log`), 'utf8');
      const [endpoint = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(log) ?? [];
      return ask(endpoint);
    },
    { timeout: 150_000, interval: 50 },
  );

/** Keeps a bucket from telling of its files. */
const silence = (folder: string, bucket: string): Promise<void> =>
  onceReady(folder, 'ministack', async (endpoint) => {
    const s3 = new S3Client(clientSettings(endpoint));
    const settings = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: bucket }));
    expect(settings.EventBridgeConfiguration).toBeDefined();
    await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: bucket, NotificationConfiguration: {} }));
  });

/** Submits a job that has been submitted, and one of which nobody knows. */
const meddle = (folder: string): Promise<string> =>
  onceReady(folder, 'moto', async (endpoint) => {
    const batch = new BatchClient(clientSettings(endpoint));
    const all = { jobQueue: QUEUE, filters: [{ name: 'JOB_NAME', values: ['*'] }] };
    const { jobSummaryList: [job] = [] } = await batch.send(new ListJobsCommand(all));
    const own = job?.jobName ?? '';
    expect(own).toMatch(/^breakaway-local-/);
    for (const jobName of [own, 'intruder']) {
      await batch.send(new SubmitJobCommand({ jobName, jobQueue: QUEUE, jobDefinition: 'import-sales' }));
    }
    return own;
  });

describe('npm start -- --once', () => {
  it('exits with 1 and names each job that is missing, double or should not be', async () => {
    running = startOnce();
    const { folder, exit, output } = running;
    await silence(folder, 'clickstream-landing');
    const own = await meddle(folder);

    const [code]: unknown[] = await exit;

    expect(code).toBe(1);
    expect(output()).toContain('20 jobs should exist; Batch has 13:');
    expect(output()).toContain(`double: ${own} 2 times`);
    expect(output()).toContain(`not expected: intruder in ${QUEUE}`);
    const missing = output().match(/missing: breakaway-local-(clickstream-hourly|segment-upload)\S* in \S+ \(.*\)/g);
    expect(missing).toHaveLength(9);
    expect(processesOf(folder)).toEqual([]);
    expect(readdirSync(folder)).not.toContain('tmp');
  });

  it('ends everything when it is asked to end on the way', async () => {
    running = startOnce();
    const { child, folder, exit } = running;
    await vi.waitFor(() => expect(readdirSync(folder)).toContain('package.log'), { timeout: 60_000, interval: 50 });

    child.kill('SIGTERM');

    const [code]: unknown[] = await exit;
    expect(code).toBe(130);
    expect(processesOf(folder)).toEqual([]);
    expect(readdirSync(folder)).not.toContain('tmp');
  });
});
