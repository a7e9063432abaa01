/** What `shared/runs/ledger.ts` promises, held on a table in memory and on a real DynamoDB. */
import { randomUUID } from 'node:crypto';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { createLedger } from '../../shared/aws/ledger.ts';
import { runItemKey } from '../../shared/aws/ledger-items.ts';
import type { Table } from '../../shared/aws/table.ts';
import { MINUTE_MS } from '../../shared/durations.ts';
import type { RunKey } from '../../shared/feeds/run-key.ts';
import { later } from '../../shared/instants.ts';
import type { JobObservation, JobState } from '../../shared/runs/job-observation.ts';
import { type NewClaim, UnreadableItemError } from '../../shared/runs/ledger.ts';
import type { Claim, Run } from '../../shared/runs/run.ts';

const { signal } = new AbortController();
const NOW = new Date('2026-11-22T03:00:00.000Z');
const at = (minutes: number): Date => later(NOW, minutes * MINUTE_MS);

const aKey = (): RunKey => ({ feed: `feed-${randomUUID()}`, date: '2026-11-22', values: { shop: 'tokyo' } });

const aClaim = (over: Partial<Claim> = {}): Claim => ({
  owner: randomUUID(),
  claimedAt: NOW,
  leaseUntil: at(6),
  jobName: `job-${randomUUID()}`,
  queue: 'etl',
  definition: 'import',
  ...over,
});

const aNewClaim = (over: Partial<NewClaim> = {}): NewClaim => ({
  claim: aClaim(),
  generation: 1,
  judged: { listing: 'listing', slots: 'slots' },
  document: { kind: 'inline', data: new Uint8Array([1, 2, 3]) },
  fileCount: 2,
  ...over,
});

const observed = (state: JobState, over: Partial<JobObservation> = {}): JobObservation => ({
  jobId: 'job-1',
  state,
  attempts: 1,
  submittedAt: NOW,
  ...over,
});

