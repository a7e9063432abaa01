import { describe, expect, it } from 'vitest';
import { isWorthSaving, rosterAfter } from '../../../functions/aggregate-emr-metrics/roster.ts';
import { aCluster, aLogicalCluster, at } from '../../support/emr-builders.ts';

const NOW = at('03:00');

describe('rosterAfter', () => {
  it.each([
    ['a live cluster', undefined, true],
    ['a cluster that ended after the watermark', at('02:01'), true],
    ['no cluster that is published up to its end', at('02:00'), false],
  ])('keeps %s', (_, endedAt, isKept) => {
    const cluster = aCluster(endedAt === undefined ? {} : { endedAt });
    const logical = aLogicalCluster({ clusters: [cluster] });

    const { clusters } = rosterAfter([logical], new Map([['etl', at('02:00')]]), NOW);

    expect(clusters).toEqual(isKept ? [cluster] : []);
  });

  it('keeps each cluster once, in the order of ids, and all ended ones of a name without a watermark', () => {
    const [one, other] = [aCluster({ id: 'j-1', endedAt: at('01:00') }), aCluster({ id: 'j-2' })];
    const logicals = [
      aLogicalCluster({ clusters: [other], doubtful: [one] }),
      aLogicalCluster({ name: 'x', clusters: [one] }),
    ];

    expect(rosterAfter(logicals, new Map(), NOW)).toEqual({ listedAt: NOW, clusters: [one, other] });
  });
});

describe('isWorthSaving', () => {
  const roster = { listedAt: at('02:31'), clusters: [aCluster()] };

  it.each([
    ['without a roster before', undefined, true],
    ['an equal roster of half an hour ago', { ...roster, listedAt: at('02:30') }, true],
    ['not an equal roster that is younger', roster, false],
    ['other clusters', { ...roster, clusters: [] }, true],
  ])('saves: %s', (_, before, expected) => {
    expect(isWorthSaving(before, { listedAt: NOW, clusters: [aCluster()] })).toBe(expected);
  });
});
