import { describe, expect, it } from 'vitest';
import { gatherGauges } from '../../../functions/count-stuck-jobs/gather-gauges.ts';
import { notCountedGauge } from '../../../functions/count-stuck-jobs/gauges.ts';
import type { Gauge } from '../../../shared/telemetry/catalogue.ts';
import { AT } from './builders.ts';

const gauge = (value: number): Gauge => notCountedGauge(value, AT);

describe('gatherGauges', () => {
  it('publishes at the end, in one call, what was added in a short time', async () => {
    const calls: number[][] = [];
    const gauges = gatherGauges(async (all) => void calls.push(all.map(({ value }) => value)), 60_000);

    gauges.add([gauge(1), gauge(2)]);
    gauges.add([gauge(3)]);

    expect(await gauges.end()).toEqual([]);
    expect(calls).toEqual([[1, 2, 3]]);
  });

  it('does not delay known gauges for slow ones', async () => {
    const calls: number[][] = [];
    const gauges = gatherGauges(async (all) => void calls.push(all.map(({ value }) => value)), 10);

    gauges.add([gauge(1)]);
    await expect.poll(() => calls).toEqual([[1]]);
    gauges.add([gauge(2)]);
    await gauges.end();

    expect(calls).toEqual([[1], [2]]);
  });

  it('publishes nothing when there is nothing', async () => {
    const gauges = gatherGauges(() => Promise.reject(new Error('called')), 10);

    gauges.add([]);

    expect(await gauges.end()).toEqual([]);
  });

  it('returns the errors at the end, and publishes the rest', async () => {
    const error = new Error('no CloudWatch');
    const calls: number[][] = [];
    let failed = 0;
    const gauges = gatherGauges(async (all) => {
      if (all[0]?.value === 1) {
        failed += 1;
        throw error;
      }
      calls.push(all.map(({ value }) => value));
    }, 10);

    gauges.add([gauge(1)]);
    await expect.poll(() => failed).toBe(1);
    gauges.add([gauge(2)]);

    expect(await gauges.end()).toEqual([error]);
    expect(calls).toEqual([[2]]);
  });
});
