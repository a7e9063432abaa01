import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { count, flushMetrics } from '../../../shared/telemetry/metrics.ts';
import { captureOutput } from '../../support/captured-output.ts';

vi.hoisted(() => {
  process.env['POWERTOOLS_SERVICE_NAME'] = 'check-arrivals';
});

const output = captureOutput();

const counted = (): unknown[] => output.metrics().map(({ name, dimensions, value }) => [name, dimensions, value]);

describe('count', () => {
  it('counts once unless told how often', () => {
    count('ArrivalsSkipped');
    count('ArrivalsSkipped', 4);
    flushMetrics();

    expect(counted()).toEqual([['ArrivalsSkipped', { service: 'check-arrivals' }, 5]]);
  });

  it('counts in all, which an alarm needs, and by its own dimension', () => {
    count('JobsSubmitted', 1, { Feed: 'sales' });
    flushMetrics();

    expect(counted()).toEqual([
      ['JobsSubmitted', { service: 'check-arrivals' }, 1],
      ['JobsSubmitted', { service: 'check-arrivals', Feed: 'sales' }, 1],
    ]);
  });

  it('writes one line for all that is counted of the same', () => {
    count('JobsSubmitted', 1, { Feed: 'sales' });
    count('SubmissionsRefused', 1, { Feed: 'sales' });
    count('JobsSubmitted', 1, { Feed: 'sales' });
    count('JobsSubmitted', 1, { Feed: 'stock' });
    flushMetrics();

    expect(output.lines()).toHaveLength(2);
    expect(counted()).toEqual([
      ['JobsSubmitted', { service: 'check-arrivals' }, 2],
      ['JobsSubmitted', { service: 'check-arrivals', Feed: 'sales' }, 2],
      ['SubmissionsRefused', { service: 'check-arrivals' }, 1],
      ['SubmissionsRefused', { service: 'check-arrivals', Feed: 'sales' }, 1],
      ['JobsSubmitted', { service: 'check-arrivals' }, 1],
      ['JobsSubmitted', { service: 'check-arrivals', Feed: 'stock' }, 1],
    ]);
  });

  it('takes only metrics of the catalogue with their own dimension', () => {
    // @ts-expect-error -- no such metric
    () => count('JobsSubmited', 1, { Feed: 'sales' });
    // @ts-expect-error -- a gauge is put, not counted
    () => count('StuckJobs', 1);
    // @ts-expect-error -- its dimension is missing
    () => count('JobsSubmitted', 1);
    // @ts-expect-error -- not its dimension
    () => count('JobsSubmitted', 1, { Kind: 'feed-late' });
    // @ts-expect-error -- no such kind
    () => count('AlertsTold', 1, { Kind: 'feed-lost' });
    // @ts-expect-error -- it has none
    () => count('RecordsFailed', 1, { Feed: 'sales' });

    flushMetrics();
    expect(output.lines()).toEqual([]);
  });
});

describe('flushMetrics', () => {
  it('writes nothing twice, and nothing when there is nothing', () => {
    count('RecordsFailed');
    flushMetrics();
    flushMetrics();

    expect(output.lines()).toHaveLength(1);
  });

  it('writes in sum what was counted, however it was counted and flushed', () => {
    const calls = fc.array(
      fc.oneof(fc.constant('flush' as const), fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(9))),
      {
        maxLength: 300,
      },
    );
    let seen = 0;
    fc.assert(
      fc.property(calls, (script) => {
        for (const call of script) {
          if (call === 'flush') {
            flushMetrics();
          } else {
            count('ArrivalsFoundByListing', call[1], { Feed: call[0] });
          }
        }
        flushMetrics();

        const metrics = output.metrics().slice(seen);
        seen += metrics.length;
        const written = (feed: string | undefined): number =>
          metrics
            .filter(({ dimensions }) => dimensions['Feed'] === feed)
            .reduce((sum, { value }) => sum + Number(value), 0);
        const expected = (feed?: string): number =>
          script.reduce((sum, call) => (call !== 'flush' && (feed ?? call[0]) === call[0] ? sum + call[1] : sum), 0);
        expect(['a', 'b', 'c'].map(written)).toEqual(['a', 'b', 'c'].map(expected));
        expect(written(undefined)).toBe(expected());
      }),
      { numRuns: 30 },
    );
  });
});
