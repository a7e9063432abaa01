import { beforeEach, describe, expect, it } from 'vitest';
import type { OnOverwrite } from '../../../shared/feeds/feed.ts';
import { createRecordArrival } from '../../../shared/runs/record-arrival.ts';
import type { RunState } from '../../../shared/runs/run.ts';
import { aClaim, aFeed, aFileSlot, anArrival } from '../../support/builders.ts';
import { runPorts, START } from '../../support/run-ports.ts';

const signal = new AbortController().signal;
const KEY = { feed: 'sales', date: '2026-11-22', values: {} };
const PLACE = { bucket: 'landing', key: 'sales/20261122/orders_tokyo.tsv.gz' };
const first = { ...PLACE, etag: 'etag-1', sizeBytes: 1_000 };
const second = { ...PLACE, etag: 'etag-2', sizeBytes: 2_000 };

let world: ReturnType<typeof runPorts>;

beforeEach(() => {
  world = runPorts();
});

const inS3 = ({ bucket, key, ...head }: typeof first) => world.heads.set(`${bucket}/${key}`, head);

const record = (object: typeof first, onOverwrite: OnOverwrite = 'ignore', minBytes = 0) => {
  const slot = aFileSlot({ minBytes });
  return createRecordArrival(world.ports)(
    { feed: aFeed({ onOverwrite, slots: [slot] }), slot, run: KEY },
    object,
    signal,
  );
};

const entry = () => {
  const found = world.ledger.entries.get('sales@2026-11-22');
  if (found === undefined) {
    throw new Error('no run');
  }
  return found;
};

const moveTo = (state: RunState) => {
  const found = entry();
  found.run = { ...found.run, state, ...(state === 'waiting' ? {} : { claim: aClaim() }) };
};

const etags = () => [...entry().arrivals.values()].map(({ etag }) => etag);

