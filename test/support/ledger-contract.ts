/** The contract of the ledger, for the table in DynamoDB and the ledger in memory. */
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RunKey } from '../../shared/feeds/run-key.ts';
import { type JobObservation, type JobState, standingOf } from '../../shared/runs/job-observation.ts';
import type { Ledger } from '../../shared/runs/ledger.ts';
import type { Claim, Run, RunState, Success } from '../../shared/runs/run.ts';
import type { RunsOf } from '../../shared/runs/run-listing.ts';
import { MOVES, mayOpenNext, SETTLE_MS, WATCH_MS, WATCH_RUNNING_MS } from '../../shared/runs/state-machine.ts';
import { aClaim, anArrival, aRequest } from './builders.ts';

const NOW = new Date('2026-11-22T03:00:00.000Z');
const at = (offsetMs: number) => new Date(NOW.getTime() + offsetMs);
const signal = new AbortController().signal;
const always = () => true;

const JOB_STATES: readonly JobState[] = ['submitted', 'running', 'succeeded', 'failed'];
const STATES: readonly RunState[] = ['waiting', 'claimed', 'refused', ...JOB_STATES];

const collect = async <Value>(values: AsyncIterable<Value>): Promise<Value[]> => {
  const collected: Value[] = [];
  for await (const value of values) {
    collected.push(value);
  }
  return collected;
};

