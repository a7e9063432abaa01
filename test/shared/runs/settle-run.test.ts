import { beforeEach, describe, expect, it } from 'vitest';
import type { RunKey } from '../../../shared/feeds/run-key.ts';
import { createSettleRun } from '../../../shared/runs/settle-run.ts';
import { BATCH_MEMORY_MS, LEASE_MS, LOOKUP_GAP_MS, SETTLE_MS } from '../../../shared/runs/state-machine.ts';
import { LookUpRefusedError } from '../../../shared/runs/submission.ts';
import { aFeed, aFileSlot, anArrival, aTimeSlot } from '../../support/builders.ts';
import { runPorts, START } from '../../support/run-ports.ts';

const KEY: RunKey = { feed: 'sales', date: '2026-11-22', values: {} };
const NAME = { feed: 'sales', run: 'sales@2026-11-22', generation: 1 };
const signal = new AbortController().signal;
const feed = aFeed();

let world: ReturnType<typeof runPorts>;

beforeEach(() => {
  world = runPorts();
});

const settleWith = (pausesMs: number[] = [], of: typeof feed | undefined = feed) =>
  createSettleRun(world.ports, { stage: 'test', pausesMs })(KEY, of, signal);

const arrive = (arrival = anArrival()) => world.ledger.recordArrival(KEY, arrival, START, signal);

const current = async () => {
  const run = await world.ledger.readRun(KEY, signal);
  if (run === undefined) {
    throw new Error('no run');
  }
  return run;
};

/** A claim whose owner has died, before or after its job was accepted. */
const abandon = async () => {
  world.submit.mockResolvedValueOnce({ kind: 'ambiguous', error: new Error('reset') });
  await arrive();
  await settleWith();
  world.steps.length = 0;
};

