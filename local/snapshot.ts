/** A snapshot of the ledger and of Batch: files, runs and jobs. */
import { BatchClient, paginateDescribeJobQueues, paginateListJobs } from '@aws-sdk/client-batch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { dateIn } from '../shared/aws/item-attributes.ts';
import { arrivalOf, CURRENT, FILE, runOf } from '../shared/aws/ledger-items.ts';
import type { Item } from '../shared/aws/table.ts';
import { runKeyId } from '../shared/feeds/run-key.ts';
import type { Arrival, Run } from '../shared/runs/run.ts';
import type { ActualJob } from './expected-jobs.ts';
import { clientSettings, type LocalAws } from './local-aws.ts';
import { LEDGER_TABLE } from './stack-names.ts';

export type SeenArrival = Arrival & { readonly arrivedAt: Date };

export type SeenRun = { readonly id: string; readonly run: Run; readonly arrivals: readonly SeenArrival[] };

export type SeenJob = ActualJob & { readonly status: string; readonly createdAt: Date };

export type Snapshot = { readonly runs: readonly SeenRun[]; readonly jobs: readonly SeenJob[] };

const readItems = async (client: DynamoDBDocumentClient): Promise<Item[]> => {
  const items: Item[] = [];
  for await (const { Items: page = [] } of paginateScan(
    { client },
    { TableName: LEDGER_TABLE, ConsistentRead: true },
  )) {
    items.push(...page);
  }
  return items;
};

const runsOf = (items: readonly Item[]): SeenRun[] => {
  const arrivals = Map.groupBy(
    items.filter(({ sk }) => typeof sk === 'string' && sk.startsWith(FILE)),
    ({ pk }) => pk,
  );
  return items
    .filter(({ sk }) => sk === CURRENT)
    .map((item) => {
      const run = runOf(item);
      const ofRun = arrivals.get(item['pk']) ?? [];
      return {
        id: runKeyId(run.key),
        run,
        arrivals: ofRun
          .map((arrival) => ({ ...arrivalOf(arrival), arrivedAt: dateIn(arrival, 'arrivedAt') }))
          .sort((one, other) => one.arrivedAt.getTime() - other.arrivedAt.getTime()),
      };
    })
    .sort((one, other) => (one.id < other.id ? -1 : 1));
};

const readJobs = async (client: BatchClient): Promise<SeenJob[]> => {
  const jobs: SeenJob[] = [];
  for await (const { jobQueues = [] } of paginateDescribeJobQueues({ client }, {})) {
    for (const { jobQueueName: queue = '' } of jobQueues) {
      // With a filter, ListJobs returns the jobs in every status.
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

/** Makes a function that reads a new snapshot. */
export const createSnapshotReader = ({
  endpoint,
  batchEndpoint,
}: Pick<LocalAws, 'endpoint' | 'batchEndpoint'>): (() => Promise<Snapshot>) => {
  const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(clientSettings(endpoint)));
  const batch = new BatchClient(clientSettings(batchEndpoint));
  return async () => {
    // Jobs after runs, so that a run with a job never appears without it.
    const runs = runsOf(await readItems(dynamo));
    return { runs, jobs: await readJobs(batch) };
  };
};
