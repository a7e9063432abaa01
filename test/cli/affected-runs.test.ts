import { describe, expect, it } from 'vitest';
import { affectedBy, affectedLines, readStates } from '../../cli/affected-runs.ts';
import { parseConfiguration } from '../../configuration/load.ts';
import { type RunKey, runKeyId } from '../../shared/feeds/run-key.ts';
import { aRun } from '../support/builders.ts';

const job = { batch: { queue: 'q', definition: 'd' } };
const aFeedOf = (name: string, source: string, onOverwrite = 'ignore') => ({
  name,
  slots: { s: { feed: source } },
  onOverwrite,
  job,
});
const { feeds } = parseConfiguration({
  timeZone: 'UTC',
  feeds: [
    { name: 'sales', slots: { orders: { files: 's3://landing/{date:yyyyMMdd}/orders_*' } }, job },
    aFeedOf('again', 'sales', 'rerun'),
    aFeedOf('told', 'sales', 'alert'),
    aFeedOf('ignores', 'sales'),
    aFeedOf('after-again', 'again', 'rerun'),
    aFeedOf('after-ignores', 'ignores', 'rerun'),
  ],
}).configuration;

describe('affectedBy', () => {
  const key: RunKey = { feed: 'sales', date: '2026-11-22', values: {} };

  it('shows the effect on each dependent run, and follows only those that run', async () => {
    const affected = await affectedBy(feeds, [key], async () => 'succeeded');

    expect(Object.fromEntries(affected.map(({ run, effect }) => [run, effect]))).toEqual({
      'again@2026-11-22': 'runs again',
      'told@2026-11-22': 'people are told',
      'ignores@2026-11-22': 'nothing',
      'after-again@2026-11-22': 'runs again',
    });
  });

  it('shows a first run for those that have not run yet', async () => {
    const affected = await affectedBy(feeds, [key], async (run) => (run.feed === 'ignores' ? 'waiting' : undefined));

    expect(affected).toHaveLength(5);
    expect(new Set(affected.map(({ effect }) => effect))).toEqual(new Set(['first run']));
  });

  it('shows no effect on a shadow feed', async () => {
    const shadows = feeds.map((feed) => (feed.name === 'again' ? { ...feed, shadow: true } : feed));

    const affected = await affectedBy(shadows, [key], async () => undefined);

    expect(affected).toContainEqual({ run: 'again@2026-11-22', effect: 'nothing' });
    expect(affected.map(({ run }) => run)).not.toContain('after-again@2026-11-22');
  });

  it('reads each run once, and at most two hundred', async () => {
    const many = Array.from({ length: 300 }, (_, index) => ({
      ...key,
      date: `2026-${String(10 + (index % 3))}-${String(1 + (index % 28)).padStart(2, '0')}`,
    }));
    const read: string[] = [];

    const affected = await affectedBy(feeds, many, async (run) => {
      read.push(runKeyId(run));
      return 'succeeded';
    });

    expect(affected).toHaveLength(200);
    expect(new Set(read).size).toBe(read.length);
  });
});

describe('affectedLines', () => {
  it('leaves out runs without an effect, and ends after forty', () => {
    const many = Array.from({ length: 45 }, (_, index) => ({ run: `again@${index}`, effect: 'first run' }) as const);

    expect(affectedLines([{ run: 'x', effect: 'nothing' }])).toEqual([]);
    expect(affectedLines(many)).toHaveLength(41);
    expect(affectedLines(many)[0]).toBe('  then      again@0: first run');
    expect(affectedLines(many).at(-1)).toBe('  and 5 more');
  });
});

describe('readStates', () => {
  it('reads the state of a run, and none of a run that does not exist', async () => {
    const known = aRun({ state: 'failed' });
    const readRun = async (key: RunKey) => (key.feed === known.key.feed ? known : undefined);
    const stateOf = readStates({ readRun }, new AbortController().signal);

    expect(await stateOf(known.key)).toBe('failed');
    expect(await stateOf({ feed: 'another', values: {} })).toBeUndefined();
  });
});
