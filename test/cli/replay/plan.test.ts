import { describe, expect, it } from 'vitest';
import { planReplay, planText } from '../../../cli/replay/plan.ts';
import { parseConfiguration } from '../../../configuration/load.ts';
import { MINUTE_MS } from '../../../shared/durations.ts';
import type { Run, RunState } from '../../../shared/runs/run.ts';
import { BATCH_MEMORY_MS } from '../../../shared/runs/state-machine.ts';
import { aClaim } from '../../support/builders.ts';

const NOW = new Date('2026-11-22T03:00:00.000Z');
const before = (ms: number) => new Date(NOW.getTime() - ms);

const job = { batch: { queue: 'q', definition: 'd' } };
const { feeds } = parseConfiguration({
  timeZone: 'UTC',
  feeds: [{ name: 'sales', slots: { orders: { files: 's3://landing/{date:yyyyMMdd}/orders_*', min: 2 } }, job }],
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
    ['has an expired claim', aRun('claimed', { claim: claimedAt(10 * MINUTE_MS) }), 'finish', 'finish'],
    [
      'has a claim older than AWS Batch remembers',
      aRun('claimed', { claim: claimedAt(BATCH_MEMORY_MS + MINUTE_MS) }),
      'leave',
      'reopen',
    ],
    ['is submitted', aRun('submitted'), 'leave', 'leave'],
    ['runs', aRun('running'), 'leave', 'leave'],
    ['has succeeded', aRun('succeeded'), 'leave', 'rerun'],
    ['has failed', aRun('failed'), 'leave', 'rerun'],
    ['was refused', aRun('refused', { refusal: 'no queue' }), 'reopen', 'reopen'],
    ['was not submitted by a shadow feed', aRun('waiting', { wouldSubmitAt: NOW }), 'leave', 'reopen'],
  ])('decides on a run that %s, without and with --force', (_, run, plain, forced) => {
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
  ])('leaves a run of a shadow feed that is %s %o, also with --force', (state, more) => {
    expect(planReplay({ ...sales, shadow: true }, [aRun(state, more)], true, NOW)[0]?.act).toBe('leave');
  });
});

describe('planText', () => {
  it('begins with the runs to be submitted, each with its reason, and ends with the effects', () => {
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
