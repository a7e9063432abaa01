/** Items as they lie in the ledger table; each call returns a fresh one. */
import type { Item } from '../../shared/aws/ledger-items.ts';

/** A run that waits, in its first generation. */
export const aRunItem = (differences: Item = {}): Item => ({
  pk: { S: 'RUN#sales@2026-11-22' },
  sk: { S: 'CURRENT' },
  feed: { S: 'sales' },
  date: { S: '2026-11-22' },
  values: { S: '{}' },
  state: { S: 'waiting' },
  generation: { N: '1' },
  revision: { N: '1' },
  openedAt: { S: '2026-11-22T02:59:00.000Z' },
  updatedAt: { S: '2026-11-22T02:59:00.000Z' },
  'filled:orders': { N: '1' },
  candidate: { S: 'RUN' },
  candidateAt: { S: '2026-11-22T03:04:00.000Z' },
  ...differences,
});

/** What a claim adds to a run's item. */
export const aClaimedRunItem = (differences: Item = {}): Item =>
  aRunItem({
    state: { S: 'claimed' },
    owner: { S: 'owner-1' },
    claimedAt: { S: '2026-11-22T03:00:00.000Z' },
    leaseUntil: { S: '2026-11-22T03:05:00.000Z' },
    request: {
      S: '{"jobName":"breakaway-test-sales-20261122-0123456789ab","jobQueue":"etl","jobDefinition":"import-sales"}',
    },
    jobName: { S: 'breakaway-test-sales-20261122-0123456789ab' },
    queue: { S: 'etl' },
    ...differences,
  });

export const anArrivalItem = (differences: Item = {}): Item => ({
  pk: { S: 'RUN#sales@2026-11-22' },
  sk: { S: 'FILE#orders#2f6c' },
  slot: { S: 'orders' },
  bucket: { S: 'landing' },
  key: { S: 'sales/20261122/orders_tokyo.tsv.gz' },
  etag: { S: 'etag-1' },
  sizeBytes: { N: '1000' },
  fills: { BOOL: true },
  arrivedAt: { S: '2026-11-22T02:59:00.000Z' },
  ...differences,
});