describe('createRecordArrival', () => {
  it('records a new key, and nothing more for its repeats', async () => {
    expect(await record(first)).toBe('recorded');
    expect(await record(first)).toBe('repeated');

    expect(entry().run.filled).toEqual(new Map([['orders', 1]]));
  });

  it('does not count an object that is too small', async () => {
    await record(first, 'ignore', 1_001);

    expect(entry().run.filled).toEqual(new Map([['orders', 0]]));
  });

  it('takes a new content for the run while it waits, whatever the policy', async () => {
    await record(first);
    inS3(second);

    expect(await record(second, 'rerun')).toBe('changed');
    expect(etags()).toEqual(['etag-2']);
    expect(entry().run.rerunRequestedAt).toBeUndefined();
  });

  it('takes a content away from the slot that has become too small', async () => {
    await record(first, 'ignore', 1_000);
    inS3({ ...second, sizeBytes: 0 });

    await record({ ...second, sizeBytes: 0 }, 'ignore', 1_000);

    expect(entry().run.filled).toEqual(new Map([['orders', 0]]));
  });

  it('asks S3 which content is the newest, since events come in any order', async () => {
    await record(second);
    inS3(second);

    expect(await record(first)).toBe('repeated');
    expect(etags()).toEqual(['etag-2']);
  });

  it('records what S3 holds, when that is neither the known nor the announced content', async () => {
    await record(first);
    inS3({ ...second, etag: 'etag-3' });

    expect(await record(second)).toBe('changed');
    expect(etags()).toEqual(['etag-3']);
  });

  it('changes nothing when the object is gone', async () => {
    await record(first);

    expect(await record(second)).toBe('gone');
    expect(etags()).toEqual(['etag-1']);
  });

  const AFTER: RunState[] = ['claimed', 'submitted', 'running', 'succeeded', 'failed'];

  it.each(AFTER)('ignores a new content while %s, but remembers it', async (state) => {
    await record(first);
    moveTo(state);
    inS3(second);

    expect(await record(second, 'ignore')).toBe('changed');
    expect(etags()).toEqual(['etag-2']);
    expect(world.alerts).toEqual([]);
    expect(entry().run).toMatchObject({ state });
    expect(entry().run.rerunRequestedAt).toBeUndefined();
    expect(world.steps).toEqual([
      { kind: 'overwritten', feed: 'sales', run: 'sales@2026-11-22', generation: 1, key: PLACE.key, policy: 'ignore' },
    ]);
  });

  it.each(AFTER)('tells people of a new content while %s', async (state) => {
    await record(first);
    moveTo(state);
    inS3(second);

    await record(second, 'alert');

    expect(world.alerts).toEqual([expect.objectContaining({ kind: 'file-overwritten' })]);
    expect(entry().run.rerunRequestedAt).toBeUndefined();
  });

  it.each(AFTER)('asks for one rerun however often a content changes while %s', async (state) => {
    await record(first);
    moveTo(state);
    inS3(second);
    await record(second, 'rerun');
    world.pass(1_000);
    const third = { ...second, etag: 'etag-3' };
    inS3(third);

    await record(third, 'rerun');

    expect(entry().run.rerunRequestedAt).toEqual(START);
  });

  it('leaves a refused run to a replay', async () => {
    await record(first);
    moveTo('refused');
    inS3(second);

    await record(second, 'rerun');

    expect(entry().run.rerunRequestedAt).toBeUndefined();
    expect(etags()).toEqual(['etag-2']);
  });

  it.each<OnOverwrite>(['ignore', 'alert', 'rerun'])(
    'treats a new key after the claim like a new content: %s',
    async (policy) => {
      await record(first);
      moveTo('submitted');
      const late = { ...first, key: 'sales/20261122/orders_late.tsv.gz' };
      inS3(late);

      expect(await record(late, policy)).toBe('changed');
      expect(entry().run.filled).toEqual(new Map([['orders', 2]]));
      expect(world.alerts).toHaveLength(policy === 'alert' ? 1 : 0);
      expect(entry().run.rerunRequestedAt).toEqual(policy === 'rerun' ? START : undefined);
      expect(await record(late, policy)).toBe('repeated');
    },
  );

  it('tells people of each writing, also when a content comes back', async () => {
    await record(first);
    moveTo('submitted');

    for (const [minute, { etag }] of [second, first, second].entries()) {
      const writtenAt = new Date(START.getTime() + minute * 60_000);
      world.heads.set(`${PLACE.bucket}/${PLACE.key}`, { etag, sizeBytes: 1_000, writtenAt });
      await record({ ...first, etag }, 'alert');
    }

    expect(new Set(world.alerts.map(({ subject }) => subject)).size).toBe(3);
  });

  it('opens the alert before it remembers the content, so that a crash in between tells it again', async () => {
    await record(first);
    moveTo('submitted');
    inS3(second);
    const ports = { ...world.ports, openAlert: () => Promise.reject(new Error('table down')) };
    const slot = aFileSlot();
    const failing = createRecordArrival(ports)(
      { feed: aFeed({ onOverwrite: 'alert' }), slot, run: KEY },
      second,
      signal,
    );

    await expect(failing).rejects.toThrow('table down');

    expect(etags()).toEqual(['etag-1']);
  });

  it('decides again when the run has changed meanwhile', async () => {
    await record(first);
    inS3(second);
    const { changeArrival } = world.ledger;
    let tries = 0;
    const ledger = {
      ...world.ledger,
      changeArrival: async (...args: Parameters<typeof changeArrival>) => {
        tries += 1;
        if (tries === 1) {
          await world.ledger.recordArrival(
            KEY,
            anArrival({ key: 'sales/20261122/orders_osaka.tsv.gz' }),
            START,
            signal,
          );
        }
        return changeArrival(...args);
      },
    };
    const slot = aFileSlot();

    const recorded = await createRecordArrival({ ...world.ports, ledger })(
      { feed: aFeed(), slot, run: KEY },
      second,
      signal,
    );

    expect(recorded).toBe('changed');
    expect(tries).toBe(2);
  });

  it('gives up on a run that changes under every try, so that the event comes back', async () => {
    await record(first);
    inS3(second);
    const ledger = { ...world.ledger, changeArrival: async () => false };
    const slot = aFileSlot();

    const recorded = createRecordArrival({ ...world.ports, ledger })({ feed: aFeed(), slot, run: KEY }, second, signal);

    await expect(recorded).rejects.toThrow(`s3://landing/${PLACE.key} met another change 10 times`);
  });
});
