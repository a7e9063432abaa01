import { describe, expect, it } from 'vitest';
import { createFindLiveClusters } from '../../../functions/rebind-emr-ui/find-live-clusters.ts';
import { CallsExhausted } from '../../../shared/clusters/call-budget.ts';
import type { Cluster } from '../../../shared/clusters/cluster.ts';
import { dimensionValue } from '../../../shared/clusters/dimension-value.ts';
import type { ClusterSelector } from '../../../shared/clusters/emr-settings.ts';
import type { PrimaryDirectory } from '../../../shared/clusters/primaries.ts';
import { aCluster, at } from '../../support/emr-builders.ts';
import { anEquippedCluster, aPrimary } from './builders.ts';

const signal = new AbortController().signal;

/** An EMR that lists what is in `ready`, and counts what it is asked. */
const aDirectory = (directory: Partial<PrimaryDirectory> = {}) => {
  const ready: Cluster[] = [];
  const asked: string[] = [];
  const whole: PrimaryDirectory = {
    listReady: async () => [...ready],
    describe: async (id) => {
      asked.push(`describe ${id}`);
      const found = ready.find((cluster) => cluster.id === id);
      return found && anEquippedCluster(found);
    },
    listPrimaries: async ({ id }) => {
      asked.push(`primaries of ${id}`);
      return [aPrimary(1)];
    },
    ...directory,
  };
  return { directory: whole, ready, asked };
};

const find = (directory: PrimaryDirectory, selectors: readonly ClusterSelector[] = []) =>
  createFindLiveClusters({ directory, now: () => at('06:00') }, selectors);

