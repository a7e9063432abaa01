import { describe, expect, it } from 'vitest';
import { planWork, withinLimit } from '../../../functions/aggregate-emr-metrics/tick-tasks.ts';
import { aCluster, aLogicalCluster, at } from '../../support/emr-builders.ts';

const NOW = at('23:15');
const NEWEST = at('23:05');

const summary = (...[logicals, watermarks]: [Parameters<typeof planWork>[0], Record<string, string>]) =>
  planWork(logicals, new Map(Object.entries(watermarks).map(([name, until]) => [name, at(until)])), NEWEST, NOW).map(
    ({ logical, span }) => [logical.name, span.from, span.to],
  );

describe('planWork', () => {
  it('begins with the name that has waited longest, and keeps the order of the others', () => {
    const logicals = ['a', 'b', 'c'].map((name) => aLogicalCluster({ name }));

    expect(summary(logicals, { a: '23:00', b: '22:00', c: '23:00' })).toEqual([
      ['b', at('22:00'), NEWEST],
      ['a', at('23:00'), NEWEST],
      ['c', at('23:00'), NEWEST],
    ]);
  });

  it('omits names that are done, and names without a watermark', () => {
    const logicals = ['a', 'b'].map((name) => aLogicalCluster({ name }));

    expect(summary(logicals, { a: '23:05' })).toEqual([]);
  });

  it('takes half a day at a time', () => {
    expect(summary([aLogicalCluster()], { etl: '00:00' })).toEqual([['etl', at('00:00'), at('12:00')]]);
  });

  it('takes a name that is not of the configuration only from its first cluster on', () => {
    const own = { isStated: false, clusters: [aCluster({ createdAt: at('22:02') })] };
    const doubtful = { name: 'b', isStated: false, clusters: [], doubtful: [aCluster({ createdAt: at('21:59') })] };
    const gone = { name: 'c', isStated: false, clusters: [aCluster({ endedAt: at('01:00') })] };

    expect(summary([own, doubtful, gone].map(aLogicalCluster), { etl: '01:00', b: '01:00', c: '01:00' })).toEqual([
      ['b', at('21:55'), NEWEST],
      ['etl', at('22:00'), NEWEST],
    ]);
  });

  it('names the expired windows', () => {
    const DAY_MS = 86_400_000;
    const watermarks = new Map([['etl', new Date(at('00:00').getTime() - 20 * DAY_MS)]]);

    expect(planWork([aLogicalCluster()], watermarks, NEWEST, NOW)).toMatchObject([
      { expired: { from: new Date(at('00:00').getTime() - 20 * DAY_MS) } },
    ]);
  });
});

describe('withinLimit', () => {
  it('keeps the names of the configuration first, then those of the oldest clusters', () => {
    const young = aLogicalCluster({ name: 'young', isStated: false, clusters: [aCluster({ createdAt: at('02:00') })] });
    const old = aLogicalCluster({
      name: 'old',
      isStated: false,
      clusters: [],
      doubtful: [aCluster({ createdAt: at('01:00') })],
    });
    const stated = aLogicalCluster({ clusters: [] });

    const { kept, overLimit } = withinLimit([young, old, stated], 2);

    expect(kept).toEqual([stated, old]);
    expect(overLimit).toEqual([young]);
  });
});
