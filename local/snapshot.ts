/** What S3, the ledger and Batch hold at one moment: the files of each run, the runs, and their jobs. */
import { BatchClient, paginateDescribeJobQueues, paginateListJobs } from '@aws-sdk/client-batch';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Configuration } from '../configuration/configuration.ts';
import { CURRENT, runOf } from '../shared/aws/ledger-items.ts';
import { sourceRuns } from '../shared/feeds/dependents.ts';
import type { Feed } from '../shared/feeds/feed.ts';
import { createMatcher } from '../shared/feeds/match-feeds.ts';
import { runKeyId } from '../shared/feeds/run-key.ts';
import { usableGeneration } from '../shared/runs/observe-run.ts';
import type { Run } from '../shared/runs/run.ts';
import type { ActualJob } from './expected-jobs.ts';
import { clientSettings, type LocalAws } from './local-aws.ts';
import { landingBuckets } from './seed.ts';
import { LEDGER_TABLE } from './stack-names.ts';

/** A file in S3 that belongs to a slot of a run. */
export type SeenFile = {
  readonly slot: string;
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
  readonly sizeBytes: number;
  readonly writtenAt: Date;
};

/** A run, its files, and how many files or runs fill each of its slots. */
export type SeenRun = {
  readonly id: string;
  readonly run: Run;
  readonly files: readonly SeenFile[];
  readonly filled: ReadonlyMap<string, number>;
};

export type SeenJob = ActualJob & { readonly status: string; readonly createdAt: Date };

export type Snapshot = { readonly runs: readonly SeenRun[]; readonly jobs: readonly SeenJob[] };

const readRuns = async (client: DynamoDBClient): Promise<Run[]> => {
  const runs: Run[] = [];
  const input = { TableName: LEDGER_TABLE, ConsistentRead: true };
  for await (const { Items: page = [] } of paginateScan({ client }, input)) {
    runs.push(...page.filter(({ sk }) => sk?.S === CURRENT).map((item) => runOf(unmarshall(item))));
  }
  return runs.sort((one, other) => (runKeyId(one.key) < runKeyId(other.key) ? -1 : 1));
};

/** Reads the files of every run, by the name of the run. */
const readFiles = async (client: S3Client, configuration: Configuration): Promise<Map<string, SeenFile[]>> => {
  const match = createMatcher(configuration.feeds);
  const files = new Map<string, SeenFile[]>();
  for (const bucket of landingBuckets(configuration)) {
    for await (const { Contents: objects = [] } of paginateListObjectsV2({ client }, { Bucket: bucket })) {
      for (const { Key: key = '', Size: sizeBytes = 0, ETag = '', LastModified: writtenAt = new Date(0) } of objects) {
        for (const { slot, run } of match({ bucket, key, sizeBytes })) {
          const file = { slot: slot.name, bucket, key, etag: ETag.replaceAll('"', ''), sizeBytes, writtenAt };
          files.set(runKeyId(run), [...(files.get(runKeyId(run)) ?? []), file]);
        }
      }
    }
  }
  return files;
};

const countFilled = (
  feed: Feed | undefined,
  run: Run,
  files: readonly SeenFile[],
  feeds: readonly Feed[],
  runs: ReadonlyMap<string, Run>,
): Map<string, number> =>
  new Map(
    feed?.slots.map((slot) => {
      const sources = slot.kind === 'feed' ? sourceRuns(slot, run.key, feeds) : [];
      const usable = sources.filter((key) => usableGeneration(runs.get(runKeyId(key)), feed.shadow) !== undefined);
      const large = files.filter(
        (file) => file.slot === slot.name && slot.kind === 'files' && file.sizeBytes >= slot.minBytes,
      );
      return [slot.name, usable.length + large.length] as const;
    }),
  );

const seenRuns = (runs: readonly Run[], files: ReadonlyMap<string, SeenFile[]>, feeds: readonly Feed[]): SeenRun[] => {
  const byId = new Map(runs.map((run) => [runKeyId(run.key), run]));
  return runs.map((run) => {
    const id = runKeyId(run.key);
    const own = (files.get(id) ?? []).toSorted((one, other) => one.writtenAt.getTime() - other.writtenAt.getTime());
    const feed = feeds.find(({ name }) => name === run.key.feed);
    return { id, run, files: own, filled: countFilled(feed, run, own, feeds, byId) };
  });
};

const readJobs = async (client: BatchClient): Promise<SeenJob[]> => {
  const jobs: SeenJob[] = [];
  for await (const { jobQueues = [] } of paginateDescribeJobQueues({ client }, {})) {
    for (const { jobQueueName: queue = '' } of jobQueues) {
      // With a filter, the jobs of every status are listed.
      const all = { jobQueue: queue, filters: [{ name: 'JOB_NAME', values: ['*'] }] };
      for await (const { jobSummaryList = [] } of paginateListJobs({ client }, all)) {
        jobs.push(
          ...jobSummaryList.map(({ jobId = '', jobName = '', status = '', createdAt = Number.NaN }) => ({
            id: jobId,
            name: jobName,
            queue,
            status,
            createdAt: new Date(createdAt),
          })),
        );
      }
    }
  }
  return jobs.sort((one, other) => one.createdAt.getTime() - other.createdAt.getTime());
};

/** Makes the function that reads S3, the ledger and Batch; it remembers nothing from one call to the next. */
export const createSnapshotReader = (
  { endpoint, batchEndpoint }: Pick<LocalAws, 'endpoint' | 'batchEndpoint'>,
  configuration: Configuration,
): (() => Promise<Snapshot>) => {
  const dynamo = new DynamoDBClient(clientSettings(endpoint));
  const s3 = new S3Client(clientSettings(endpoint));
  const batch = new BatchClient(clientSettings(batchEndpoint));
  return async () => {
    // Files before runs, and jobs after them: a run that has its job is never shown without it.
    const files = await readFiles(s3, configuration);
    const runs = seenRuns(await readRuns(dynamo), files, configuration.feeds);
    return { runs, jobs: await readJobs(batch) };
  };
};
