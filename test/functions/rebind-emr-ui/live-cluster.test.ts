import { describe, expect, it } from 'vitest';
import { newestCluster } from '../../../functions/rebind-emr-ui/live-cluster.ts';
import type { Cluster } from '../../../shared/clusters/cluster.ts';
import { aCluster, at } from '../../support/emr-builders.ts';

const cluster = (id: string, time: string): Cluster => aCluster({ id, createdAt: at(time) });

describe('newestCluster', () => {
  it('chooses the newest, and among those of one instant always the same', () => {
    const clusters = [
      cluster('j-b', '02:00'),
      cluster('j-c', '02:00'),
      cluster('j-a', '02:00'),
      cluster('j-z', '01:00'),
    ];

    const expected = { kind: 'newest', cluster: clusters[1], others: ['j-b', 'j-a', 'j-z'] };
    expect(newestCluster(clusters, [])).toEqual(expected);
    expect(newestCluster(clusters.toReversed(), [])).toEqual(expected);
  });

  it.each([
    ['none without a cluster', [], [], { kind: 'none' }],
    ['none older in doubt than the newest', [cluster('j-1', '02:00')], [cluster('j-2', '01:00')], { kind: 'newest' }],
    [
      'unknown while the tags of a newer cluster are',
      [cluster('j-1', '02:00')],
      [cluster('j-2', '03:00')],
      { kind: 'unknown', error: new Error('The tags of cluster j-2 could not be read') },
    ],
    ['unknown while the tags of the only cluster are', [], [cluster('j-2', '03:00')], { kind: 'unknown' }],
  ])('answers: %s', (_, certain, doubtful, expected) => {
    expect(newestCluster(certain, doubtful)).toMatchObject(expected);
  });
});
