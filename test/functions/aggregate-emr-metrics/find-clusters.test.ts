import { describe, expect, it, vi } from 'vitest';
import { createFindClusters, type Ports } from '../../../functions/aggregate-emr-metrics/find-clusters.ts';
import { CallsExhausted } from '../../../shared/clusters/call-budget.ts';
import type { ClusterSelector } from '../../../shared/clusters/emr-settings.ts';
import type { Roster } from '../../../shared/clusters/progress.ts';
import { aCluster, at } from '../../support/emr-builders.ts';

const { signal } = new AbortController();
const NOW = at('12:00');
const BY_NAME: ClusterSelector = { kind: 'name', name: 'etl' };
const BY_TAG: ClusterSelector = { kind: 'tag', key: 'team', value: 'ml', name: 'ml' };

const world = (roster?: Roster) => {
  const listClusters = vi.fn<Ports['directory']['listClusters']>(async () => []);
  const describeCluster = vi.fn<Ports['directory']['describeCluster']>(async () => undefined);
  const ports = { directory: { listClusters, describeCluster }, progress: { readRoster: async () => roster } };
  return { ports, listClusters, describeCluster };
};

describe('findClusters', () => {
  it('lists live clusters of any age, and ended clusters that no tick can have seen', async () => {
    const { ports, listClusters } = world({ listedAt: at('11:55'), clusters: [] });

    const found = await createFindClusters(ports, [BY_NAME])(NOW, signal);

    expect(listClusters.mock.calls.map(([query]) => query)).toEqual([
      { states: ['STARTING', 'BOOTSTRAPPING', 'RUNNING', 'WAITING', 'TERMINATING'] },
      { states: ['TERMINATED', 'TERMINATED_WITH_ERRORS'], createdAfter: at('10:55') },
    ]);
    expect(found).toMatchObject({ clusters: [], listedAt: NOW, unseenSince: at('10:55') });
  });

  it('looks back a day on the very first tick', async () => {
    const { ports, listClusters } = world();

    const found = await createFindClusters(ports, [BY_NAME])(NOW, signal);

    expect(listClusters.mock.calls[1]?.[0].createdAfter).toEqual(new Date(NOW.getTime() - 86_400_000));
    expect(found).toMatchObject({ roster: undefined, unseenSince: undefined });
  });

  it('treats a cluster that ended between the two lists as ended', async () => {
    const { ports, listClusters } = world();
    listClusters.mockResolvedValueOnce([aCluster()]).mockResolvedValueOnce([aCluster({ endedAt: at('11:59') })]);

    const { clusters } = await createFindClusters(ports, [BY_NAME])(NOW, signal);

    expect(clusters).toEqual([aCluster({ endedAt: at('11:59') })]);
  });

  it('describes clusters that lived and are in neither list, and remembers ended clusters', async () => {
    const clusters = [aCluster(), aCluster({ id: 'j-2', endedAt: at('11:00') })];
    const { ports, describeCluster } = world({ listedAt: at('11:55'), clusters });
    describeCluster.mockResolvedValue({ ...aCluster({ endedAt: at('11:57') }), tags: {} });

    const found = await createFindClusters(ports, [BY_NAME])(NOW, signal);

    expect(describeCluster.mock.calls).toEqual([['j-1', signal]]);
    expect(found.clusters).toEqual([aCluster({ endedAt: at('11:57') }), aCluster({ id: 'j-2', endedAt: at('11:00') })]);
  });

  it('lets an error through that does not say that EMR is asked too much', async () => {
    const { ports, describeCluster } = world({ listedAt: at('11:55'), clusters: [aCluster()] });
    describeCluster.mockRejectedValue(new Error('access denied'));

    await expect(createFindClusters(ports, [BY_NAME])(NOW, signal)).rejects.toThrow('access denied');
  });

  it('names the clusters that it could not describe', async () => {
    const { ports, describeCluster } = world({ listedAt: at('11:55'), clusters: [aCluster()] });
    describeCluster.mockRejectedValue(new CallsExhausted('later'));

    const { clusters, withUnknownEnd } = await createFindClusters(ports, [BY_NAME])(NOW, signal);

    expect({ clusters, withUnknownEnd }).toEqual({ clusters: [aCluster()], withUnknownEnd: new Set(['j-1']) });
  });

  it('reads tags only where they decide, again after an hour, and no more after the end', async () => {
    const { ports, listClusters, describeCluster } = world();
    const findClusters = createFindClusters(ports, [BY_NAME, BY_TAG]);
    describeCluster.mockResolvedValue({ ...aCluster({ id: 'j-2' }), tags: { team: 'ml' } });
    const tick = async (time: string, endedAt?: string) => {
      const other = aCluster({ id: 'j-2', name: 'x', ...(endedAt === undefined ? {} : { endedAt: at(endedAt) }) });
      listClusters.mockResolvedValueOnce([aCluster()]).mockResolvedValueOnce([other]);
      describeCluster.mockClear();
      const { tags } = await findClusters(at(time), signal);
      return [tags.get('j-2'), describeCluster.mock.calls.length];
    };

    expect(await tick('12:00')).toEqual([{ team: 'ml' }, 1]);
    expect(await tick('13:00')).toEqual([{ team: 'ml' }, 0]);
    expect(await tick('13:05')).toEqual([{ team: 'ml' }, 1]);
    expect(await tick('13:10', '13:07')).toEqual([{ team: 'ml' }, 1]);
    expect(await tick('18:00', '13:07')).toEqual([{ team: 'ml' }, 0]);
  });

  it('treats a cluster without an answer about its tags as a cluster without tags', async () => {
    const { ports, listClusters } = world();
    listClusters.mockResolvedValueOnce([aCluster({ name: 'x' })]);

    const { tags } = await createFindClusters(ports, [BY_TAG])(NOW, signal);

    expect(tags).toEqual(new Map([['j-1', {}]]));
  });
});
