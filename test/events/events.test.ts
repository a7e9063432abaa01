import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../configuration/load.ts';
import { receive } from '../../functions/notify-failure/event.ts';
import { scopeOf } from '../../functions/rebind-emr-ui/event.ts';
import { arrivalsOf } from '../../functions/submit-batch-job/event.ts';
import { createMatcher } from '../../shared/feeds/match-feeds.ts';
import { readJobEvent } from '../../shared/jobs/job-event.ts';
import { queueRecords } from '../../shared/lambda/queue-records.ts';

const FOLDER = resolve(import.meta.dirname, '../../events');
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
const README = readFileSync(resolve(FOLDER, 'README.md'), 'utf8');

const read = (file: string) => JSON.parse(readFileSync(resolve(FOLDER, file), 'utf8'));

type Place = { readonly bucket: string; readonly key: string };
type S3Fields = { readonly bucket: { readonly name: string }; readonly object: { readonly key: string } };
/** An S3 message of either form, or an SQS record that holds one. */
type Message = { readonly body?: string; readonly s3?: S3Fields; readonly detail?: S3Fields };

const placeIn = ({ body, s3, detail }: Message): Place[] => {
  if (body !== undefined) {
    return placeIn(JSON.parse(body));
  }
  const encoded = s3 && { bucket: s3.bucket.name, key: decodeURIComponent(s3.object.key.replaceAll('+', ' ')) };
  const raw = detail && { bucket: detail.bucket.name, key: detail.object.key };
  return [encoded, raw].filter((place) => place !== undefined);
};

const placesIn = (event: Message & { readonly Records?: readonly Message[] }): Place[] =>
  (event.Records ?? [event]).flatMap(placeIn);

