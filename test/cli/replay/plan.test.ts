import { describe, expect, it } from 'vitest';
import { affectedBy, planReplay, planText } from '../../../cli/replay/plan.ts';
import { parseConfiguration } from '../../../shared/config/load.ts';
import { type RunKey, runKeyId } from '../../../shared/feeds/run-key.ts';
import type { Run, RunState } from '../../../shared/runs/run.ts';
import { BATCH_MEMORY_MS } from '../../../shared/runs/state-machine.ts';
import { aClaim } from '../../support/builders.ts';

const NOW = new Date('2026-11-22T03:00:00.000Z');
const before = (ms: number) => new Date(NOW.getTime() - ms);
const MINUTE_MS = 60_000;

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
    { name: 'sales', slots: { orders: { files: 's3://landing/{date:yyyyMMdd}/orders_*', min: 2 } }, job },
    aFeedOf('again', 'sales', 'rerun'),
    aFeedOf('told', 'sales', 'alert'),
    aFeedOf('ignores', 'sales'),
    aFeedOf('after-again', 'again', 'rerun'),
    aFeedOf('after-ignores', 'ignores', 'rerun'),
  ],
}).configuration;
const sales = feeds[0]!;

const aRun = (state: RunState, more: Partial<Run> = {}): Run => ({
  key: { feed: 'sales', date: '2026-11-22', values: {} },
  generation: 1,
  revision: 1,
  state,
  filled: new Map([['orders', 2]]),
  openedAt: NOW,
  ...more,
});

const claimedAt = (ms: number) => aClaim({ claimedAt: before(ms), leaseUntil: before(ms - 5 * MINUTE_MS) });

describe('planReplay', () => {
  it.each<[string, Run, string, string]>([
    ['is complete', aRun('waiting'), 'submit', 'submit'],
    ['waits for more', aRun('waiting', { filled: new Map([['orders', 1]]) }), 'leave', 'leave'],
    ['is being submitted', aRun('claimed', { claim: claimedAt(MINUTE_MS) }), 'leave', 'leave'],
    ['has lost its owner', aRun('claimed', { claim: claimedAt(10 * MINUTE_MS) }), 'finish', 'finish'],
    ['nobody knows of', aRun('claimed', { claim: claimedAt(BATCH_MEMORY_MS + MINUTE_MS) }), 'leave', 'reopen'],
    ['is submitted', aRun('submitted'), 'leave', 'leave'],
    ['runs', aRun('running'), 'leave', 'leave'],
    ['has succeeded', aRun('succeeded'), 'leave', 'rerun'],
    ['has failed', aRun('failed'), 'leave', 'rerun'],
    ['was refused', aRun('refused', { refusal: 'no queue' }), 'reopen', 'reopen'],
    ['was left to others by a shadow', aRun('waiting', { wouldSubmitAt: NOW }), 'leave', 'reopen'],
  ])('does with a run that %s what is right, without and with force', (_, run, plain, forced) => {
    const acts = [false, true].map((isForced) => planReplay(sales, [run], isForced, NOW)[0]?.act);

    expect(acts).toEqual([plain, forced]);
  });

  it.each<[RunState, Partial<Run>]>([
    ['waiting', {}],
    ['waiting', { wouldSubmitAt: NOW }],
    ['succeeded', {}],
    ['failed', {}],
    ['refused', {}],
    ['claimed', { claim: claimedAt(BATCH_MEMORY_MS + MINUTE_MS) }],
  ])('begins nothing for a shadow feed, by force neither, with a run that is %s %o', (state, more) => {
    expect(planReplay({ ...sales, shadow: true }, [aRun(state, more)], true, NOW)[0]?.act).toBe('leave');
  });
});

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

describe('planText', () => {
  it('begins with what is done, says why, and what follows', () => {
    const plan = planReplay(sales, [aRun('succeeded'), aRun('waiting')], false, NOW);

    const text = planText(plan, [
      { run: 'again@2026-11-22', effect: 'runs again' },
      { run: 'x', effect: 'nothing' },
    ]);

    expect(text.split('\n')[0]).toBe('+ submit  sales@2026-11-22');
    expect(text).toContain('again@2026-11-22: runs again');
    expect(text).not.toContain('x: nothing');
    expect(text).toContain('1 of 2 runs to be submitted');
  });

  it('ends after forty, and says how many more there are', () => {
    const plan = planReplay(
      sales,
      Array.from({ length: 45 }, () => aRun('waiting')),
      false,
      NOW,
    );

    expect(planText(plan, [])).toContain('and 5 more');
  });
});