describe('createFindLiveClusters', () => {
  it('answers `none` for a name that it was not asked about', async () => {
    const { directory, ready } = aDirectory();
    ready.push(aCluster());

    const { liveOf, ready: ids } = await find(directory)(['etl'], signal);

    expect(liveOf('adhoc')).toEqual({ kind: 'none' });
    expect(ids).toEqual(new Set(['j-1']));
  });

  it('answers `none` for a name that equals another in CloudWatch', async () => {
    const { directory, ready } = aDirectory();
    ready.push(aCluster({ name: '日次' }));
    const selectors = ['日次', dimensionValue('日次')].map((name): ClusterSelector => ({ kind: 'name', name }));

    expect((await find(directory, selectors)(['日次'], signal)).liveOf('日次')).toEqual({ kind: 'none' });
  });

  it('asks once about a cluster with one primary node, and again about another of the name', async () => {
    const { directory, ready, asked } = aDirectory();
    ready.push(aCluster());
    const findLive = find(directory);

    await findLive(['etl'], signal);
    await findLive(['etl'], signal);
    ready[0] = aCluster({ id: 'j-2' });
    await findLive(['etl'], signal);
    ready[0] = aCluster();
    await findLive(['etl'], signal);

    expect(asked).toEqual([
      'describe j-1',
      'primaries of j-1',
      'describe j-2',
      'primaries of j-2',
      'describe j-1',
      'primaries of j-1',
    ]);
  });

  it('asks each time about a cluster with several primary nodes, or none that runs', async () => {
    for (const primaries of [
      [aPrimary(1), aPrimary(2, { isRunning: false })],
      [aPrimary(1, { isRunning: false })],
      [],
    ]) {
      const asked: number[] = [];
      const { directory, ready } = aDirectory({
        listPrimaries: async () => {
          asked.push(primaries.length);
          return primaries;
        },
      });
      ready.push(aCluster());
      const findLive = find(directory);

      const { liveOf } = await findLive(['etl'], signal);
      await findLive(['etl'], signal);

      expect(asked).toHaveLength(2);
      expect(liveOf('etl')).toMatchObject({ primaries: primaries.filter(({ isRunning }) => isRunning) });
    }
  });

  it('has the reason of an unknown answer', async () => {
    for (const thrown of [new Error('no'), 'no']) {
      const fail = () => Promise.reject(thrown);
      const list = aDirectory({ listReady: fail });
      const nodes = aDirectory({ listPrimaries: fail });
      nodes.ready.push(aCluster());

      const unlisted = await find(list.directory)(['etl'], signal);
      const unread = await find(nodes.directory)(['etl'], signal);

      expect([unlisted.liveOf('etl'), unread.liveOf('etl')]).toEqual([
        { kind: 'unknown', error: new Error('no') },
        { kind: 'unknown', error: new Error('no') },
      ]);
      expect([unlisted.ready, unread.ready]).toEqual([undefined, new Set(['j-1'])]);
    }
  });

  it('asks first about those that waited longest, so that call rates starve no name for good', async () => {
    let left = 0;
    const three = [aPrimary(1), aPrimary(2), aPrimary(3)];
    const { directory, ready } = aDirectory({
      listPrimaries: async () => {
        left -= 1;
        if (left < 0) throw new CallsExhausted('No time for ListInstances');
        return three;
      },
    });
    const names = ['a', 'b', 'c', 'd', 'e'];
    ready.push(...names.map((name) => aCluster({ id: `j-${name}`, name })));
    let nowMs = at('06:00').getTime();
    const findLive = createFindLiveClusters({ directory, now: () => new Date(nowMs) }, []);
    const found: string[][] = [];

    for (let round = 0; round < 3; round += 1) {
      left = 2;
      nowMs += 60_000;
      const { liveOf } = await findLive(names, signal);
      found.push(names.filter((name) => liveOf(name).kind === 'ready'));
    }

    expect(found).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['a', 'e'],
    ]);
  });

  it('answers `unknown` for a cluster that EMR lists and cannot describe', async () => {
    const { directory, ready } = aDirectory({ describe: async () => undefined });
    ready.push(aCluster());

    expect((await find(directory)(['etl'], signal)).liveOf('etl')).toEqual({
      kind: 'unknown',
      error: new Error('EMR lists cluster j-1 and does not know it'),
    });
  });

  it('needs no tags of a cluster that is older than a certain one', async () => {
    const selectors: ClusterSelector[] = [
      { kind: 'name', name: 'etl' },
      { kind: 'tag', key: 'team', value: 'ml', name: 'etl' },
    ];
    const { directory, ready } = aDirectory();
    const describeOne = directory.describe;
    const partly: PrimaryDirectory = {
      ...directory,
      describe: (id, ...rest) => (id === 'j-0' ? Promise.reject(new Error('no')) : describeOne(id, ...rest)),
    };
    ready.push(aCluster({ createdAt: at('02:00') }), aCluster({ id: 'j-0', name: 'other', createdAt: at('01:00') }));

    expect((await find(partly, selectors)(['etl'], signal)).liveOf('etl')).toMatchObject({
      kind: 'ready',
      cluster: { id: 'j-1' },
    });
  });

  it('sees within ten minutes that a live cluster got a tag', async () => {
    const selectors: ClusterSelector[] = [{ kind: 'tag', key: 'team', value: 'ml', name: 'etl' }];
    let now = at('06:00');
    let tags = {};
    const { directory, ready } = aDirectory({ describe: async () => anEquippedCluster({ tags }) });
    ready.push(aCluster({ name: 'one' }));
    const findLive = createFindLiveClusters({ directory, now: () => now }, selectors);
    const kinds: string[] = [];

    for (const time of ['06:00', '06:09', '06:10']) {
      now = at(time);
      kinds.push((await findLive(['etl'], signal)).liveOf('etl').kind);
      tags = { team: 'ml' };
    }

    expect(kinds).toEqual(['none', 'none', 'ready']);
  });

  it('reads no tags where the name asked about does not depend on them', async () => {
    const { directory, ready, asked } = aDirectory();
    ready.push(aCluster({ name: 'other' }));

    await find(directory, [{ kind: 'tag', key: 'team', value: 'ml', name: 'training' }])(['etl'], signal);

    expect(asked).toEqual([]);
  });
});