describe.each(FILES)('events/%s', (file) => {
  it('names the page that it comes from, as the table does', () => {
    const { _source: source } = read(file);

    expect(source).toMatch(/^https:\/\/docs\.aws\.amazon\.com\//);
    expect(README.split('\n').find((line) => line.startsWith(`| \`${file}\``))).toContain(source);
  });

  it('has the checksums that SQS would send', () => {
    for (const { body, md5OfBody } of read(file).Records ?? []) {
      expect(md5OfBody).toBe(body && createHash('md5').update(body).digest('hex'));
    }
  });
});

describe.each(FILES.filter((file) => file.startsWith('submit-batch-job')))('events/%s', (file) => {
  it('is about files that the shipped configuration waits for', async () => {
    const { configuration } = await loadConfiguration();
    const match = createMatcher(configuration.feeds);

    const matches = placesIn(read(file)).map((place) => match(place).length);

    expect(matches.length).toBeGreaterThan(0);
    expect(matches.filter((count) => count !== 1)).toEqual([]);
  });
});

const asSubmitBatchJob = (event: unknown): string[] =>
  queueRecords(event).flatMap((record) => arrivalsOf(record.event()).map(({ bucket, key }) => `${bucket}/${key}`));

const asTrackJobs = (event: unknown): string[] =>
  queueRecords(event).map((record) => {
    const { job } = readJobEvent(record.event());
    return `${job.name} ${job.status}`;
  });

const asNotifyFailure = (event: unknown): string[] =>
  queueRecords(event).map((record) => {
    const { kind, job, isForNotes } = receive(record.event(), record.queue);
    return `${kind}: ${job.name} ${job.status}${isForNotes ? ' (noted)' : ''}`;
  });

const asRebindEmrUi = (event: unknown): string[] => {
  const { changed, isDry } = scopeOf(event);
  return [`${changed?.name ?? 'all'}${isDry ? ', dry' : ''}`];
};

type Reader = (event: Readonly<Record<string, unknown>>) => string[];

/** Each file, the function that it is for, and what that reads in it. */
const READ: Readonly<Record<string, readonly [Reader, ...string[]]>> = {
  'notify-failure-array-child.json': [
    asNotifyFailure,
    'job changed: breakaway-local-northwind-catalog-20261122-0c44d1a9e7f2 FAILED',
  ],
  'notify-failure-array.json': [
    asNotifyFailure,
    'job changed: breakaway-local-northwind-catalog-20261122-0c44d1a9e7f2 FAILED',
  ],
  'notify-failure-cascades-sqs.json': [asNotifyFailure, 'job changed: nightly-report FAILED (noted)'],
  'notify-failure-container.json': [
    asNotifyFailure,
    'job changed: breakaway-local-northwind-sales-20261122-5a1f0c9d3b7e FAILED',
  ],
  'notify-failure-dependency.json': [asNotifyFailure, 'job changed: nightly-report FAILED'],
  'notify-failure-host.json': [asNotifyFailure, 'job changed: nightly-report FAILED'],
  'notify-failure-image.json': [asNotifyFailure, 'job changed: nightly-report FAILED'],
  'notify-failure-never-started.json': [asNotifyFailure, 'job changed: nightly-report FAILED'],
  'notify-failure-nodes.json': [asNotifyFailure, 'job changed: nightly-report FAILED'],
  'notify-failure-out-of-memory.json': [asNotifyFailure, 'job changed: nightly-report FAILED'],
  'notify-failure-pod.json': [asNotifyFailure, 'job changed: nightly-report FAILED'],
  'notify-failure-queue-blocked-undetermined.json': [asNotifyFailure, 'queue blocked: nightly-report RUNNABLE'],
  'notify-failure-queue-blocked.json': [asNotifyFailure, 'queue blocked: nightly-report RUNNABLE'],
  'notify-failure-service-job.json': [asNotifyFailure, 'job changed: train-ranking FAILED'],
  'notify-failure-service-queue-blocked.json': [asNotifyFailure, 'queue blocked: train-ranking RUNNABLE'],
  'notify-failure-several-containers.json': [asNotifyFailure, 'job changed: nightly-report FAILED'],
  'notify-failure-spot.json': [asNotifyFailure, 'job changed: nightly-report FAILED'],
  'notify-failure-sqs.json': [
    asNotifyFailure,
    'job changed: breakaway-local-northwind-sales-20261122-5a1f0c9d3b7e FAILED',
  ],
  'notify-failure-terminated.json': [asNotifyFailure, 'job changed: nightly-report FAILED'],
  'notify-failure-time-limit.json': [asNotifyFailure, 'job changed: nightly-report FAILED'],
  'notify-failure-timeout.json': [asNotifyFailure, 'job changed: nightly-report FAILED'],
  'rebind-emr-ui-dry-run.json': [asRebindEmrUi, 'all, dry'],
  'rebind-emr-ui-schedule.json': [asRebindEmrUi, 'all'],
  'rebind-emr-ui-terminated.json': [asRebindEmrUi, 'recommendation-20261122'],
  'rebind-emr-ui-waiting.json': [asRebindEmrUi, 'recommendation-20261122'],
  'submit-batch-job-eventbridge.json': [
    asSubmitBatchJob,
    'northwind-landing/catalog/2026/11/22/products_shibuya.tsv.gz',
  ],
  'submit-batch-job-s3.json': [asSubmitBatchJob, 'clickstream-landing/segments/spring sale (kids, café).csv'],
  'submit-batch-job-sqs.json': [
    asSubmitBatchJob,
    'northwind-landing/sales/20261122/orders_shinjuku.tsv.gz',
    'northwind-landing/sales/20261122/_SUCCESS',
  ],
  'track-jobs-running.json': [asTrackJobs, 'breakaway-local-northwind-sales-20261122-5a1f0c9d3b7e RUNNING'],
  'track-jobs-sqs.json': [
    asTrackJobs,
    'breakaway-local-northwind-sales-20261122-5a1f0c9d3b7e RUNNING',
    'breakaway-local-northwind-sales-20261122-5a1f0c9d3b7e SUCCEEDED',
  ],
};

describe('the event reader of the function', () => {
  it('is known for every file, but for the ticks of functions that read nothing of them', () => {
    const ticks = ['aggregate-emr-metrics', 'check-arrivals', 'count-stuck-jobs'].map(
      (name) => `${name}-schedule.json`,
    );

    expect([...Object.keys(READ), ...ticks].toSorted()).toEqual(FILES.toSorted());
  });

  it.each(Object.entries(READ))('reads %s', (file, [reader, ...expected]) => {
    expect(reader(read(file))).toEqual(expected);
  });
});
