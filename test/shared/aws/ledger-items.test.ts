import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arrivalItem,
  arrivalItemKey,
  arrivalOf,
  CURRENT,
  FILE,
  filledAttribute,
  generationItemKey,
  isSuccessItem,
  JOB_ATTRIBUTES,
  jobItemKey,
  newRunAttributes,
  runItemKey,
  runKeyAttributes,
  runKeyOf,
  runOf,
  runPartition,
  slotOf,
  sourceGenerationOf,
  successItem,
  successItemKey,
} from '../../../shared/aws/ledger-items.ts';
import { type RunKey, runKeyId } from '../../../shared/feeds/run-key.ts';
import { aClaim, anArrival, aRun } from '../../support/builders.ts';
import { aClaimedRunItem, anArrivalItem, aRunItem } from '../../support/ledger-builders.ts';

const NOW = new Date('2026-11-22T03:00:00.000Z');
const key: RunKey = { feed: 'sales', date: '2026-11-22', values: {} };

const runKeys = fc.record(
  {
    feed: fc.stringMatching(/^[a-z0-9-]{1,20}$/),
    date: fc.constantFrom('2026', '2026-11-22', '2026-11-22T05'),
    values: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string({ unit: 'grapheme' }), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  },
  { requiredKeys: ['feed', 'values'], noNullPrototype: true },
);

describe('keys', () => {
  it('can be read and found by a person', () => {
    expect(runItemKey(key)).toEqual({ pk: 'RUN#sales@2026-11-22', sk: 'CURRENT' });
    expect(generationItemKey(key, 12)).toEqual({ pk: 'RUN#sales@2026-11-22', sk: 'GEN#000012' });
    expect(jobItemKey('a-job')).toEqual({ pk: 'JOB#a-job', sk: 'JOB' });
  });

  it('sort the run before its arrivals, and its earlier generations after them', () => {
    const sortKeys = [CURRENT, arrivalItemKey(key, anArrival())['sk'] ?? '', generationItemKey(key, 1)['sk'] ?? ''];

    expect([...sortKeys].sort()).toEqual(sortKeys);
    expect(sortKeys[1]?.startsWith(FILE)).toBe(true);
  });

  it('stay within what DynamoDB takes, however long the captures', () => {
    const long = (last: string): RunKey => ({ feed: 'sales', values: { object: `${'é'.repeat(1_000)}${last}` } });

    expect(Buffer.byteLength(runPartition(long('a')))).toBeLessThanOrEqual(2_048);
    expect(runPartition(long('a'))).not.toBe(runPartition(long('b')));
    expect(Buffer.byteLength(arrivalItemKey(key, anArrival({ key: 'k'.repeat(1_024) }))['sk'] ?? '')).toBeLessThan(
      1_024,
    );
  });

  it('are the same for two arrivals only if slot, bucket and key are', () => {
    const [one, sameKey, otherSlot, otherBucket, otherKey] = [
      anArrival(),
      anArrival({ etag: 'etag-2' }),
      anArrival({ slot: 'complete' }),
      anArrival({ bucket: 'elsewhere' }),
      anArrival({ key: 'orders_osaka' }),
    ].map((arrival) => arrivalItemKey(key, arrival)['sk']);

    expect(sameKey).toBe(one);
    expect(new Set([one, otherSlot, otherBucket, otherKey]).size).toBe(4);
  });
});

describe('a run key', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(runKeys, (run) => {
        expect(runKeyOf(runKeyAttributes(run))).toEqual(run);
      }),
    );
  });
});

