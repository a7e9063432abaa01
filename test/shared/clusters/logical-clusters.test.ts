import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dimensionValue } from '../../../shared/clusters/dimension-value.ts';
import type { ClusterSelector } from '../../../shared/clusters/emr-settings.ts';
import { groupClusters, needsTags } from '../../../shared/clusters/logical-clusters.ts';
import { aCluster } from '../../support/emr-builders.ts';

const BY_NAME: ClusterSelector = { kind: 'name', name: 'etl' };
const BY_PATTERN: ClusterSelector = { kind: 'pattern', pattern: 'report-*', name: 'reports' };
const BY_TAG: ClusterSelector = { kind: 'tag', key: 'team', value: 'ml', name: 'training' };
const ALL: ClusterSelector = { kind: 'pattern', pattern: '*' };

const summary = (...args: Parameters<typeof groupClusters>) =>
  groupClusters(...args).logicalClusters.map(({ name, clusters }) => [name, clusters.map(({ id }) => id)]);

describe('groupClusters', () => {
  it('puts clusters of one name together across restarts, and leaves the others out', () => {
    const clusters = [
      aCluster({ id: 'j-2', name: 'etl' }),
      aCluster({ id: 'j-1', name: 'etl' }),
      aCluster({ id: 'j-3', name: 'ETL' }),
    ];

    expect(summary([BY_NAME], clusters)).toEqual([['etl', ['j-1', 'j-2']]]);
  });

  it('puts clusters of one pattern together under its name', () => {
    const clusters = [
      aCluster({ id: 'j-1', name: 'report-2026-11-21' }),
      aCluster({ id: 'j-2', name: 'report-2026-11-22' }),
      aCluster({ id: 'j-3', name: 'reports' }),
    ];

    expect(summary([BY_PATTERN], clusters)).toEqual([['reports', ['j-1', 'j-2']]]);
  });

  it('lets each cluster count under its own name where a pattern has none', () => {
    const clusters = [aCluster({ id: 'j-1', name: 'b' }), aCluster({ id: 'j-2', name: 'a' }), aCluster({ name: '' })];

    expect(summary([ALL], clusters)).toEqual([
      ['', ['j-1']],
      ['a', ['j-2']],
      ['b', ['j-1']],
    ]);
  });

  it('puts clusters of one tag together', () => {
    const clusters = [aCluster({ id: 'j-1' }), aCluster({ id: 'j-2' }), aCluster({ id: 'j-3' })];
    const tags = new Map([
      ['j-1', { team: 'ml' }],
      ['j-2', { team: 'bi', stage: 'ml' }],
      ['j-3', {}],
    ]);

    expect(summary([BY_TAG], clusters, tags)).toEqual([['training', ['j-1']]]);
  });

  it('gives a cluster to the first selector that takes it', () => {
    const clusters = [aCluster({ id: 'j-1', name: 'etl' }), aCluster({ id: 'j-2', name: 'report-etl' })];

    expect(summary([BY_NAME, BY_PATTERN, ALL], clusters)).toEqual([
      ['etl', ['j-1']],
      ['reports', ['j-2']],
    ]);
  });

  it('has a name of the configuration without a cluster', () => {
    expect(groupClusters([BY_NAME], []).logicalClusters).toEqual([
      { name: 'etl', dimension: 'etl', isStated: true, clusters: [], doubtful: [] },
    ]);
  });

  it('lets a cluster of its own name join that of the configuration', () => {
    const selectors: ClusterSelector[] = [{ kind: 'pattern', pattern: 'etl-*', name: 'etl' }, ALL];
    const clusters = [aCluster({ id: 'j-1', name: 'etl-1' }), aCluster({ id: 'j-2', name: 'etl' })];

    expect(summary(selectors, clusters)).toEqual([['etl', ['j-1', 'j-2']]]);
  });

  it('doubts every name that a cluster may have while its tags are not known', () => {
    const cluster = aCluster({ id: 'j-1', name: 'etl' });

    const { logicalClusters } = groupClusters([BY_TAG, BY_NAME, BY_PATTERN, ALL], [cluster]);

    expect(logicalClusters.map(({ name, clusters, doubtful }) => [name, clusters.length, doubtful.length])).toEqual([
      ['training', 0, 1],
      ['etl', 0, 1],
      ['reports', 0, 0],
    ]);
  });

  it('doubts nothing when all selectors that may take a cluster give it one name', () => {
    const selectors: ClusterSelector[] = [{ ...BY_TAG, name: 'etl' }, BY_NAME];
    const cluster = aCluster({ id: 'j-1', name: 'etl' });

    expect(summary(selectors, [cluster])).toEqual([['etl', ['j-1']]]);
    expect(needsTags(selectors, cluster)).toBe(false);
  });

  it('does not read a tag from the prototype', () => {
    const selector: ClusterSelector = { kind: 'tag', key: 'constructor', value: 'x', name: 'a' };

    expect(summary([selector], [aCluster()], new Map([['j-1', {}]]))).toEqual([['a', []]]);
  });

  it.each([
    ['first', ['日次', dimensionValue('日次')]],
    ['last', [dimensionValue('日次'), '日次']],
  ])('keeps the name that is legal in CloudWatch when %s comes first, and names the other', (_, names) => {
    const selectors = names.map((name): ClusterSelector => ({ kind: 'name', name }));

    const { logicalClusters, collisions } = groupClusters(selectors, []);

    expect(logicalClusters.map(({ name }) => name)).toEqual([dimensionValue('日次')]);
    expect(collisions).toEqual([{ dimension: dimensionValue('日次'), kept: dimensionValue('日次'), omitted: '日次' }]);
  });

  it('gives each cluster to exactly one name, in an order that does not depend on that of EMR', () => {
    const names = fc.constantFrom('etl', 'report-1', 'report-2', 'ml', '', '日次');
    const clusterSets = fc
      .uniqueArray(fc.record({ id: fc.stringMatching(/^j-[a-z]{1,4}$/), name: names }), { selector: ({ id }) => id })
      .map((list) => list.map((cluster) => aCluster(cluster)));
    fc.assert(
      fc.property(clusterSets, fc.infiniteStream(fc.nat()), (clusters, random) => {
        const shuffled = clusters
          .map((cluster) => ({ cluster, order: random.next().value }))
          .sort((one, other) => Number(one.order) - Number(other.order))
          .map(({ cluster }) => cluster);

        const grouping = groupClusters([BY_NAME, BY_PATTERN, ALL], clusters);

        expect(groupClusters([BY_NAME, BY_PATTERN, ALL], shuffled)).toEqual(grouping);
        expect(grouping.logicalClusters.flatMap((logical) => logical.clusters.map(({ id }) => id)).sort()).toEqual(
          clusters.map(({ id }) => id).sort(),
        );
      }),
    );
  });
});

describe('needsTags', () => {
  it.each([
    [[BY_NAME, BY_TAG], false],
    [[BY_TAG, BY_NAME], true],
    [[BY_PATTERN, BY_TAG], true],
    [[BY_PATTERN], false],
  ])('says of %j: %s', (selectors, expected) => {
    expect(needsTags(selectors, aCluster({ name: 'etl' }))).toBe(expected);
  });
});