/** Holds a table to the contract of the ledger. */
export const describeLedger = (name: string, tableOf: () => Table): void => {
  const table = (): Table => tableOf();
  const ledger = () => createLedger({ tableName: 'unused' }, table());
  const read = async (key: RunKey): Promise<Run> => {
    const run = await ledger().read(key, signal);
    if (run === undefined) throw new Error('no such run');
    return run;
  };
  const touched = async (key = aKey()): Promise<Run> => (await ledger().touch(key, NOW, signal)).run;
  const claimed = async (key = aKey(), over: Partial<NewClaim> = {}): Promise<{ run: Run; claim: Claim }> => {
    const run = await touched(key);
    const claim = aNewClaim(over);
    expect(await ledger().claim(run, claim, signal)).toBe(true);
    return { run: await read(key), claim: claim.claim };
  };
  const ended = async (state: 'succeeded' | 'failed' = 'succeeded'): Promise<Run> => {
    const { run, claim } = await claimed();
    await ledger().recordSubmission(run, claim, { id: 'job-1' }, undefined, NOW, signal);
    await ledger().recordJob(run.key, 1, observed(state), NOW, signal);
    return read(run.key);
  };

  describe(`the ledger on ${name}: touch`, () => {
    it('creates a run, due now, and counts', async () => {
      const key = aKey();

      const first = await ledger().touch(key, NOW, signal);

      expect(first).toEqual({
        run: { key, generation: 1, state: 'waiting', openedAt: NOW, touched: 1, attempt: 0, evaluateAt: NOW },
        isFirst: true,
      });
      expect(await ledger().touch(key, at(1), signal)).toMatchObject({ run: { touched: 2, evaluateAt: NOW }, isFirst: false });
    });

    it('brings a due time nearer, and never postpones it', async () => {
      const key = aKey();
      await ledger().open(key, at(60), NOW, signal);

      expect(await ledger().touch(key, at(5), signal)).toMatchObject({ run: { evaluateAt: at(5) }, isFirst: true });
      expect(await ledger().touch(key, at(9), signal)).toMatchObject({ run: { evaluateAt: at(5) }, isFirst: false });
    });

    it('makes a run due that was not', async () => {
      const run = await touched();
      await ledger().note(run, { evaluateAt: undefined }, signal);

      expect(await ledger().touch(run.key, at(1), signal)).toMatchObject({ run: { evaluateAt: at(1) }, isFirst: true });
    });

    it('counts each of many at once', async () => {
      const key = aKey();

      await Promise.all(Array.from({ length: 20 }, () => ledger().touch(key, NOW, signal)));

      expect(await read(key)).toMatchObject({ touched: 20 });
    });
  });

  describe(`the ledger on ${name}: open, begin, note`, () => {
    it('opens a run once, and leaves one alone that is there', async () => {
      const key = aKey();

      expect(await ledger().open(key, at(10), NOW, signal)).toBe(true);
      expect(await ledger().open(key, at(20), NOW, signal)).toBe(false);
      expect(await read(key)).toMatchObject({ touched: 0, evaluateAt: at(10) });
    });

    it('begins a due run by putting it off, once', async () => {
      const run = await touched();

      expect(await ledger().begin(run.key, at(1), at(2), signal)).toMatchObject({ isDue: true, run: { evaluateAt: at(2) } });
      expect(await ledger().begin(run.key, at(1), at(3), signal)).toMatchObject({ isDue: false, run: { evaluateAt: at(2) } });
      expect(await ledger().begin(aKey(), at(1), at(2), signal)).toBeUndefined();
    });

    it('is due again when it is touched after it was begun', async () => {
      const run = await touched();
      await ledger().begin(run.key, at(1), at(2), signal);

      expect(await ledger().touch(run.key, at(1), signal)).toMatchObject({ isFirst: true, run: { evaluateAt: at(1) } });
    });

    it('notes nothing when the run was touched since it was read', async () => {
      const run = await touched();
      await ledger().touch(run.key, at(1), signal);

      expect(await ledger().note(run, { evaluateAt: at(60) }, signal)).toBe(false);
      expect(await read(run.key)).toMatchObject({ evaluateAt: NOW });
    });

    it('notes, keeps what is left out, and takes away what is undefined', async () => {
      const run = await touched();
      const judged = { listing: 'a', slots: 'b', changes: 'c' };
      const lastListing = { digest: 'd', since: at(1) };

      await ledger().note(run, { evaluateAt: at(5), judged, lastListing, heldAt: at(1), changedAt: at(2), isResult: true }, signal);
      expect(await read(run.key)).toMatchObject({ judged, lastListing, heldAt: at(1), changedAt: at(2), comparedTouch: 1 });
      await ledger().note(run, { evaluateAt: undefined, heldAt: undefined, lastListing: undefined }, signal);

      expect(await read(run.key)).toEqual({
        key: run.key,
        generation: 1,
        state: 'waiting',
        openedAt: NOW,
        touched: 1,
        attempt: 0,
        judged,
        changedAt: at(2),
        comparedTouch: 1,
      });
    });
  });

  describe(`the ledger on ${name}: claims`, () => {
    it('lets one of two claim', async () => {
      const run = await touched();

      const won = await Promise.all([1, 2].map(() => ledger().claim(run, aNewClaim(), signal)));

      expect(won.toSorted()).toEqual([false, true]);
      expect(await read(run.key)).toMatchObject({ state: 'claimed', attempt: 1, evaluateAt: at(6), comparedTouch: 1 });
    });

    it('is not broken by a touch, which stays due', async () => {
      const run = await touched();
      await ledger().begin(run.key, NOW, at(1), signal);
      await ledger().touch(run.key, NOW, signal);

      expect(await ledger().claim(run, aNewClaim(), signal)).toBe(true);
      expect(await read(run.key)).toMatchObject({ state: 'claimed', evaluateAt: NOW, touched: 2, comparedTouch: 1 });
    });

    it('does not take a released claim with an older reading', async () => {
      const before = await touched();
      const claim = aNewClaim();
      await ledger().claim(before, claim, signal);
      await ledger().release(await read(before.key), claim.claim, at(1), signal);

      expect(await read(before.key)).toMatchObject({ state: 'waiting', attempt: 1, evaluateAt: at(1) });
      expect(await ledger().claim(before, aNewClaim(), signal)).toBe(false);
    });

    it('is taken over from its owner, once', async () => {
      const { run } = await claimed();
      const next = aClaim({ leaseUntil: at(20) });

      expect(await ledger().takeOver(run, next, signal)).toBe(true);
      expect(await ledger().takeOver(run, aClaim(), signal)).toBe(false);
      expect((await read(run.key)).claim).toEqual(next);
    });

    it('keeps the first empty look-up', async () => {
      const { run, claim } = await claimed();

      await ledger().noteEmptyLookup(run, claim, at(7), 'one', at(8), signal);
      await ledger().noteEmptyLookup(run, claim, at(9), 'two', at(10), signal);

      expect(await read(run.key)).toMatchObject({ claim: { emptyLookup: { at: at(7), by: 'one' } }, evaluateAt: at(10) });
    });

    it('records the submission of its owner only', async () => {
      const { run, claim } = await claimed();
      const record = (owner: Claim) => ledger().recordSubmission(run, owner, { id: 'job-1' }, at(360), NOW, signal);

      expect(await record(aClaim())).toMatchObject({ state: 'claimed' });
      expect(await record(claim)).toBe('recorded');
      expect(await read(run.key)).toMatchObject({ state: 'submitted', job: { id: 'job-1' }, evaluateAt: at(360) });
      expect(await record(claim)).toMatchObject({ state: 'submitted', job: { id: 'job-1' } });
    });

    it('leaves a run due that was touched between claim and submission', async () => {
      const { run, claim } = await claimed();
      await ledger().touch(run.key, at(1), signal);

      await ledger().recordSubmission(run, claim, { id: 'job-1' }, undefined, NOW, signal);

      expect(await read(run.key)).toMatchObject({ state: 'submitted', evaluateAt: at(1) });
    });

    it('takes the manifest of a job that it adopts', async () => {
      const { run, claim } = await claimed();
      const adopted = { listing: 'other', manifestKey: 'manifests/other.jsonl' };

      await ledger().recordSubmission(run, claim, { id: 'job-1', adopted }, undefined, NOW, signal);

      const { judged, manifestKey, document } = await read(run.key);
      expect({ judged, manifestKey, document }).toEqual({
        judged: { listing: 'other', slots: 'slots' },
        manifestKey: 'manifests/other.jsonl',
        document: undefined,
      });
    });

    it('records a refusal', async () => {
      const { run, claim } = await claimed();

      await ledger().recordRefusal(run, claim, 'no such queue', signal);

      expect(await read(run.key)).toMatchObject({ state: 'refused', refusal: 'no such queue' });
      expect((await read(run.key)).evaluateAt).toBeUndefined();
    });
  });

  describe(`the ledger on ${name}: generations`, () => {
    it('opens the next generation by the same step that claims it, and keeps the one before', async () => {
      const run = await ended();
      const claim = aNewClaim({ generation: 2 });

      expect(await ledger().claim(run, claim, signal)).toBe(true);

      expect(await read(run.key)).toMatchObject({ generation: 2, state: 'claimed', succeededGeneration: 1, touched: 1 });
      expect((await read(run.key)).job).toBeUndefined();
      expect(await ledger().recordJob(run.key, 1, observed('succeeded'), NOW, signal)).toMatchObject({
        standing: 'known',
        run: { generation: 1, state: 'succeeded' },
      });
    });

    it('brings the one before back when the claim is released', async () => {
      const run = await ended('failed');
      const claim = aNewClaim({ generation: 2 });
      await ledger().claim(run, claim, signal);
      await ledger().touch(run.key, at(1), signal);

      await ledger().release(await read(run.key), claim.claim, at(5), signal);

      expect(await read(run.key)).toMatchObject({ generation: 1, state: 'failed', touched: 2, attempt: 2, evaluateAt: at(5) });
      expect((await read(run.key)).job).toEqual(run.job);
    });

    it('does not open one from a reading that is out of date', async () => {
      const { run, claim } = await claimed();
      await ledger().recordSubmission(run, claim, { id: 'job-1' }, undefined, NOW, signal);

      expect(await ledger().claim({ ...run, state: 'succeeded' }, aNewClaim({ generation: 2 }), signal)).toBe(false);
    });
  });

  describe(`the ledger on ${name}: jobs`, () => {
    it.each<[JobState[], string]>([
      [['running', 'succeeded'], 'succeeded'],
      [['succeeded', 'running'], 'succeeded'],
      [['failed', 'running', 'submitted'], 'failed'],
      [['running', 'running'], 'running'],
    ])('moves forward only: %j', async (states, end) => {
      const { run, claim } = await claimed();
      await ledger().recordSubmission(run, claim, { id: 'job-1' }, undefined, NOW, signal);

      for (const state of states) await ledger().recordJob(run.key, 1, observed(state), NOW, signal);

      expect(await read(run.key)).toMatchObject({ state: end });
    });

    it('takes a job before its submission was recorded', async () => {
      const { run, claim } = await claimed();

      expect(await ledger().recordJob(run.key, 1, observed('running'), NOW, signal)).toMatchObject({ standing: 'news' });
      expect(await ledger().recordSubmission(run, claim, { id: 'job-1' }, undefined, NOW, signal)).toMatchObject({
        state: 'running',
        job: { id: 'job-1' },
      });
    });

    it('tells another job, an unexpected one, and a run that is not there', async () => {
      const { run, claim } = await claimed();
      await ledger().recordSubmission(run, claim, { id: 'job-1' }, undefined, NOW, signal);
      const waiting = await touched();

      const ofOther = await ledger().recordJob(run.key, 1, observed('running', { jobId: 'job-2' }), NOW, signal);

      expect(ofOther?.standing).toBe('other job');
      expect((await ledger().recordJob(waiting.key, 1, observed('running'), NOW, signal))?.standing).toBe('unexpected');
      expect(await ledger().recordJob(aKey(), 1, observed('running'), NOW, signal)).toBeUndefined();
    });

    it('finds the run of a job by its name', async () => {
      const { run, claim } = await claimed();

      expect(await ledger().runOfJob(claim.jobName, signal)).toEqual({ run: run.key, generation: 1 });
      expect(await ledger().runOfJob('unknown', signal)).toBeUndefined();
    });

    it('lists the runs whose job was not observed for a while, keeps progress, and notes an unknown job once', async () => {
      const { run, claim } = await claimed();
      await ledger().recordSubmission(run, claim, { id: 'job-1' }, undefined, NOW, signal);
      await ledger().recordJob(run.key, 1, observed('running'), NOW, signal);
      const running = await read(run.key);
      const isListed = async (now: Date) =>
        (await ledger().watchedRuns(now, 1_000, signal)).some(({ key }) => key.feed === run.key.feed);

      await ledger().recordProgress(running, { percent: 40, text: 'shops', at: at(1) }, signal);
      await ledger().noteUnknownJob(running, at(2), signal);
      await ledger().noteUnknownJob(running, at(3), signal);

      expect((await read(run.key)).job).toMatchObject({ progress: { percent: 40 }, unknownSince: at(2) });
      expect([await isListed(at(4)), await isListed(at(6))]).toEqual([false, true]);
      await ledger().watchAgain(running, at(30), signal);
      expect([await isListed(at(29)), await isListed(at(31))]).toEqual([false, true]);
      await ledger().recordJob(run.key, 1, observed('succeeded'), NOW, signal);
      expect(await isListed(at(60))).toBe(false);
    });
  });

  describe(`the ledger on ${name}: due runs`, () => {
    it('are listed by their time, the longest due first', async () => {
      const keys = [aKey(), aKey(), aKey()];
      await Promise.all(keys.map((key, index) => ledger().open(key, at(10 - index), NOW, signal)));
      await ledger().open(aKey(), at(99), NOW, signal);

      const { runs } = await ledger().dueRuns(at(20), 1_000, signal);

      const feeds = keys.map(({ feed }) => feed);
      expect(runs.filter(({ run }) => feeds.includes(run.feed)).map(({ run }) => run.feed)).toEqual(feeds.toReversed());
    });
  });

  describe(`the ledger on ${name}: items that this code cannot read`, () => {
    const newer = async (change: Record<string, string | number>) => {
      const run = await touched();
      await table().update({ key: runItemKey(run.key), change: { set: change } }, signal);
      return run;
    };

    it.each([
      ['of a newer schema', { v: 3 }],
      ['with an unknown state', { state: 'paused' }],
      ['with a broken time', { openedAt: 'yesterday' }],
    ])('are told, not written: %s', async (_, change) => {
      const run = await newer(change);
      const before = await table().get(runItemKey(run.key), signal);

      await expect(ledger().read(run.key, signal)).rejects.toThrow(UnreadableItemError);
      await expect(ledger().touch(run.key, at(1), signal)).rejects.toThrow(UnreadableItemError);
      if ('v' in change) {
        await expect(ledger().begin(run.key, at(1), at(2), signal)).rejects.toThrow(UnreadableItemError);
        expect(await ledger().note(run, { evaluateAt: at(9) }, signal)).toBe(false);
        expect(await ledger().claim(run, aNewClaim(), signal)).toBe(false);
        expect(await table().get(runItemKey(run.key), signal)).toEqual(before);
      }
    });
  });

  it(`keeps an item below 1 KB on ${name}`, async () => {
    const key: RunKey = { feed: 'northwind-recommendation-training', date: '2026-11-22T05', values: { shop: 'nagoya-sakae' } };
    const document = { kind: 'stored' as const, key: `manifests/${'j'.repeat(63)}-${randomUUID()}.claim` };
    const manifestKey = document.key.replace('.claim', '.jsonl');
    const { run, claim } = await claimed(key, {
      claim: aClaim({ jobName: 'j'.repeat(63), queue: 'recommendation-etl', definition: 'train-recommendation' }),
      judged: { listing: 'l'.repeat(32), slots: 's'.repeat(32) },
      document,
      manifestKey,
    });
    await ledger().recordSubmission(run, claim, { id: randomUUID() }, at(360), NOW, signal);

    const item = await table().get(runItemKey(key), signal);

    // An attribute counts its name and its value: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    const bytes = Object.entries(marshall({ ...item }, { removeUndefinedValues: true })).reduce(
      (sum, [attribute, value]) => sum + attribute.length + Buffer.byteLength(String(Object.values(value)[0])),
      0,
    );
    expect(bytes).toBeLessThan(1_024);
    expect(bytes).toBeGreaterThan(700);
  });
};
