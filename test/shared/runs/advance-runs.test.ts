import { beforeEach, describe, expect, it } from 'vitest';
import { createMatcher } from '../../../shared/feeds/match-feeds.ts';
import { createAdvanceRuns } from '../../../shared/runs/advance-runs.ts';
import { isUnfinished } from '../../../shared/runs/outcome.ts';
import { aFeed, aFileSlot } from '../../support/builders.ts';
import { runPorts } from '../../support/run-ports.ts';

const signal = new AbortController().signal;
const BUCKET = 'landing';
const ordersOf = (shop: string) => ({
  bucket: BUCKET,
  key: `sales/20261122/orders_${shop}.tsv.gz`,
  etag: `etag-${shop}`,
  sizeBytes: 10,
});
const sales = aFeed({ slots: [aFileSlot({ min: 2 })] });
const report = aFeed({ name: 'report', batch: { definition: 'make-report' } });

let world: ReturnType<typeof runPorts>;

beforeEach(() => {
  world = runPorts();
});

const advance = (feeds = [sales], ports = world.ports) =>
  createAdvanceRuns(ports, { stage: 'test', pausesMs: [10], match: createMatcher(feeds) });

describe('createAdvanceRuns', () => {
  it('skips an object that no feed waits for', async () => {
    const outcomes = await advance()({ bucket: BUCKET, key: 'other' }, signal);

    expect(outcomes).toEqual([{ kind: 'skipped', bucket: BUCKET, key: 'other', reason: 'no feed' }]);
  });

  it('submits the job with the file that completes the run', async () => {
    const advanceRuns = advance();

    expect(await advanceRuns(ordersOf('tokyo'), signal)).toMatchObject([{ kind: 'waiting' }]);
    expect(await advanceRuns(ordersOf('osaka'), signal)).toMatchObject([{ kind: 'submitted', jobId: 'job-1' }]);
  });

  it('fills the slots of every feed that the object belongs to', async () => {
    const outcomes = await advance([sales, report])(ordersOf('tokyo'), signal);

    expect(outcomes).toMatchObject([
      { kind: 'waiting', feed: 'sales' },
      { kind: 'submitted', feed: 'report' },
    ]);
  });

  it('asks S3 for what the event does not say', async () => {
    const { etag, sizeBytes, ...place } = ordersOf('tokyo');
    world.heads.set(`${place.bucket}/${place.key}`, { etag, sizeBytes });

    expect(await advance()(place, signal)).toMatchObject([{ kind: 'waiting' }]);
    expect(await advance()(ordersOf('tokyo'), signal)).toMatchObject([{ kind: 'waiting', missing: [{ have: 1 }] }]);
  });

  it('skips an object that is gone before anything was known of it', async () => {
    const { key, bucket } = ordersOf('tokyo');

    expect(await advance()({ key, bucket }, signal)).toEqual([{ kind: 'skipped', bucket, key, reason: 'object gone' }]);
  });

  it('skips a new content that is gone', async () => {
    await advance()(ordersOf('tokyo'), signal);

    const outcomes = await advance()({ ...ordersOf('tokyo'), etag: 'other' }, signal);

    expect(outcomes).toMatchObject([{ kind: 'skipped', reason: 'object gone' }]);
  });

  it('evaluates a repeat, since the one before may have died after its record', async () => {
    const advanceRuns = advance([report]);
    await world.ledger.recordArrival(
      { feed: 'report', date: '2026-11-22', values: {} },
      { slot: 'orders', fills: true, ...ordersOf('tokyo') },
      world.ports.now(),
      signal,
    );

    expect(await advanceRuns(ordersOf('tokyo'), signal)).toMatchObject([{ kind: 'submitted' }]);
  });

  it('submits one job for fifty deliveries of one event at once', async () => {
    const advanceRuns = advance([report]);

    const outcomes = await Promise.all(Array.from({ length: 50 }, () => advanceRuns(ordersOf('tokyo'), signal)));

    expect(world.submitted).toHaveLength(1);
    expect(outcomes.flat().some(isUnfinished)).toBe(false);
  });

  it('submits one job when two files complete a run at once', async () => {
    const advanceRuns = advance();

    const outcomes = await Promise.all(['tokyo', 'osaka'].map((shop) => advanceRuns(ordersOf(shop), signal)));

    expect(world.submitted).toHaveLength(1);
    expect(outcomes.flat().filter(({ kind }) => kind === 'submitted')).toHaveLength(1);
  });

  it('tells which run failed, and goes on with the others', async () => {
    const recordArrival: typeof world.ledger.recordArrival = (run, ...rest) =>
      run.feed === 'sales' ? Promise.reject(new Error('table down')) : world.ledger.recordArrival(run, ...rest);

    const outcomes = await advance([sales, report], { ...world.ports, ledger: { ...world.ledger, recordArrival } })(
      ordersOf('tokyo'),
      signal,
    );

    expect(outcomes).toMatchObject([
      { kind: 'failed', feed: 'sales', run: 'sales@2026-11-22', error: new Error('table down') },
      { kind: 'submitted', feed: 'report' },
    ]);
    expect(outcomes.map(isUnfinished)).toEqual([true, false]);
  });

  it('says which generation could not be settled', async () => {
    const ledger = { ...world.ledger, claim: () => Promise.reject(new Error('no answer')) };

    const outcomes = await advance([report], { ...world.ports, ledger })(ordersOf('tokyo'), signal);

    expect(outcomes).toMatchObject([{ kind: 'failed', generation: 1, error: { message: 'no answer' } }]);
  });

  it('makes an error of whatever was thrown', async () => {
    const recordArrival = () => Promise.reject('odd');

    const outcomes = await advance([report], { ...world.ports, ledger: { ...world.ledger, recordArrival } })(
      ordersOf('tokyo'),
      signal,
    );

    expect(outcomes).toMatchObject([{ kind: 'failed', error: new Error('odd') }]);
  });

  it('lets the next one have its turn after a failure', async () => {
    let fails = true;
    const recordArrival: typeof world.ledger.recordArrival = (...args) => {
      const failing = fails;
      fails = false;
      return failing ? Promise.reject(new Error('reset')) : world.ledger.recordArrival(...args);
    };
    const advanceRuns = advance([report], { ...world.ports, ledger: { ...world.ledger, recordArrival } });

    const outcomes = await Promise.all([
      advanceRuns(ordersOf('tokyo'), signal),
      advanceRuns(ordersOf('tokyo'), signal),
    ]);

    expect(outcomes.flat().map(({ kind }) => kind)).toEqual(['failed', 'submitted']);
  });
});
