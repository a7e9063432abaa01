import { describe, expect, it } from 'vitest';
import { createPrepareTask } from '../../../functions/aggregate-emr-metrics/prepare-task.ts';
import { queriesOf } from '../../../functions/aggregate-emr-metrics/sources.ts';
import { CallsExhausted } from '../../../shared/clusters/call-budget.ts';
import { aCluster, aLogicalCluster, aNode, at, someEmrMetrics } from '../../support/emr-builders.ts';

const { signal } = new AbortController();
const NONE_UNCLEAR = new Set<string>();

const readingNodes = (count: number) =>
  Object.assign(
    async (cluster: ReturnType<typeof aCluster>) => ({
      cluster,
      nodes: Array.from({ length: count }, (_, index) => aNode({ instanceId: `i-${index}` })),
      agentSeries: [],
    }),
    { keep: () => undefined },
  );

const work = { logical: aLogicalCluster(), span: { from: at('00:00'), to: at('12:00') } };

describe('prepareTask', () => {
  it('takes all due windows if they fit in memory', async () => {
    const { span } = await createPrepareTask(readingNodes(10), someEmrMetrics())(work, NONE_UNCLEAR, 1e6, signal);

    expect(span).toEqual(work.span);
  });

  it('takes fewer windows of a cluster with many nodes, and one at least', async () => {
    const prepare = (nodes: number) =>
      createPrepareTask(readingNodes(nodes), someEmrMetrics())(work, NONE_UNCLEAR, 1e6, signal);

    const { span, sources } = await prepare(2_000);
    expect(span.from).toEqual(at('00:00'));
    expect(span.to).toEqual(at('02:35'));
    expect(queriesOf(sources)).toHaveLength(4_002);
    expect((await prepare(100_000)).span.to).toEqual(at('00:05'));
  });

  it('counts the allowed queries by window', async () => {
    const prepare = (queriesAWindow: number) =>
      createPrepareTask(readingNodes(10), someEmrMetrics())(work, NONE_UNCLEAR, queriesAWindow, signal);

    // 22 queries for 144 windows.
    expect((await prepare(0.2)).omitted).toBe('nothing');
    expect((await prepare(0.1)).omitted).toBe('nodes');
  });

  it.each([
    ['tags', { clusters: [], doubtful: [aCluster()] }, NONE_UNCLEAR],
    ['end', {}, new Set(['j-1'])],
  ])('makes no call while the %s of a cluster is unknown', async (_, logical, withUnknownEnd) => {
    const prepareTask = createPrepareTask(readingNodes(1), someEmrMetrics());

    await expect(
      prepareTask({ ...work, logical: aLogicalCluster(logical) }, withUnknownEnd, 1e6, signal),
    ).rejects.toThrow(new CallsExhausted('EMR could not be asked about cluster j-1'));
  });

  it('does not mind a doubtful cluster that did not live in the span', async () => {
    const logical = aLogicalCluster({ clusters: [], doubtful: [aCluster({ createdAt: at('13:00') })] });

    const { sources } = await createPrepareTask(readingNodes(1), someEmrMetrics())(
      { ...work, logical },
      NONE_UNCLEAR,
      1e6,
      signal,
    );

    expect(sources).toEqual({ clusters: [], nodes: [] });
  });
});
