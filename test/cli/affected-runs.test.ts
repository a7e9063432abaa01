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

  it('says what each run that waits does, and goes on only behind those that run', async () => {
    const affected = await affectedBy(feeds, [key], async () => 'succeeded');

    expect(Object.fromEntries(affected.map(({ run, effect }) => [run, effect]))).toEqual({
      'again@2026-11-22': 'runs again',
      'told@2026-11-22': 'people are told',
      'ignores@2026-11-22': 'nothing',
      'after-again@2026-11-22': 'runs again',
    });
  });

  it('says of those that have not run yet that they run', async () => {
    const affected = await affectedBy(feeds, [key], async (run) => (run.feed === 'ignores' ? 'waiting' : undefined));

    expect(affected).toHaveLength(5);
    expect(new Set(affected.map(({ effect }) => effect))).toEqual(new Set(['first run']));
  });

  it('says of a shadow feed that nothing follows', async () => {
    const shadows = feeds.map((feed) => (feed.name === 'again' ? { ...feed, shadow: true } : feed));

    const affected = await affectedBy(shadows, [key], async () => undefined);

    expect(affected).toContainEqual({ run: 'again@2026-11-22', effect: 'nothing' });
    expect(affected.map(({ run }) => run)).not.toContain('after-again@2026-11-22');
  });

  it('reads each once, and not more than two hundred', async () => {
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
  it('leaves out what nothing follows for, and ends after forty', () => {
    const many = Array.from({ length: 45 }, (_, index) => ({ run: `again@${index}`, effect: 'first run' }) as const);

    expect(affectedLines([{ run: 'x', effect: 'nothing' }])).toEqual([]);
    expect(affectedLines(many)).toHaveLength(41);
    expect(affectedLines(many)[0]).toBe('  then      again@0: first run');
    expect(affectedLines(many).at(-1)).toBe('  and 5 more');
  });
});

describe('readStates', () => {
  it('reads the state of a run, and of one that nobody knows none', async () => {
    const known = aRun({ state: 'failed' });
    const readRun = async (key: RunKey) => (key.feed === known.key.feed ? known : undefined);
    const stateOf = readStates({ readRun }, new AbortController().signal);

    expect(await stateOf(known.key)).toBe('failed');
    expect(await stateOf({ feed: 'another', values: {} })).toBeUndefined();
  });
});
