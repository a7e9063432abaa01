import { describe, expect, it } from 'vitest';
import { createPublishWork } from '../../../functions/aggregate-emr-metrics/publish-work.ts';
import { aCluster, aLogicalCluster, at, someEmrMetrics } from '../../support/emr-builders.ts';

describe('createPublishWork', () => {
  it('reads the clusters of the first names where the maximum does not suffice for all', async () => {
    const publishWork = createPublishWork(
      {
        readNodes: Object.assign(() => Promise.reject(new Error('Nodes are not needed')), { keep: () => undefined }),
        readMetrics: async (queries) =>
          new Map(queries.map((query) => [query, { kind: 'complete', points: new Map() }])),
        publish: async () => undefined,
        progress: { advance: async () => undefined },
      },
      someEmrMetrics({ clusterMetrics: ['ContainerAllocated'], nodeMetrics: [] }),
      1,
    );
    const span = { from: at('02:00'), to: at('02:05') };
    const work = ['a', 'b'].map((name) => ({
      span,
      logical: aLogicalCluster({ name, clusters: [aCluster({ id: `j-${name}`, name })] }),
    }));

    expect(await publishWork(work, new Set(), new AbortController().signal)).toMatchObject([
      { kind: 'published', name: 'a', omitted: 'nothing' },
      { kind: 'published', name: 'b', omitted: 'clusters and nodes' },
    ]);
  });
});
