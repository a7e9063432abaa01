import { describe, expect, it, vi } from 'vitest';
import { createReadNodes, type Ports } from '../../../functions/aggregate-emr-metrics/read-nodes.ts';
import type { Instance } from '../../../shared/clusters/directory.ts';
import type { NodeRole } from '../../../shared/clusters/node.ts';
import { aCluster, anInstance, at } from '../../support/emr-builders.ts';

const { signal } = new AbortController();

const ports = (instances: readonly Instance[] = [anInstance()]) => {
  const clock = { now: at('03:00') };
  const directory = {
    listInstances: vi.fn<Ports['directory']['listInstances']>(async () => [...instances]),
    listRoles: vi.fn<Ports['directory']['listRoles']>(async () => new Map<string, NodeRole>([['ig-core', 'core']])),
  };
  const listAgentSeries = vi.fn<Ports['listAgentSeries']>(async () => []);
  return { clock, directory, listAgentSeries, now: () => clock.now };
};

describe('readNodes', () => {
  it('lists the nodes of a cluster with their roles', async () => {
    const given = ports([anInstance({ endedAt: at('02:00') }), anInstance({ instanceId: 'i-2' })]);

    expect(await createReadNodes(given, [])(aCluster(), at('02:50'), signal)).toEqual({
      cluster: aCluster(),
      agentSeries: [],
      nodes: [
        { instanceId: 'i-1', role: 'core', createdAt: at('00:00'), endedAt: at('02:00') },
        { instanceId: 'i-2', role: 'core', createdAt: at('00:00') },
      ],
    });
    expect(given.listAgentSeries).not.toHaveBeenCalled();
  });

  it('lists a node once that EMR lists twice', async () => {
    const { nodes } = await createReadNodes(ports([anInstance(), anInstance()]), [])(aCluster(), at('02:50'), signal);

    expect(nodes).toHaveLength(1);
  });

  it('lets a node end with its cluster at the latest', async () => {
    const { nodes } = await createReadNodes(ports(), [])(aCluster({ endedAt: at('02:30') }), at('02:50'), signal);

    expect(nodes).toMatchObject([{ endedAt: at('02:30') }]);
  });

  it('has no role that EMR does not report', async () => {
    const given = ports();
    given.directory.listRoles.mockResolvedValue(new Map());

    const { nodes } = await createReadNodes(given, [])(aCluster(), at('02:50'), signal);

    expect(nodes).toEqual([{ instanceId: 'i-1', createdAt: at('00:00') }]);
  });

  it('lists again only when something may have changed before the instant that is asked for', async () => {
    const given = ports();
    const readNodes = createReadNodes(given, []);

    for (const [now, until] of [
      ['03:00', '02:50'],
      ['03:05', '02:55'],
      ['03:10', '03:00'],
    ] as const) {
      given.clock.now = at(now);
      await readNodes(aCluster(), at(until), signal);
    }
    expect(given.directory.listInstances).toHaveBeenCalledOnce();

    given.clock.now = at('03:15');
    await readNodes(aCluster(), at('03:05'), signal);
    expect(given.directory.listInstances).toHaveBeenCalledTimes(2);
    expect(given.directory.listRoles).toHaveBeenCalledOnce();
  });

  it('lists a cluster that has ended no more, once it was listed after its end', async () => {
    const given = ports();
    const readNodes = createReadNodes(given, []);
    await readNodes(aCluster({ endedAt: at('02:59') }), at('02:50'), signal);

    given.clock.now = at('09:00');
    await readNodes(aCluster({ endedAt: at('02:59') }), at('08:50'), signal);

    expect(given.directory.listInstances).toHaveBeenCalledOnce();
  });

  it('reads roles again for an unknown group', async () => {
    const given = ports();
    const readNodes = createReadNodes(given, []);
    await readNodes(aCluster(), at('02:50'), signal);
    given.clock.now = at('04:00');
    given.directory.listInstances.mockResolvedValue([anInstance({ memberOf: { kind: 'fleet', id: 'if-new' } })]);
    given.directory.listRoles.mockResolvedValue(new Map([['if-new', 'task']]));

    const { nodes } = await readNodes(aCluster(), at('03:50'), signal);

    expect(nodes).toMatchObject([{ role: 'task' }]);
    expect(given.directory.listRoles).toHaveBeenLastCalledWith('j-1', 'fleet', signal);
  });

  it('reads no roles without a node', async () => {
    const given = ports([]);

    expect(await createReadNodes(given, [])(aCluster(), at('02:50'), signal)).toMatchObject({ nodes: [] });
    expect(given.directory.listRoles).not.toHaveBeenCalled();
  });

  it('finds the series of the agent when it is asked for them', async () => {
    const series = { metric: 'mem_used', instanceId: 'i-1', dimensions: { 'instance.id': 'i-1' } } as const;
    const given = { ...ports(), listAgentSeries: vi.fn(async () => [series]) };

    expect(await createReadNodes(given, ['mem_used'])(aCluster(), at('02:50'), signal)).toMatchObject({
      agentSeries: [series],
    });
    expect(given.listAgentSeries).toHaveBeenCalledWith('j-1', ['mem_used'], signal);
  });

  it('forgets the clusters that matter no more', async () => {
    const given = ports();
    const readNodes = createReadNodes(given, []);
    await readNodes(aCluster(), at('02:50'), signal);
    await readNodes(aCluster({ id: 'j-2' }), at('02:50'), signal);

    readNodes.keep([aCluster({ id: 'j-2' })]);
    await readNodes(aCluster(), at('02:50'), signal);
    await readNodes(aCluster({ id: 'j-2' }), at('02:50'), signal);

    expect(given.directory.listInstances.mock.calls.map(([id]) => id)).toEqual(['j-1', 'j-2', 'j-1']);
  });

  it('remembers nothing of a listing that failed', async () => {
    const given = ports();
    given.directory.listInstances.mockRejectedValueOnce(new Error('no'));
    const readNodes = createReadNodes(given, []);

    await expect(readNodes(aCluster(), at('02:50'), signal)).rejects.toThrow('no');
    await expect(readNodes(aCluster(), at('02:50'), signal)).resolves.toMatchObject({ nodes: [{}] });
  });
});