describe('runOf', () => {
  it('reads a run that waits', () => {
    expect(runOf(aRunItem())).toEqual(aRun());
  });

  it('reads a claim with the request that is frozen in it', () => {
    expect(runOf(aClaimedRunItem())).toEqual(aRun({ state: 'claimed', claim: aClaim() }));
  });

  it('reads what else there may be: an empty look-up, a job, a refusal, a wish for a rerun', () => {
    const item = aClaimedRunItem({
      state: 'refused',
      emptyLookupAt: '2026-11-22T03:06:00.000Z',
      emptyLookupBy: 'me',
      jobId: 'job-1',
      submittedAt: '2026-11-22T03:00:01.000Z',
      refusal: 'ClientException: no such queue',
      rerunRequestedAt: '2026-11-22T03:07:00.000Z',
    });

    expect(runOf(item)).toEqual(
      aRun({
        state: 'refused',
        claim: aClaim({ emptyLookup: { at: new Date('2026-11-22T03:06:00.000Z'), by: 'me' } }),
        job: { id: 'job-1', submittedAt: new Date('2026-11-22T03:00:01.000Z') },
        refusal: 'ClientException: no such queue',
        rerunRequestedAt: new Date('2026-11-22T03:07:00.000Z'),
      }),
    );
  });

  it('reads what is known of a job', () => {
    const item = aRunItem({
      state: 'failed',
      jobId: 'job-1',
      submittedAt: '2026-11-22T03:00:01.000Z',
      attempts: 2,
      startedAt: '2026-11-22T03:01:00.000Z',
      stoppedAt: '2026-11-22T03:09:00.000Z',
      exitCode: 137,
      jobReason: 'OutOfMemoryError: Container killed due to memory usage',
      progressPercent: 40,
      progressText: 'loading shops',
      progressAt: '2026-11-22T03:05:00.000Z',
      jobUnknownSince: '2026-11-22T03:30:00.000Z',
    });

    expect(runOf(item)).toEqual(
      aRun({
        state: 'failed',
        job: {
          id: 'job-1',
          submittedAt: new Date('2026-11-22T03:00:01.000Z'),
          attempts: 2,
          startedAt: new Date('2026-11-22T03:01:00.000Z'),
          stoppedAt: new Date('2026-11-22T03:09:00.000Z'),
          exitCode: 137,
          reason: 'OutOfMemoryError: Container killed due to memory usage',
          progress: { percent: 40, text: 'loading shops', at: new Date('2026-11-22T03:05:00.000Z') },
          unknownSince: new Date('2026-11-22T03:30:00.000Z'),
        },
      }),
    );
    expect(JOB_ATTRIBUTES.every((name) => name in item)).toBe(true);
  });

  it.each([
    ['submittedAt', undefined],
    ['attempts', 'two'],
    ['stoppedAt', 'later'],
    ['exitCode', '0'],
    ['progressPercent', undefined],
  ])('names the item and the attribute when %s of a job is %o', (name, value) => {
    const { [name]: _, ...item } = aRunItem({
      jobId: 'job-1',
      submittedAt: '2026-11-22T03:00:01.000Z',
      progressAt: '2026-11-22T03:05:00.000Z',
      progressText: '',
      progressPercent: 1,
    });

    expect(() => runOf(value === undefined ? item : { ...item, [name]: value })).toThrow(
      new Error(`Ledger item RUN#sales@2026-11-22 CURRENT has no usable ${name}`),
    );
  });

  it('reads the count of every slot, whatever its name', () => {
    const item = aRunItem({ [filledAttribute('a:b')]: 0 });

    expect(runOf(item).filled).toEqual(
      new Map([
        ['orders', 1],
        ['a:b', 0],
      ]),
    );
  });

  it.each([
    ['feed', undefined],
    ['values', undefined],
    ['state', 'asleep'],
    ['state', undefined],
    ['generation', 'one'],
    ['revision', undefined],
    ['openedAt', undefined],
    ['openedAt', 'yesterday'],
    ['leaseUntil', 'soon'],
    ['filled:orders', '1'],
  ])('names the item and the attribute when %s is %o', (name, value) => {
    const { [name]: _, ...item } = aClaimedRunItem();

    expect(() => runOf(value === undefined ? item : { ...item, [name]: value })).toThrow(
      new Error(`Ledger item RUN#sales@2026-11-22 CURRENT has no usable ${name}`),
    );
  });
});

describe('an arrival', () => {
  it('is read back as it was written, with the time it came', () => {
    const arrival = anArrival({ fills: false, sizeBytes: 0 });
    const item = arrivalItem(key, arrival, NOW);

    expect(arrivalOf(item)).toEqual(arrival);
    expect(item['arrivedAt']).toEqual(NOW.toISOString());
    expect(item['pk']).toEqual(runPartition(key));
  });

  it('counts only if its item says so', () => {
    expect(arrivalOf(anArrivalItem())).toEqual(anArrival());
    expect(arrivalOf(anArrivalItem({ fills: 'true' })).fills).toBe(false);
  });
});

describe('successes', () => {
  const success = { slot: 'catalog', source: { feed: 'catalog', date: '2026-11-22', values: {} }, generation: 3 };

  it('lie between the run and its arrivals, and tell their slot and generation', () => {
    const item = successItem(key, success, NOW);

    expect(isSuccessItem(item)).toBe(true);
    expect(isSuccessItem(anArrivalItem())).toBe(false);
    expect(isSuccessItem({})).toBe(false);
    expect([slotOf(item), sourceGenerationOf(item)]).toEqual(['catalog', 3]);
    expect([CURRENT, item['sk'], anArrivalItem()['sk']].toSorted()).toEqual([
      CURRENT,
      item['sk'],
      anArrivalItem()['sk'],
    ]);
  });

  it('of two runs never lie in the same place', () => {
    fc.assert(
      fc.property(runKeys, runKeys, (one, other) => {
        const places = [one, other].map((source) => successItemKey(key, { slot: 'catalog', source })['sk']);

        expect(places[0] === places[1]).toBe(runKeyId(one) === runKeyId(other));
      }),
    );
  });
});

describe('a new run', () => {
  it('has its place among the others by its date, or by when it was opened', () => {
    expect(newRunAttributes(key, NOW)['runAt']).toEqual('2026-11-22');
    expect(newRunAttributes({ feed: 'segments', values: {} }, NOW)['runAt']).toEqual(NOW.toISOString());
  });

  it('tells when it would have been submitted', () => {
    expect(runOf(aRunItem({ wouldSubmitAt: NOW.toISOString() }))).toMatchObject({ wouldSubmitAt: NOW });
  });
});