export const describeLedger = (name: string, open: () => Ledger & { readonly runsOf: RunsOf }): void => {
  describe(`the ledger in ${name}`, () => {
    let ledger: Ledger & { readonly runsOf: RunsOf };
    let key: RunKey;

    beforeEach(() => {
      ledger = open();
      // A run of its own for each test, so that one table serves all.
      key = { feed: 'sales', date: '2026-11-22', values: { shop: randomUUID() } };
    });

    const read = async (): Promise<Run> => {
      const run = await ledger.readRun(key, signal);
      if (run === undefined) {
        throw new Error('no run');
      }
      return run;
    };

    const recorded = async (): Promise<Run> => {
      await ledger.recordArrival(key, anArrival(), NOW, signal);
      return read();
    };

    const claimOf = (claim: Partial<Claim> = {}): Claim =>
      aClaim({ owner: randomUUID(), request: aRequest({ jobName: `job-${randomUUID()}` }), ...claim });

    const claimed = async (): Promise<{ run: Run; claim: Claim }> => {
      const claim = claimOf();
      await ledger.claim(await recorded(), claim, signal);
      return { run: await read(), claim };
    };

    const submitted = async (): Promise<Run> => {
      const { run, claim } = await claimed();
      await ledger.recordSubmission(run, claim, 'job-1', NOW, signal);
      return read();
    };

    /** Brings the run into a state, as the suite does. */
    const inState = async (state: RunState): Promise<Run> => {
      if (state === 'waiting') {
        await recorded();
        return read();
      }
      const { run, claim } = await claimed();
      if (state === 'refused') {
        await ledger.recordRefusal(run, claim, 'why', signal);
      } else if (state !== 'claimed') {
        await ledger.recordJob(key, 1, { jobId: 'job-1', state, attempts: 1 }, NOW, signal);
      }
      return read();
    };

    describe.each(STATES)('of a run that is %s', (state) => {
      const writes: Record<keyof typeof MOVES, (run: Run, claim: Claim) => Promise<unknown>> = {
        claim: (run) => ledger.claim(run, claimOf(), signal),
        takeOver: (run) => ledger.takeOver(run, claimOf(), signal),
        release: (run, claim) => ledger.release(run, claim, NOW, signal),
        recordSubmission: (run, claim) => ledger.recordSubmission(run, claim, 'job-2', NOW, signal),
        recordRefusal: (run, claim) => ledger.recordRefusal(run, claim, 'why', signal),
      };

      it.each(Object.keys(writes) as (keyof typeof MOVES)[])(
        'lets %s through, or nothing of it, as the state machine says',
        async (move) => {
          const before = await inState(state);
          const { from, to } = MOVES[move];

          await writes[move](before, before.claim ?? claimOf());

          const after = await read();
          if (state === from) {
            expect(after.state).toBe(to);
            expect(after).not.toEqual(before);
          } else {
            expect(after).toEqual(before);
          }
        },
      );

      it('opens its next generation only where the state machine lets it', async () => {
        const before = await inState(state);

        const isOpened = await ledger.openNextGeneration(before, at(1), signal);

        expect(isOpened).toBe(mayOpenNext(before));
        expect(await read()).toMatchObject(isOpened ? { state: 'waiting', generation: 2 } : before);
      });

      it.each(JOB_STATES)('takes a job that is %s as its standing says, and no other state', async (seen) => {
        const before = await inState(state);
        const sighting = { jobId: before.job?.id ?? 'job-1', state: seen, attempts: 1 };
        const standing = standingOf(before, sighting);

        const answer = await ledger.recordJob(key, 1, sighting, NOW, signal);

        expect(answer?.standing).toBe(standing);
        expect((await read()).state).toBe(standing === 'news' ? seen : state);
      });
    });

    const ended = async (): Promise<Run> => {
      await ledger.recordJob(key, 1, { jobId: 'job-1', state: 'failed', attempts: 1 }, NOW, signal);
      return read();
    };

    it('knows nothing of a run before its first arrival', async () => {
      expect(await ledger.readRun(key, signal)).toBeUndefined();
      expect(await ledger.readRunWithArrivals(key, always, signal)).toBeUndefined();
    });

    it('opens a run with its first arrival', async () => {
      const run = await recorded();

      expect(run).toEqual({
        key,
        generation: 1,
        revision: 1,
        state: 'waiting',
        filled: new Map([['orders', 1]]),
        openedAt: NOW,
      });
    });

    it('counts an arrival once, however often it is recorded', async () => {
      await recorded();

      const again = await ledger.recordArrival(key, anArrival(), NOW, signal);

      expect(again).toMatchObject({ kind: 'known', arrival: { etag: 'etag-1' } });
      expect((await read()).filled).toEqual(new Map([['orders', 1]]));
    });

    it('counts one of fifty that record the same arrival at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => ledger.recordArrival(key, anArrival(), NOW, signal)),
      );

      expect(answers.filter(({ kind }) => kind === 'recorded')).toHaveLength(1);
      expect((await read()).filled).toEqual(new Map([['orders', 1]]));
    });

    it('counts each of ten keys that arrive at once', async () => {
      const keys = Array.from({ length: 10 }, (_, index) => anArrival({ key: `orders_${index}` }));

      await Promise.all(keys.map((arrival) => ledger.recordArrival(key, arrival, NOW, signal)));

      expect((await read()).filled).toEqual(new Map([['orders', 10]]));
    });

    it('records an arrival that is too small without counting it', async () => {
      await ledger.recordArrival(key, anArrival({ fills: false, sizeBytes: 0 }), NOW, signal);

      expect((await read()).filled).toEqual(new Map([['orders', 0]]));
      expect(await ledger.readRunWithArrivals(key, always, signal)).toMatchObject({
        arrivals: [],
        tooSmall: [{ key: anArrival().key, sizeBytes: 0 }],
      });
    });

    it('reads the arrivals that count, if the run is wanted', async () => {
      await recorded();
      await ledger.recordArrival(key, anArrival({ slot: 'complete', key: '_SUCCESS' }), NOW, signal);

      const wanted = await ledger.readRunWithArrivals(key, always, signal);
      const unwanted = await ledger.readRunWithArrivals(key, () => false, signal);

      expect(wanted?.arrivals).toHaveLength(2);
      expect(wanted?.arrivals).toContainEqual(anArrival());
      expect(unwanted).toEqual({ run: wanted?.run });
    });

    it('reads every arrival of a run of several pages', async () => {
      const keys = Array.from({ length: 130 }, (_, index) => `orders_${index}`);
      for (const name of keys) {
        await ledger.recordArrival(key, anArrival({ key: name }), NOW, signal);
      }

      const found = await ledger.readRunWithArrivals(key, always, signal);

      expect(found?.arrivals?.map((arrival) => arrival.key).sort()).toEqual(keys.sort());
    });

    it('replaces the content of an arrival while the run waits', async () => {
      const run = await recorded();
      const replaces = anArrival();

      const changed = await ledger.changeArrival(
        { run, arrival: anArrival({ etag: 'etag-2', fills: false }), replaces, requestRerun: false },
        NOW,
        signal,
      );

      expect(changed).toBe(true);
      expect(await read()).toMatchObject({ revision: 2, filled: new Map([['orders', 0]]) });
    });

    it('changes nothing for one who has seen an older run or content', async () => {
      const run = await recorded();
      await ledger.recordArrival(key, anArrival({ key: 'orders_osaka' }), NOW, signal);

      const stale = await ledger.changeArrival(
        { run, arrival: anArrival({ etag: 'etag-2' }), replaces: anArrival(), requestRerun: false },
        NOW,
        signal,
      );
      const wrong = await ledger.changeArrival(
        {
          run: await read(),
          arrival: anArrival({ etag: 'etag-3' }),
          replaces: anArrival({ etag: 'etag-2' }),
          requestRerun: false,
        },
        NOW,
        signal,
      );

      expect([stale, wrong]).toEqual([false, false]);
      expect((await read()).revision).toBe(2);
    });

    it('lets one of twenty claim', async () => {
      const run = await recorded();

      const answers = await Promise.all(Array.from({ length: 20 }, () => ledger.claim(run, claimOf(), signal)));

      expect(answers.filter(Boolean)).toHaveLength(1);
      expect((await read()).state).toBe('claimed');
    });

    it('lets nobody claim a run to which something has been added since it was read', async () => {
      const run = await recorded();
      await ledger.recordArrival(key, anArrival({ key: 'orders_osaka' }), NOW, signal);

      expect(await ledger.claim(run, claimOf(), signal)).toBe(false);
    });

    it('keeps the claim as it was made, and finds the run by the job name', async () => {
      const { run, claim } = await claimed();

      expect(run.claim).toEqual(claim);
      expect(await ledger.runOfJob(claim.request.jobName, signal)).toEqual({ run: key, generation: 1 });
      expect(await ledger.runOfJob('unknown', signal)).toBeUndefined();
    });

    it('calls a new key late once the run is claimed, and still records it when asked to', async () => {
      const { run } = await claimed();
      const arrival = anArrival({ key: 'orders_late' });

      const answer = await ledger.recordArrival(key, arrival, NOW, signal);
      const changed = await ledger.changeArrival({ run, arrival, requestRerun: true }, at(1), signal);

      expect(answer).toEqual({ kind: 'late' });
      expect(changed).toBe(true);
      expect(await read()).toMatchObject({
        state: 'claimed',
        filled: new Map([['orders', 2]]),
        rerunRequestedAt: at(1),
      });
    });

    it('releases a claim for its owner only', async () => {
      const { run, claim } = await claimed();

      await ledger.release(run, claimOf(), NOW, signal);
      expect((await read()).state).toBe('claimed');

      await ledger.release(run, claim, NOW, signal);
      const released = await read();
      expect(released.state).toBe('waiting');
      expect(released.claim).toBeUndefined();
    });

    it('forgets the wish for a rerun with a claim that is released, since the next claim is for all that has arrived', async () => {
      const { run, claim } = await claimed();
      await ledger.changeArrival(
        { run, arrival: anArrival({ etag: 'etag-2' }), replaces: anArrival(), requestRerun: true },
        NOW,
        signal,
      );

      await ledger.release(run, claim, NOW, signal);

      const released = await read();
      expect(released).toMatchObject({ state: 'waiting', revision: 2 });
      expect(released.rerunRequestedAt).toBeUndefined();
    });

    it('notes the first empty look-up and keeps it', async () => {
      const { run, claim } = await claimed();

      await ledger.noteEmptyLookup(run, claim, at(1), 'me', signal);
      await ledger.noteEmptyLookup(run, claim, at(2), 'other', signal);

      expect((await read()).claim?.emptyLookup).toEqual({ at: at(1), by: 'me' });
    });

    it('lets one of five take an expired claim over, and forgets its look-ups', async () => {
      const { run, claim } = await claimed();
      await ledger.noteEmptyLookup(run, claim, at(1), 'me', signal);
      const seen = await read();

      const answers = await Promise.all(
        Array.from({ length: 5 }, () => ledger.takeOver(seen, claimOf({ request: claim.request }), signal)),
      );

      expect(answers.filter(Boolean)).toHaveLength(1);
      const taken = await read();
      expect(taken.claim?.owner).not.toBe(claim.owner);
      expect(taken.claim?.emptyLookup).toBeUndefined();
    });

    it('takes a second take-over by the same owner for its own', async () => {
      const { run, claim } = await claimed();
      const taken = claimOf({ request: claim.request });
      await ledger.takeOver(run, taken, signal);

      expect(await ledger.takeOver(run, taken, signal)).toBe(true);
    });

    it('records a submission for the owner of the claim', async () => {
      const { run, claim } = await claimed();

      const answer = await ledger.recordSubmission(run, claim, 'job-1', at(5), signal);

      expect(answer).toBe('recorded');
      expect(await read()).toMatchObject({ state: 'submitted', job: { id: 'job-1', submittedAt: at(5) } });
    });

    it('shows the run to one who records a submission and has lost the claim', async () => {
      const { run, claim } = await claimed();
      await ledger.recordSubmission(run, claim, 'job-1', NOW, signal);

      const answer = await ledger.recordSubmission(run, claim, 'job-2', NOW, signal);

      expect(answer).toMatchObject({ state: 'submitted', job: { id: 'job-1' } });
    });

    it('keeps why the request of a claim must not be sent, until it is released', async () => {
      const claim = claimOf({ problem: 'the tag Owner has 300 characters; Batch takes 256' });
      await ledger.claim(await recorded(), claim, signal);
      expect((await read()).claim).toEqual(claim);

      await ledger.release(await read(), claim, NOW, signal);
      const next = claimOf();
      await ledger.claim(await read(), next, signal);
      expect((await read()).claim).toEqual(next);
    });

    it('records a refusal with its reason', async () => {
      const { run, claim } = await claimed();

      await ledger.recordRefusal(run, claimOf(), 'not mine', signal);
      await ledger.recordRefusal(run, claim, 'ClientException: no such queue', signal);

      expect(await read()).toMatchObject({ state: 'refused', refusal: 'ClientException: no such queue' });
    });

    it('opens the next generation once, with all that has arrived', async () => {
      await submitted();
      const run = await ended();

      const answers = await Promise.all(Array.from({ length: 5 }, () => ledger.openNextGeneration(run, at(9), signal)));

      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await read()).toEqual({
        key,
        generation: 2,
        revision: run.revision,
        state: 'waiting',
        filled: new Map([['orders', 1]]),
        openedAt: at(9),
      });
      expect((await ledger.readRunWithArrivals(key, always, signal))?.arrivals).toEqual([anArrival()]);
    });

    it('reopens a refused run as its next generation, without the refusal and the claim', async () => {
      const { run, claim } = await claimed();
      await ledger.recordRefusal(run, claim, 'no such queue', signal);
      const refused = await read();

      const stale = await ledger.openNextGeneration(run, at(9), signal);
      const reopened = await ledger.openNextGeneration(refused, at(9), signal);

      expect([stale, reopened]).toEqual([false, true]);
      expect(await read()).toEqual({
        key,
        generation: 2,
        revision: run.revision,
        state: 'waiting',
        filled: new Map([['orders', 1]]),
        openedAt: at(9),
      });
      expect((await ledger.unsettledRuns(at(9), 100, signal)).map((one) => one.key)).toContainEqual(key);
    });

    describe('of other runs', () => {
      const aSuccess = (differences: Partial<Success> = {}): Success => ({
        slot: 'catalog',
        source: { feed: 'catalog', date: '2026-11-22', values: {} },
        generation: 1,
        ...differences,
      });

      it('opens a run with the first success that fills a slot of it', async () => {
        const answer = await ledger.fillSlot(key, aSuccess(), NOW, signal);

        expect(answer).toEqual({ kind: 'recorded' });
        expect(await read()).toEqual({
          key,
          generation: 1,
          revision: 1,
          state: 'waiting',
          filled: new Map([['catalog', 1]]),
          openedAt: NOW,
        });
        expect([await isUnsettledAt(at(SETTLE_MS - 1)), await isUnsettledAt(at(SETTLE_MS))]).toEqual([false, true]);
      });

      it('counts a source once for each slot, however many tell of its success at once', async () => {
        const answers = await Promise.all(
          Array.from({ length: 20 }, () => ledger.fillSlot(key, aSuccess(), NOW, signal)),
        );
        await ledger.fillSlot(key, aSuccess({ slot: 'prices' }), NOW, signal);

        expect(answers.filter(({ kind }) => kind === 'recorded')).toHaveLength(1);
        expect(answers.filter(({ kind }) => kind === 'known')).toHaveLength(19);
        expect((await read()).filled).toEqual(
          new Map([
            ['catalog', 1],
            ['prices', 1],
          ]),
        );
      });

      it('counts each of several sources', async () => {
        const shops = ['tokyo', 'osaka', 'a,b', 'a'];

        for (const shop of shops) {
          await ledger.fillSlot(key, aSuccess({ source: { feed: 'catalog', values: { shop } } }), NOW, signal);
        }

        expect((await read()).filled).toEqual(new Map([['catalog', 4]]));
      });

      it('tells which generation of a source it knows', async () => {
        await ledger.fillSlot(key, aSuccess({ generation: 3 }), NOW, signal);

        expect(await ledger.fillSlot(key, aSuccess(), NOW, signal)).toEqual({ kind: 'known', generation: 3 });
      });

      it('replaces a generation of a source without counting it again', async () => {
        await ledger.fillSlot(key, aSuccess(), NOW, signal);
        const run = await read();
        const success = aSuccess({ generation: 2 });

        const changed = await ledger.changeSuccess({ run, success, replaces: 1, requestRerun: false }, NOW, signal);
        const stale = await ledger.changeSuccess({ run, success, replaces: 1, requestRerun: false }, NOW, signal);
        const wrong = await ledger.changeSuccess(
          { run: await read(), success, replaces: 1, requestRerun: false },
          NOW,
          signal,
        );

        expect([changed, stale, wrong]).toEqual([true, false, false]);
        expect(await read()).toMatchObject({ revision: 2, filled: new Map([['catalog', 1]]) });
        expect(await ledger.fillSlot(key, aSuccess(), NOW, signal)).toEqual({ kind: 'known', generation: 2 });
      });

      it('calls a new source late once the run is claimed, and still records it when asked to', async () => {
        const { run } = await claimed();

        const answer = await ledger.fillSlot(key, aSuccess(), NOW, signal);
        const changed = await ledger.changeSuccess({ run, success: aSuccess(), requestRerun: true }, at(1), signal);

        expect([answer, changed]).toEqual([{ kind: 'late' }, true]);
        expect(await read()).toMatchObject({
          state: 'claimed',
          filled: new Map([
            ['orders', 1],
            ['catalog', 1],
          ]),
          rerunRequestedAt: at(1),
        });
      });

      it('reads the arrivals of a run whose slots other runs fill too', async () => {
        await recorded();
        await ledger.fillSlot(key, aSuccess(), NOW, signal);

        const found = await ledger.readRunWithArrivals(key, always, signal);

        expect(found).toEqual({ run: await read(), arrivals: [anArrival()] });
      });
    });

    it('opens an expected run once, to be looked at now, and leaves one alone that is there', async () => {
      const answers = await Promise.all(Array.from({ length: 5 }, () => ledger.openRun(key, NOW, signal)));

      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await read()).toEqual({
        key,
        generation: 1,
        revision: 0,
        state: 'waiting',
        filled: new Map(),
        openedAt: NOW,
      });
      expect(await isUnsettledAt(NOW)).toBe(true);

      await ledger.recordArrival(key, anArrival(), at(1), signal);
      expect(await ledger.openRun(key, at(2), signal)).toBe(false);
      expect(await read()).toMatchObject({ revision: 1, openedAt: NOW, filled: new Map([['orders', 1]]) });
    });

    it('notes once that a run would be submitted, unless it has changed, and forgets it with the next generation', async () => {
      const stale = await recorded();
      await ledger.recordArrival(key, anArrival({ key: 'orders_osaka' }), NOW, signal);
      const run = await read();

      const answers = [
        await ledger.noteWouldSubmit(stale, at(1), signal),
        await ledger.noteWouldSubmit(run, at(2), signal),
        await ledger.noteWouldSubmit(run, at(3), signal),
      ];

      expect(answers).toEqual([false, true, false]);
      expect(await read()).toMatchObject({ state: 'waiting', wouldSubmitAt: at(2) });
      expect(await isUnsettledAt(at(2))).toBe(true);

      await ledger.openNextGeneration(await read(), at(9), signal);
      expect((await read()).wouldSubmitAt).toBeUndefined();
    });

    it('lists the runs of a feed by date, each once and in its newest generation', async () => {
      const feed = `feed-${randomUUID()}`;
      const runs = ['2026-11-23', '2026-11-21', '2026-11-22T05', '2026-11-20'];
      for (const date of runs) {
        await ledger.openRun({ feed, date, values: {} }, NOW, signal);
      }
      const again = { feed, date: '2026-11-21', values: {} };
      await ledger.noteWouldSubmit((await ledger.readRun(again, signal)) ?? expect.unreachable(), NOW, signal);
      await ledger.openNextGeneration((await ledger.readRun(again, signal)) ?? expect.unreachable(), at(1), signal);
      await ledger.recordArrival(key, anArrival(), NOW, signal);

      const listed = await collect(ledger.runsOf(feed, '2026-11-21', '2026-11-22', signal));

      expect(listed.map((run) => [run.key.date, run.generation])).toEqual([
        ['2026-11-21', 2],
        ['2026-11-22T05', 1],
      ]);
    });

    it('lists all runs of a feed, more than a page has, and those without a date by when they were opened', async () => {
      const feed = `feed-${randomUUID()}`;
      const names = Array.from({ length: 120 }, (_, index) => `shop-${index}`);
      await Promise.all(names.map((shop) => ledger.openRun({ feed, values: { shop } }, NOW, signal)));

      const listed = await collect(ledger.runsOf(feed, '2026-11-22', '2026-11-22', signal));
      const later = await collect(ledger.runsOf(feed, '2026-11-23', '2026-11-23', signal));

      expect(listed.map(({ key: { values } }) => values['shop']).sort()).toEqual(names.sort());
      expect(later).toEqual([]);
    });

    const isUnsettledAt = async (now: Date): Promise<boolean> =>
      (await ledger.unsettledRuns(now, 1_000, signal)).some((run) => run.key.values['shop'] === key.values['shop']);

    it('lists a run as unsettled a while after its last arrival, until it is revisited', async () => {
      const run = await recorded();

      expect(await isUnsettledAt(at(SETTLE_MS - 1))).toBe(false);
      expect(await isUnsettledAt(at(SETTLE_MS))).toBe(true);

      await ledger.revisit(run, at(2 * SETTLE_MS), signal);
      expect(await isUnsettledAt(at(SETTLE_MS))).toBe(false);

      await ledger.revisit(run, 'never', signal);
      expect(await isUnsettledAt(at(10 * SETTLE_MS))).toBe(false);
    });

    it('keeps a run on the list that has changed since it was read', async () => {
      const run = await recorded();
      await ledger.recordArrival(key, anArrival({ key: 'orders_osaka' }), NOW, signal);

      await ledger.revisit(run, 'never', signal);

      expect(await isUnsettledAt(at(SETTLE_MS))).toBe(true);
    });

    it('lists the newest generation only', async () => {
      await submitted();
      const run = await ended();
      await ledger.changeArrival(
        { run, arrival: anArrival({ etag: 'etag-2' }), replaces: anArrival(), requestRerun: true },
        NOW,
        signal,
      );
      await ledger.openNextGeneration(await read(), NOW, signal);

      await ledger.revisit(await read(), 'never', signal);

      expect(await isUnsettledAt(at(100 * SETTLE_MS))).toBe(false);
    });

    it('lists a claimed run when its lease ends, and a submitted one no more', async () => {
      const { run, claim } = await claimed();

      expect(await isUnsettledAt(new Date(claim.leaseUntil.getTime() - 1))).toBe(false);
      expect(await isUnsettledAt(claim.leaseUntil)).toBe(true);

      await ledger.recordSubmission(run, claim, 'job-1', NOW, signal);
      expect(await isUnsettledAt(at(100 * SETTLE_MS))).toBe(false);
    });

    describe('of a job', () => {
      const aSighting = (state: JobState, differences: Partial<JobObservation> = {}): JobObservation => ({
        jobId: 'job-1',
        state,
        attempts: 1,
        ...differences,
      });

      const isWatchedAt = async (now: Date): Promise<boolean> =>
        (await ledger.watchedRuns(now, 1_000, signal)).some((run) => run.key.values['shop'] === key.values['shop']);

      const record = (sighting: JobObservation, generation = 1) =>
        ledger.recordJob(key, generation, sighting, NOW, signal);

      it('moves the run forward, with what there is to know, and never back', async () => {
        await submitted();

        expect(await record(aSighting('running', { startedAt: at(1) }))).toMatchObject({
          standing: 'news',
          run: { state: 'running', job: { id: 'job-1', submittedAt: NOW, attempts: 1, startedAt: at(1) } },
        });
        const end = aSighting('failed', { attempts: 2, stoppedAt: at(9), exitCode: 3, reason: 'why' });
        expect(await record(end)).toMatchObject({ standing: 'news' });
        expect(await record(aSighting('running', { attempts: 3 }))).toMatchObject({ standing: 'known' });
        expect(await record(aSighting('succeeded'))).toMatchObject({ standing: 'known' });

        expect(await read()).toMatchObject({
          state: 'failed',
          job: { attempts: 2, startedAt: at(1), stoppedAt: at(9), exitCode: 3, reason: 'why' },
        });
      });

      it('takes another attempt, and no earlier one', async () => {
        await submitted();
        await record(aSighting('running', { attempts: 2 }));

        expect(await record(aSighting('running', { attempts: 1 }))).toMatchObject({ standing: 'known' });
        expect(await record(aSighting('submitted', { attempts: 1 }))).toMatchObject({ standing: 'known' });
        expect(await record(aSighting('running', { attempts: 3 }))).toMatchObject({ standing: 'news' });
        expect((await read()).job?.attempts).toBe(3);
      });

      it('takes a job into a claim that does not know of it yet, for one of ten that tell of it', async () => {
        const { run, claim } = await claimed();

        const answers = await Promise.all(
          Array.from({ length: 10 }, () => record(aSighting('submitted', { submittedAt: at(-5) }))),
        );

        expect(answers.filter((answer) => answer?.standing === 'news')).toHaveLength(1);
        expect(await read()).toMatchObject({ state: 'submitted', job: { id: 'job-1', submittedAt: at(-5) } });
        expect(await ledger.recordSubmission(run, claim, 'job-1', NOW, signal)).toMatchObject({ job: { id: 'job-1' } });
      });

      it('knows when there is another job, or none that was submitted', async () => {
        await recorded();
        expect(await record(aSighting('running'))).toMatchObject({ standing: 'unexpected', run: { state: 'waiting' } });

        await ledger.claim(await read(), claimOf(), signal);
        await record(aSighting('running'));
        expect(await record(aSighting('failed', { jobId: 'job-2' }))).toMatchObject({
          standing: 'other job',
          run: { state: 'running', job: { id: 'job-1' } },
        });
      });

      it('knows no job of a run or a generation that there is not', async () => {
        expect(await record(aSighting('running'))).toBeUndefined();
        await submitted();
        expect(await record(aSighting('running'), 2)).toBeUndefined();
      });

      it('moves an earlier generation where it lies, and forgets its job with the next one', async () => {
        await record(aSighting('running'));
        await claimed();
        // A person opens it without knowing that there is a job.
        await ledger.openNextGeneration(await read(), NOW, signal);

        expect(await record(aSighting('running'), 1)).toMatchObject({ standing: 'news', run: { state: 'running' } });
        expect(await record(aSighting('succeeded'), 1)).toMatchObject({
          standing: 'news',
          run: { generation: 1, state: 'succeeded' },
        });
        expect(await record(aSighting('failed'), 1)).toMatchObject({ standing: 'known' });
        const next = await read();
        expect(next).toMatchObject({ generation: 2, state: 'waiting' });
        expect(next.job).toBeUndefined();
      });

      it('watches a run while its job is under way, and looks at it once more after its end', async () => {
        await submitted();
        expect([await isWatchedAt(at(WATCH_MS - 1)), await isWatchedAt(at(WATCH_MS))]).toEqual([false, true]);

        await record(aSighting('running'));
        expect(await isWatchedAt(at(WATCH_RUNNING_MS))).toBe(true);
        expect(await isUnsettledAt(at(100 * SETTLE_MS))).toBe(false);

        await ledger.revisit(await read(), at(2 * WATCH_MS), signal);
        expect([await isWatchedAt(at(WATCH_MS)), await isWatchedAt(at(2 * WATCH_MS))]).toEqual([false, true]);

        await record(aSighting('succeeded'));
        expect(await isWatchedAt(at(100 * WATCH_MS))).toBe(false);
        expect([await isUnsettledAt(at(SETTLE_MS - 1)), await isUnsettledAt(at(SETTLE_MS))]).toEqual([false, true]);
      });

      it('goes on watching a run for which a rerun is asked for', async () => {
        const run = await submitted();
        await ledger.changeArrival(
          { run, arrival: anArrival({ etag: 'etag-2' }), replaces: anArrival(), requestRerun: true },
          NOW,
          signal,
        );

        expect(await isWatchedAt(at(WATCH_MS))).toBe(true);
        expect(await isUnsettledAt(at(100 * SETTLE_MS))).toBe(false);
      });

      it('keeps how far a running job is, and nothing of one that does not run', async () => {
        const progress = { percent: 40, text: 'loading', at: at(3) };
        await submitted();
        await ledger.recordProgress(await read(), progress, signal);
        expect((await read()).job?.progress).toBeUndefined();

        await record(aSighting('running'));
        await ledger.recordProgress(await read(), progress, signal);
        expect((await read()).job?.progress).toEqual(progress);
      });

      it('takes the beginning of an array job, which has no attempts of its own', async () => {
        await submitted();

        expect(await record(aSighting('running', { attempts: 0, startedAt: at(1) }))).toMatchObject({
          standing: 'news',
          run: { state: 'running', job: { attempts: 0, startedAt: at(1) } },
        });
        expect(await record(aSighting('running', { attempts: 0, startedAt: at(2) }))).toMatchObject({
          standing: 'known',
          run: { job: { startedAt: at(1) } },
        });
      });

      it('lists the runs first that have waited longest to be asked about, and no more than so many', async () => {
        // Long before the runs of the other tests, which may share the table.
        const longAgo = (ms: number) => new Date(Date.parse('2001-01-01T00:00:00Z') + ms);
        const shops = [3, 1, 2].map((due) => ({ due, shop: randomUUID() }));
        for (const { due, shop } of shops) {
          key = { ...key, values: { shop } };
          await submitted();
          await ledger.revisit(await read(), longAgo(due), signal);
        }

        const watched = await ledger.watchedRuns(longAgo(9), 2, signal);

        expect(watched.map((run) => shops.find(({ shop }) => shop === run.key.values['shop'])?.due)).toEqual([1, 2]);
      });

      it('notes since when a job is unknown, until it is seen', async () => {
        await submitted();
        await ledger.noteUnknownJob(await read(), at(1), signal);
        await ledger.noteUnknownJob(await read(), at(2), signal);
        expect((await read()).job?.unknownSince).toEqual(at(1));

        await record(aSighting('running'));
        expect((await read()).job?.unknownSince).toBeUndefined();
      });
    });
  });
};
