/**
 * The failures of the measurement, as SQS hands them over: copies of the events of `events/`, each
 * with an id of its own.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const EVENTS = join(import.meta.dirname, '../../events');

/** The most records of one invocation, as in `serverless.yml`. */
export const BATCH_SIZE = 100;

export const ARRAY_ID = 'b9d1b6c4-7a51-4f0e-9a43-0c2f2f1c2a10';

export type Batch = {
  readonly Records: readonly { readonly messageId: string; readonly eventSourceARN: string; readonly body: string }[];
};

const eventOf = (name: string) => JSON.parse(readFileSync(join(EVENTS, `notify-failure-${name}.json`), 'utf8'));

const records = (bodies: readonly string[]): Batch => ({
  Records: bodies.map((body, index) => ({
    messageId: `message-${index}`,
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:ap-northeast-1:123456789012:breakaway-bench-job-failures',
    body,
  })),
});

const batches = (bodies: readonly string[]): Batch[] =>
  Array.from({ length: Math.ceil(bodies.length / BATCH_SIZE) }, (_, index) =>
    records(bodies.slice(index * BATCH_SIZE, (index + 1) * BATCH_SIZE)),
  );

/** Each child of an array job has failed. */
export const children = (count: number): Batch[] => {
  const { detail, ...event } = eventOf('array-child');
  return batches(
    Array.from({ length: count }, (_, index) =>
      JSON.stringify({
        ...event,
        detail: { ...detail, jobId: `${ARRAY_ID}:${index}`, arrayProperties: { index, statusSummary: {} } },
      }),
    ),
  );
};

/** The array job has ended. */
export const arrayEnd = (count: number): Batch => {
  const { detail, ...event } = eventOf('array');
  const arrayProperties = { size: count, statusSummary: { FAILED: count } };
  return records([JSON.stringify({ ...event, detail: { ...detail, jobId: ARRAY_ID, arrayProperties } })]);
};

/** Jobs of one queue that have nothing to do with one another have failed. */
export const unrelated = (count: number): Batch[] => {
  const { detail, ...event } = eventOf('out-of-memory');
  return batches(
    Array.from({ length: count }, (_, index) =>
      JSON.stringify({ ...event, detail: { ...detail, jobId: `job-${index}`, jobName: `nightly-${index}` } }),
    ),
  );
};

/** A page of the children that failed, as `ListJobs` answers. */
export const listedChildren = (from: number, size: number) =>
  Array.from({ length: size }, (_, index) => ({
    jobId: `${ARRAY_ID}:${from + index}`,
    status: 'FAILED',
    statusReason: 'Essential container in task exited',
    startedAt: 1_795_300_000_000,
    stoppedAt: 1_795_300_060_000 + from + index,
    container: { exitCode: (from + index) % 7 === 3 ? 137 : 1 },
  }));
