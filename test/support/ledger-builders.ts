/** Items of the ledger table. Each call returns a fresh one. */
import type { Item } from '../../shared/aws/table.ts';

/** A run that waits, in its first generation. */
export const aRunItem = (differences: Item = {}): Item => ({
  pk: 'RUN#sales@2026-11-22',
  sk: 'CURRENT',
  feed: 'sales',
  date: '2026-11-22',
  values: '{}',
  state: 'waiting',
  generation: 1,
  revision: 1,
  openedAt: '2026-11-22T02:59:00.000Z',
  updatedAt: '2026-11-22T02:59:00.000Z',
  'filled:orders': 1,
  candidate: 'RUN',
  candidateAt: '2026-11-22T03:04:00.000Z',
  ...differences,
});

/** A run that is claimed. */
export const aClaimedRunItem = (differences: Item = {}): Item =>
  aRunItem({
    state: 'claimed',
    owner: 'owner-1',
    claimedAt: '2026-11-22T03:00:00.000Z',
    leaseUntil: '2026-11-22T03:05:00.000Z',
    request: '{"jobName":"breakaway-test-sales-20261122-0123456789ab","jobQueue":"etl","jobDefinition":"import-sales"}',
    jobName: 'breakaway-test-sales-20261122-0123456789ab',
    queue: 'etl',
    ...differences,
  });

export const anArrivalItem = (differences: Item = {}): Item => ({
  pk: 'RUN#sales@2026-11-22',
  sk: 'FILE#orders#2f6c',
  slot: 'orders',
  bucket: 'landing',
  key: 'sales/20261122/orders_tokyo.tsv.gz',
  etag: 'etag-1',
  sizeBytes: 1_000,
  fills: true,
  arrivedAt: '2026-11-22T02:59:00.000Z',
  ...differences,
});