describe('createSettleRun', () => {
  it('waits, and says for what', async () => {
    await arrive(anArrival({ fills: false }));

    expect(await settleWith()).toEqual({ kind: 'waiting', ...NAME, missing: [{ slot: 'orders', have: 0, need: 1 }] });
    expect(world.submitted).toEqual([]);
  });

  it('has somebody look again when the last time comes, and writes nothing where somebody looks before that', async () => {
    await arrive();
    const waiting = (time: string) => settleWith([], aFeed({ slots: [aFileSlot(), aTimeSlot(time)] }));
    const lookedAt = () => world.ledger.entries.get('sales@2026-11-22')?.candidateAt;

    expect(await waiting('12:05')).toMatchObject({ kind: 'waiting', until: new Date(START.getTime() + SETTLE_MS) });
    expect(lookedAt()).toEqual(new Date(START.getTime() + SETTLE_MS));
    expect(await waiting('18:00')).toMatchObject({ kind: 'waiting', until: new Date(START.getTime() + 6 * 3_600_000) });
    expect(lookedAt()).toEqual(new Date(START.getTime() + SETTLE_MS));

    expect(await waiting('12:04')).toMatchObject({ kind: 'waiting' });
    expect(lookedAt()).toEqual(new Date(START.getTime() + 4 * 60_000));
    expect(world.submitted).toEqual([]);
  });

  it('submits the job of a run whose files were there before its time, once that has come', async () => {
    await arrive();
    world.pass(30 * 60_000);

    expect(await settleWith([], aFeed({ slots: [aFileSlot(), aTimeSlot('12:30')] }))).toMatchObject({
      kind: 'submitted',
    });
  });

  it('does for a shadow feed all but the submission, once', async () => {
    await arrive();
    const shadow = aFeed({ shadow: true, batch: { parameters: { manifest: '{manifest}' } } });

    const first = await settleWith([], shadow);
    const again = await settleWith([], shadow);
    const live = await settleWith([], aFeed());

    expect(first).toEqual({
      kind: 'would submit',
      ...NAME,
      jobName: expect.stringMatching(/^breakaway-test-sales-20261122-/),
      queue: 'etl',
      definition: 'import-sales',
    });
    expect([...world.manifests.keys()]).toEqual([expect.stringMatching(/^manifests\/sales\/.*-shadow\.jsonl$/)]);
    expect([again, live]).toMatchObject([
      { kind: 'settled', state: 'waiting' },
      { kind: 'settled', state: 'waiting' },
    ]);
    expect(await current()).toMatchObject({ state: 'waiting', wouldSubmitAt: START });
    expect(world.submitted).toEqual([]);
    expect([...world.manifests.values()]).toEqual([expect.stringContaining('orders_tokyo')]);
  });

  it('reads a run of a shadow feed again that has changed meanwhile', async () => {
    await arrive();
    const shadow = aFeed({ shadow: true, batch: { parameters: { manifest: '{manifest}' } } });
    const noteWouldSubmit: typeof world.ledger.noteWouldSubmit = async (...args) => {
      await arrive(anArrival({ key: 'sales/20261122/orders_osaka.tsv.gz' }));
      return world.ledger.noteWouldSubmit(...args);
    };
    const ports = { ...world.ports, ledger: { ...world.ledger, noteWouldSubmit } };

    const outcome = await createSettleRun(ports, { stage: 'test', pausesMs: [] })(KEY, shadow, signal);

    expect(outcome).toMatchObject({ kind: 'would submit' });
    expect(Array.from(world.manifests.values(), (lines) => lines.match(/(?<="key":"[^"]*)orders_[a-z]+/g))).toEqual([
      ['orders_tokyo'],
      ['orders_osaka', 'orders_tokyo'],
    ]);
  });

  it('says why Batch would not get the job of a shadow feed', async () => {
    await arrive();

    const outcome = await settleWith(
      [],
      aFeed({ shadow: true, batch: { parameters: {}, command: ['x'.repeat(40_000)] } }),
    );

    expect(outcome).toMatchObject({ kind: 'would submit', problem: expect.stringContaining('Batch takes 30720') });
  });

  it('rejects when the ledger does not know the run', async () => {
    await expect(settleWith()).rejects.toThrow('The ledger has no run sales@2026-11-22');
  });

  it('claims a complete run and submits its job', async () => {
    await arrive();

    const outcome = await settleWith();

    expect(outcome).toEqual({
      kind: 'submitted',
      ...NAME,
      jobId: 'job-1',
      jobName: expect.stringMatching(/^breakaway-test-sales-20261122-/),
      queue: 'etl',
      adopted: false,
    });
    expect(await current()).toMatchObject({ state: 'submitted', job: { id: 'job-1' } });
    expect(world.steps).toEqual([expect.objectContaining({ kind: 'claimed', ...NAME })]);
  });

  it('submits nothing when it was submitted before', async () => {
    await arrive();
    await settleWith();

    expect(await settleWith()).toEqual({ kind: 'settled', ...NAME, state: 'submitted' });
    expect(world.submitted).toHaveLength(1);
  });

  it('starts nothing for a feed that is no longer configured', async () => {
    await arrive();

    const outcome = await createSettleRun(world.ports, { stage: 'test', pausesMs: [] })(KEY, undefined, signal);

    expect(outcome).toEqual({ kind: 'settled', ...NAME, state: 'waiting' });
  });

  it('passes the files on as a manifest of what was claimed', async () => {
    await arrive();
    await arrive(anArrival({ key: 'sales/20261122/orders_osaka.tsv.gz' }));

    await settleWith([], aFeed({ batch: { parameters: { files: '{manifest}' } } }));

    const [[key, lines] = ['', '']] = [...world.manifests];
    expect(world.submitted[0]?.parameters).toEqual({ files: `s3://suite/${key}` });
    expect(lines.split('\n')).toHaveLength(3);
  });

  it.each([false, true])('names a file once whose slot had another name before (shadow: %s)', async (shadow) => {
    await arrive(anArrival({ slot: 'sales' }));
    await arrive();

    await settleWith([], aFeed({ shadow, batch: { parameters: { files: '{manifest}' } } }));

    expect([...world.manifests.values()]).toEqual([expect.stringMatching(/^{"slot":"orders".*\n$/)]);
  });

  it('decides again when a file comes between the reading and the claim', async () => {
    await arrive();
    const claim = world.ledger.claim;
    let first = true;
    const ledger = {
      ...world.ledger,
      claim: async (...args: Parameters<typeof claim>) => {
        if (first) {
          first = false;
          await arrive(anArrival({ key: 'sales/20261122/orders_osaka.tsv.gz' }));
        }
        return claim(...args);
      },
    };
    const manifested = aFeed({ batch: { parameters: { files: '{manifest}' } } });

    await createSettleRun({ ...world.ports, ledger }, { stage: 'test', pausesMs: [] })(KEY, manifested, signal);

    const manifest = world.submitted[0]?.parameters?.['files']?.replace('s3://suite/', '') ?? '';
    expect(world.manifests.get(manifest)?.split('\n')).toHaveLength(3);
    expect(world.submitted).toHaveLength(1);
  });

  it('leaves the manifest of a claim alone when another handler has read the run half changed', async () => {
    await arrive();
    const manifested = aFeed({ batch: { parameters: { files: '{manifest}' } } });
    const settled = createSettleRun(world.ports, { stage: 'test', pausesMs: [] });
    const seen = await current();
    const changed = anArrival({ etag: 'etag-2' });
    const ledger = {
      ...world.ledger,
      // The claim and the change of a file come between the two halves of what this one reads.
      readRunWithArrivals: async () => {
        await settled(KEY, manifested, signal);
        return { run: seen, arrivals: [changed] };
      },
      claim: () => Promise.reject(new Error('reset')),
    };
    const late = createSettleRun({ ...world.ports, ledger }, { stage: 'test', pausesMs: [] });

    await expect(late(KEY, manifested, signal)).rejects.toThrow('reset');

    const manifest = world.submitted[0]?.parameters?.['files']?.replace('s3://suite/', '') ?? '';
    expect(world.manifests.get(manifest)).toContain('"etag":"etag-1"');
  });

  it('gives up on a run that changes under every try', async () => {
    await arrive();
    const ledger = { ...world.ledger, claim: async () => false };

    const settled = createSettleRun({ ...world.ports, ledger }, { stage: 'test', pausesMs: [] })(KEY, feed, signal);

    await expect(settled).rejects.toThrow('changed under 20 tries');
  });

  it('goes on when only the answer to its claim was lost', async () => {
    await arrive();
    const ledger = {
      ...world.ledger,
      claim: async (...args: Parameters<typeof world.ledger.claim>) => {
        await world.ledger.claim(...args);
        throw new Error('reset');
      },
    };

    const outcome = await createSettleRun({ ...world.ports, ledger }, { stage: 'test', pausesMs: [] })(
      KEY,
      feed,
      signal,
    );

    expect(outcome.kind).toBe('submitted');
  });

  it('rejects when the claim was not written', async () => {
    await arrive();
    const ledger = {
      ...world.ledger,
      claim: async () => {
        throw new Error('table down');
      },
    };

    const settled = createSettleRun({ ...world.ports, ledger }, { stage: 'test', pausesMs: [] })(KEY, feed, signal);

    await expect(settled).rejects.toThrow('table down');
    expect(world.submitted).toEqual([]);
  });

  it('releases the claim when Batch did not take the request', async () => {
    await arrive();
    const error = new Error('TooManyRequestsException');
    world.submit.mockResolvedValueOnce({ kind: 'unsent', error });

    expect(await settleWith()).toEqual({ kind: 'unsent', ...NAME, error });
    expect((await current()).state).toBe('waiting');
    expect(await settleWith()).toMatchObject({ kind: 'submitted', jobId: 'job-1' });
  });

  it('tells people when Batch refuses the job, and never tries again by itself', async () => {
    await arrive();
    world.submit.mockResolvedValueOnce({ kind: 'refused', reason: 'ClientException: no such queue' });

    expect(await settleWith()).toEqual({ kind: 'refused', ...NAME, reason: 'ClientException: no such queue' });
    expect(await current()).toMatchObject({ state: 'refused', refusal: 'ClientException: no such queue' });
    expect(world.alerts).toEqual([expect.objectContaining({ kind: 'submit-refused' })]);
    expect(await settleWith()).toEqual({ kind: 'settled', ...NAME, state: 'refused' });
  });

  it('refuses by itself what Batch would not take, and sends nothing', async () => {
    await arrive(anArrival({ key: `sales/20261122/orders_${'x'.repeat(300)}.tsv.gz` }));

    const slots = [aFileSlot({ uri: 's3://landing/sales/{date:yyyyMMdd}/orders_{shop}.tsv.gz' })];
    const outcome = await settleWith([], aFeed({ slots, batch: { tags: { key: '{orders.key}' } } }));

    expect(outcome.kind).toBe('refused');
    expect(world.submitted).toEqual([]);
    expect((await current()).state).toBe('refused');
  });

  it('never sends what it refused, also when its owner died before people were told', async () => {
    await arrive(anArrival({ key: `sales/20261122/orders_${'x'.repeat(300)}.tsv.gz` }));
    const slots = [aFileSlot({ uri: 's3://landing/sales/{date:yyyyMMdd}/orders_{shop}.tsv.gz' })];
    const refused = aFeed({ slots, batch: { tags: { key: '{orders.key}' } } });
    const dying = { ...world.ports, openAlert: () => Promise.reject(new Error('table down')) };
    const settled = createSettleRun(dying, { stage: 'test', pausesMs: [] })(KEY, refused, signal);
    await expect(settled).rejects.toThrow('table down');
    world.pass(LEASE_MS);

    expect(await settleWith([], refused)).toMatchObject({ kind: 'refused', ...NAME });
    expect(world.submitted).toEqual([]);
    expect(world.alerts).toEqual([expect.objectContaining({ kind: 'submit-refused' })]);
  });

  it('tells people when it finds two jobs, and adopts the first', async () => {
    await abandon();
    world.pass(LEASE_MS);
    const later = new Date(START.getTime() + 1);
    world.find.mockResolvedValueOnce([
      { jobId: 'job-7', createdAt: START },
      { jobId: 'job-8', createdAt: later },
    ]);

    expect(await settleWith()).toMatchObject({ kind: 'submitted', jobId: 'job-7', adopted: true });
    expect(world.steps).toEqual([{ kind: 'two jobs', ...NAME, jobIds: ['job-7', 'job-8'] }]);
    expect(world.alerts).toEqual([expect.objectContaining({ kind: 'claim-lost' })]);
  });

  it('adopts the job at once when its answer was lost and Batch shows it', async () => {
    await arrive();
    world.submit.mockResolvedValueOnce({ kind: 'ambiguous', error: new Error('reset') });
    world.find.mockResolvedValueOnce([{ jobId: 'job-7', createdAt: START }]);

    expect(await settleWith()).toMatchObject({ kind: 'submitted', jobId: 'job-7', adopted: true });
    expect(world.steps.map(({ kind }) => kind)).toEqual(['claimed', 'answer lost']);
  });

  it('keeps the claim when the answer was lost and Batch shows nothing', async () => {
    await arrive();
    const error = new Error('reset');
    world.submit.mockResolvedValueOnce({ kind: 'ambiguous', error });

    expect(await settleWith()).toMatchObject({ kind: 'unconfirmed', ...NAME, error });
    expect((await current()).state).toBe('claimed');
  });

  it('leaves the run alone while another holds the lease', async () => {
    await abandon();

    const outcome = await settleWith([10, 20]);

    expect(outcome).toEqual({
      kind: 'claimed elsewhere',
      ...NAME,
      leaseUntil: new Date(START.getTime() + LEASE_MS).toISOString(),
    });
    expect(world.ports.pause).toHaveBeenCalledTimes(2);
    expect(world.submitted).toEqual([]);
  });

  it('tells people when Batch refuses to look for the job, and keeps the claim until it does', async () => {
    await abandon();
    world.pass(LEASE_MS);
    world.find.mockRejectedValueOnce(new LookUpRefusedError('ClientException: no such queue'));

    await expect(settleWith()).rejects.toThrow('ClientException: no such queue');

    expect(world.alerts).toMatchObject([{ kind: 'claim-lost', subject: 'sales@2026-11-22#1#look-up' }]);
    expect((await current()).state).toBe('claimed');
  });

  it('tells nobody when a look-up only failed', async () => {
    await abandon();
    world.pass(LEASE_MS);
    world.find.mockRejectedValueOnce(new Error('socket hang up'));

    await expect(settleWith()).rejects.toThrow('socket hang up');

    expect(world.alerts).toEqual([]);
  });

  it('adopts the job of a dead owner after the lease', async () => {
    await abandon();
    world.pass(LEASE_MS);
    world.find.mockResolvedValueOnce([{ jobId: 'job-7', createdAt: START }]);

    expect(await settleWith()).toMatchObject({ kind: 'submitted', jobId: 'job-7', adopted: true });
  });

  it('submits again, the very same request, only after two empty look-ups a minute apart', async () => {
    await abandon();
    world.pass(LEASE_MS);

    expect((await settleWith()).kind).toBe('unconfirmed');
    world.pass(LOOKUP_GAP_MS - 1);
    expect((await settleWith()).kind).toBe('unconfirmed');
    expect(world.submitted).toEqual([]);

    world.pass(1);
    const changed = aFeed({ batch: { definition: 'import-sales:2' } });
    expect(await settleWith([], changed)).toMatchObject({ kind: 'submitted', jobId: 'job-1' });
    expect(world.submitted).toEqual([expect.objectContaining({ jobDefinition: 'import-sales' })]);
    expect(world.steps.map(({ kind }) => kind)).toEqual(['not found', 'not found', 'not found', 'taken over']);
  });

  it('keeps from when on jobs are looked for through a take-over, so that no earlier job is out of sight', async () => {
    await abandon();
    world.pass(LEASE_MS);
    await settleWith();
    world.pass(LOOKUP_GAP_MS);
    await settleWith();

    const { claim } = await current();
    expect(claim?.claimedAt).toEqual(START);
    expect(claim?.leaseUntil.getTime()).toBe(START.getTime() + 2 * LEASE_MS + LOOKUP_GAP_MS);
  });

  it('reads again when somebody else was faster to take over', async () => {
    await abandon();
    world.pass(LEASE_MS);
    await settleWith();
    world.pass(LOOKUP_GAP_MS);
    const ledger = {
      ...world.ledger,
      takeOver: async (
        run: Awaited<ReturnType<typeof current>>,
        claim: Parameters<typeof world.ledger.takeOver>[1],
      ) => {
        await world.ledger.takeOver(run, { ...claim, owner: 'other' }, signal);
        return false;
      },
    };

    const outcome = await createSettleRun({ ...world.ports, ledger }, { stage: 'test', pausesMs: [] })(
      KEY,
      feed,
      signal,
    );

    expect(outcome.kind).toBe('claimed elsewhere');
    expect(world.submitted).toEqual([]);
  });

  it('does not submit with less than the time of a request left', async () => {
    await arrive();
    const ledger = {
      ...world.ledger,
      claim: async (...args: Parameters<typeof world.ledger.claim>) => {
        const claimed = await world.ledger.claim(...args);
        world.pass(LEASE_MS - 9_999);
        return claimed;
      },
    };

    const outcome = await createSettleRun({ ...world.ports, ledger }, { stage: 'test', pausesMs: [] })(
      KEY,
      feed,
      signal,
    );

    expect(outcome.kind).toBe('unconfirmed');
    expect(world.submitted).toEqual([]);
  });

  it('asks a person about a claim that is older than Batch remembers', async () => {
    await abandon();
    world.pass(BATCH_MEMORY_MS + 1);

    expect(await settleWith()).toMatchObject({ kind: 'lost', ...NAME });
    expect(world.alerts).toEqual([expect.objectContaining({ kind: 'claim-lost' })]);
    expect(world.find).toHaveBeenCalledTimes(1);
  });

  describe('when the ledger knows a job before the submission is recorded', () => {
    const settleAfter = async (change: (jobId: string) => Promise<void>) => {
      await arrive();
      world.submit.mockImplementationOnce(async () => {
        await change('job-1');
        return { kind: 'accepted', jobId: 'job-1' };
      });
      return settleWith();
    };

    const recordJob = async (jobId: string) => {
      const run = await current();
      if (run.claim !== undefined) {
        await world.ledger.recordSubmission(run, run.claim, jobId, START, signal);
      }
    };

    it('takes its own job for success', async () => {
      expect(await settleAfter(recordJob)).toMatchObject({ kind: 'submitted', jobId: 'job-1' });
    });

    it('takes a later generation for success', async () => {
      const outcome = await settleAfter(async (jobId) => {
        await recordJob(jobId);
        await world.ledger.recordJob(KEY, 1, { jobId, state: 'failed', attempts: 1 }, START, signal);
        await world.ledger.openNextGeneration(await current(), START, signal);
      });

      expect(outcome).toMatchObject({ kind: 'submitted', generation: 1 });
    });

    it('tells people of a second job', async () => {
      const outcome = await settleAfter(() => recordJob('job-0'));

      expect(outcome).toEqual({ kind: 'settled', ...NAME, state: 'submitted' });
      expect(world.steps.at(-1)).toEqual({ kind: 'two jobs', ...NAME, jobIds: ['job-0', 'job-1'] });
      expect(world.alerts).toEqual([expect.objectContaining({ kind: 'claim-lost' })]);
    });

    it('leaves the job to be found by whoever took the claim over', async () => {
      const outcome = await settleAfter(async () => {
        const run = await current();
        if (run.claim !== undefined) {
          await world.ledger.takeOver(run, { ...run.claim, owner: 'other' }, signal);
        }
      });

      expect(outcome).toMatchObject({ kind: 'unconfirmed', ...NAME });
    });
  });

  it('opens the next generation when a rerun is wanted and the one before has ended', async () => {
    await arrive();
    await settleWith();
    const entry = world.ledger.entries.get('sales@2026-11-22');
    if (entry !== undefined) {
      entry.run = { ...entry.run, state: 'failed', rerunRequestedAt: START };
    }

    expect(await settleWith()).toMatchObject({ kind: 'submitted', generation: 2, jobId: 'job-2' });
    expect(world.submitted[0]?.jobName).not.toBe(world.submitted[1]?.jobName);
    expect(world.steps.map(({ kind }) => kind)).toContain('generation opened');
  });

  it('reads again when somebody else opened the next generation', async () => {
    await arrive();
    await settleWith();
    const entry = world.ledger.entries.get('sales@2026-11-22');
    if (entry !== undefined) {
      entry.run = { ...entry.run, state: 'succeeded', rerunRequestedAt: START };
    }
    const ledger = {
      ...world.ledger,
      openNextGeneration: async (...args: Parameters<typeof world.ledger.openNextGeneration>) => {
        await world.ledger.openNextGeneration(...args);
        return false;
      },
    };

    const outcome = await createSettleRun({ ...world.ports, ledger }, { stage: 'test', pausesMs: [] })(
      KEY,
      feed,
      signal,
    );

    expect(outcome).toMatchObject({ kind: 'submitted', generation: 2 });
  });
});
