import { beforeEach, describe, expect, it } from 'vitest';
import { createCatchUpWithSources, createReadSources } from '../../../shared/runs/read-sources.ts';
import { aFeed, aFeedSlot, aFileSlot, aRun } from '../../support/builders.ts';
import { runPorts, START } from '../../support/run-ports.ts';

const signal = new AbortController().signal;
const KEY = { feed: 'report', date: '2026-11-22', values: {} };
const SOURCE = { feed: 'catalog', date: '2026-11-22', values: {} };
const report = aFeed({ name: 'report', slots: [aFeedSlot(), aFileSlot()] });
const feeds = new Map([
  ['catalog', aFeed({ name: 'catalog' })],
  ['report', report],
]);
const run = aRun({ key: KEY, filled: new Map() });

let world: ReturnType<typeof runPorts>;

beforeEach(() => {
  world = runPorts();
});

/** Puts the source's run into the ledger, with its job as it is. */
const sourceIs = async (state: 'running' | 'succeeded') => {
  await world.ledger.openRun(SOURCE, START, signal);
  const opened = world.ledger.entries.get('catalog@2026-11-22');
  if (opened !== undefined) {
    opened.run = { ...opened.run, state };
  }
};

describe('createReadSources', () => {
  it('reads the runs for which open slots wait, whether or not anything is known of them', async () => {
    const readSources = createReadSources(world.ports, feeds);

    expect(await readSources(report, run, signal)).toEqual([{ slot: report.slots[0], key: SOURCE }]);
    await sourceIs('running');
    expect(await readSources(report, run, signal)).toMatchObject([{ key: SOURCE, found: { state: 'running' } }]);
  });

  it('asks nothing where no open slot waits for a run', async () => {
    const ledger = { ...world.ledger, readRun: () => Promise.reject(new Error('asked')) };

    expect(
      await createReadSources({ ledger }, feeds)(report, aRun({ filled: new Map([['catalog', 1]]) }), signal),
    ).toEqual([]);
    await expect(createReadSources({ ledger }, feeds)(report, run, signal)).rejects.toThrow('asked');
  });
});

describe('createCatchUpWithSources', () => {
  it('records a success that nobody told, once', async () => {
    const catchUp = createCatchUpWithSources(world.ports, feeds);
    await sourceIs('running');
    expect(await catchUp(report, run, signal)).toBe(false);

    await sourceIs('succeeded');
    world.ledger.entries.get('catalog@2026-11-22')!.run = aRun({ key: SOURCE, state: 'succeeded' });

    expect(await catchUp(report, run, signal)).toBe(true);
    expect(await catchUp(report, run, signal)).toBe(false);
    expect((await world.ledger.readRun(KEY, signal))?.filled).toEqual(new Map([['catalog', 1]]));
  });
});
