import { describe, expect, it } from 'vitest';
import { wantedTargets } from '../../../functions/rebind-emr-ui/wanted-targets.ts';
import { knownUis, type Ui } from '../../../shared/clusters/uis.ts';
import { anEquippedCluster, aPrimary, aReadyCluster } from './builders.ts';

const builtIn = (name: string): Ui => knownUis(undefined).get(name)!;

const idsOf = (...args: Parameters<typeof wantedTargets>): string[] => {
  const wanted = wantedTargets(...args);
  return wanted.kind === 'targets' ? wanted.targets.map(({ id, port }) => `${id}:${port}`) : [wanted.reason];
};

describe('wantedTargets', () => {
  it.each([
    ['yarn-resource-manager', 'emr-5.36.2', 8088],
    ['yarn-resource-manager', 'emr-7.5.0', 8088],
    ['tez-ui', 'emr-6.15.0', 8080],
    ['spark-history-server', 'emr-5.30.1', 18_080],
    ['hdfs-namenode', 'emr-4.9.6', 50_070],
    ['hdfs-namenode', 'emr-5.36.2', 50_070],
    ['hdfs-namenode', 'emr-6.0.0', 9870],
    ['hdfs-namenode', 'emr-7.5.0', 9870],
    ['hdfs-namenode', 'emr-10.1.0', 9870],
    ['hue', 'emr-7.13.0', 8888],
  ])('finds %s of %s on port %i', (ui, release, port) => {
    expect(idsOf(builtIn(ui), 'instance', aReadyCluster({ release }))).toEqual([`i-1:${port}`]);
  });

  it('remembers which cluster and instance a target stands for', () => {
    expect(wantedTargets(builtIn('hue'), 'ip', aReadyCluster())).toEqual({
      kind: 'targets',
      targets: [{ id: '10.0.0.1', port: 8888, clusterId: 'j-1', instanceId: 'i-1' }],
    });
  });

  it.each(['emr-3.11.0', 'nightly', undefined])('wants nothing of release %s', (release) => {
    const { release: _, ...rest } = anEquippedCluster();
    const cluster = release === undefined ? rest : { ...rest, release };

    expect(wantedTargets(builtIn('hue'), 'instance', { ...aReadyCluster(), cluster })).toEqual({
      kind: 'nothing',
      reason: `Release ${release ?? 'unknown'} of cluster j-1 has no hue`,
    });
  });

  it('needs the application in any case of letters, where only some clusters have it', () => {
    expect(idsOf(builtIn('hue'), 'instance', aReadyCluster({ applications: ['HUE'] }))).toEqual(['i-1:8888']);
    expect(idsOf(builtIn('hue'), 'instance', aReadyCluster({ applications: ['Spark'] }))).toEqual([
      'Cluster j-1 was started without Hue',
    ]);
    expect(idsOf(builtIn('hdfs-namenode'), 'instance', aReadyCluster({ applications: [] }))).toEqual(['i-1:9870']);
  });

  describe('of three primary nodes', () => {
    const three = [aPrimary(3), aPrimary(1), aPrimary(2)];

    it('wants all, where each may show the interface', () => {
      expect(idsOf(builtIn('spark-history-server'), 'ip', aReadyCluster({}, three))).toEqual([
        '10.0.0.3:18080',
        '10.0.0.1:18080',
        '10.0.0.2:18080',
      ]);
    });

    it.each(['ip-10-0-0-2.ec2.internal', 'ec2-1-2-3-2.amazonaws.com'])(
      'wants the one that EMR names as %s, where only one may',
      (primaryDnsName) => {
        expect(idsOf(builtIn('hue'), 'instance', aReadyCluster({ primaryDnsName }, three))).toEqual(['i-2:8888']);
      },
    );

    it('wants always the same one where EMR names none', () => {
      const cluster = anEquippedCluster({ primaryDnsName: 'ip-10-9-9-9.ec2.internal' });

      expect(idsOf(builtIn('hue'), 'instance', aReadyCluster(cluster, three))).toEqual(['i-1:8888']);
      expect(idsOf(builtIn('hue'), 'instance', aReadyCluster({}, three.toReversed()))).toEqual(['i-1:8888']);
    });
  });

  it('is unknown where EMR lists no primary node that runs', () => {
    expect(wantedTargets(builtIn('hue'), 'instance', aReadyCluster({}, []))).toEqual({
      kind: 'unknown',
      reason: 'EMR lists no running primary node of cluster j-1',
    });
  });

  it.each(['10.1.2.3', '100.64.0.1', '100.127.255.254', '172.16.0.1', '172.31.255.254', '192.168.1.1'])(
    'takes %s for a private address',
    (address) => {
      expect(idsOf(builtIn('hue'), 'ip', aReadyCluster({}, [aPrimary(1, { address })]))).toEqual([`${address}:8888`]);
    },
  );

  it.each([
    '8.8.8.8',
    '100.63.0.1',
    '100.128.0.1',
    '172.15.0.1',
    '172.32.0.1',
    '192.169.0.1',
    '127.0.0.1',
    '169.254.169.254',
    'fd00::1',
    '10.evil.example.com',
  ])('never wants %s', (address) => {
    expect(wantedTargets(builtIn('hue'), 'ip', aReadyCluster({}, [aPrimary(1, { address })]))).toEqual({
      kind: 'unknown',
      reason: 'Primary node i-1 has no private address',
    });
  });

  it('is unknown without an address', () => {
    const { address: _, ...primary } = aPrimary(1);

    expect(wantedTargets(builtIn('hue'), 'ip', aReadyCluster({}, [primary]))).toMatchObject({
      kind: 'unknown',
    });
    expect(idsOf(builtIn('hue'), 'instance', aReadyCluster({}, [primary]))).toEqual(['i-1:8888']);
  });
});
