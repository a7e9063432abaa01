import { describe, expect, it } from 'vitest';
import {
  clustersToDescribe,
  type Evidence,
  isDead,
  type Suspect,
} from '../../../functions/rebind-emr-ui/dead-targets.ts';
import type { Machine } from '../../../shared/clusters/machines.ts';
import { at } from '../../support/emr-builders.ts';
import { aGroup, anEquippedCluster, anInstance, owned } from './builders.ts';

const LIVE = anEquippedCluster({ id: 'j-live' });
const ENDED = anEquippedCluster({ id: 'j-ended', endedAt: at('03:00') });
const OTHER = anEquippedCluster({ id: 'j-other', name: 'adhoc' });

const evidence = ({ byId = [], holders = [] }: { byId?: Machine[]; holders?: Machine[] } = {}): Evidence => ({
  byId: new Map(byId.map((instance) => [instance.instanceId, instance])),
  holders,
  clusters: new Map([LIVE, ENDED, OTHER].map((cluster) => [cluster.id, cluster])),
  selectors: [],
});

/** An instance target whose owner is remembered, unless a test says otherwise. */
const aSuspect = (suspect: Partial<Suspect> = {}): Suspect => ({
  group: aGroup(),
  target: { id: 'i-9', port: 8088 },
  ...suspect,
});

const anAddress = (suspect: Partial<Suspect> = {}): Suspect =>
  aSuspect({ group: aGroup({ targetType: 'ip' }), target: { id: '10.0.0.9', port: 8088 }, ...suspect });

const ownedBy = (clusterId: string) => owned(9, { clusterId });

describe('a target whose instance is known', () => {
  it.each<[string, boolean, Suspect, Parameters<typeof evidence>[0]]>([
    ['is dead when its cluster has ended', true, aSuspect({ owner: ownedBy('j-ended') }), {}],
    [
      'is alive while its cluster lives, also a cluster that ends slowly',
      false,
      aSuspect({ owner: ownedBy('j-live') }),
      {},
    ],
    ['is alive when EMR has forgotten its cluster', false, aSuspect({ owner: ownedBy('j-forgotten') }), {}],
    [
      'is dead when its instance is gone, though EMR still lists the cluster',
      true,
      aSuspect({ owner: ownedBy('j-live') }),
      { byId: [anInstance({ isGone: true })] },
    ],
    ['is alive when EC2 and EMR do not answer', false, aSuspect(), {}],
    [
      'is dead when the tag of its instance names a cluster that has ended',
      true,
      aSuspect(),
      { byId: [anInstance({ clusterId: 'j-ended' })] },
    ],
    [
      'is alive when its instance belongs to another cluster by now: only its address could be reused',
      false,
      aSuspect(),
      { byId: [anInstance({ clusterId: 'j-other' })] },
    ],
    [
      'is dead as an address whose remembered cluster has ended, though another host has it by now',
      true,
      anAddress({ owner: ownedBy('j-ended') }),
      { holders: [anInstance()] },
    ],
  ])('%s', (_, expected, suspect, answers) => {
    expect(isDead(suspect, evidence(answers))).toBe(expected);
  });
});

describe('an address whose owner is unknown', () => {
  it.each<[string, boolean, Machine[]]>([
    ['is alive when no instance has it, which proves nothing', false, []],
    ['is dead when a host outside EMR has it', true, [anInstance()]],
    ['is dead when a node of another name has it', true, [anInstance({ clusterId: 'j-other' })]],
    ['is dead when a node of a cluster that has ended has it', true, [anInstance({ clusterId: 'j-ended' })]],
    ['is alive when a node of the same name has it', false, [anInstance({ clusterId: 'j-live' })]],
    [
      'is alive when a node of a cluster that EMR does not know has it',
      false,
      [anInstance({ clusterId: 'j-unknown' })],
    ],
    [
      'is dead when a foreign host in its network has it, though a node in a peered network has it too',
      true,
      [anInstance(), anInstance({ vpcId: 'vpc-2', clusterId: 'j-live' })],
    ],
    ['is dead when only a host of a peered network has it', true, [anInstance({ vpcId: 'vpc-2' })]],
    ['is alive when the host that had it is gone', false, [anInstance({ isGone: true })]],
    ['is alive when only other addresses have a host', false, [anInstance({ address: '10.0.0.8' })]],
  ])('%s', (_, expected, holders) => {
    expect(isDead(anAddress(), evidence({ holders }))).toBe(expected);
  });
});

describe('clustersToDescribe', () => {
  it.each<[string, string[], Suspect, Parameters<typeof evidence>[0]]>([
    ['names the remembered cluster of a target', ['j-1'], aSuspect({ owner: owned(9) }), {}],
    ['names no cluster that is ready', [], aSuspect({ owner: ownedBy('j-live') }), {}],
    ['names the cluster in the tag of an instance', ['j-2'], aSuspect(), { byId: [anInstance({ clusterId: 'j-2' })] }],
    ['names no cluster of an instance without the tag', [], aSuspect(), { byId: [anInstance()] }],
    [
      'names the clusters of all hosts of an address, ready or not',
      ['j-live', 'j-2'],
      anAddress(),
      { holders: [anInstance({ clusterId: 'j-live' }), anInstance(), anInstance({ clusterId: 'j-2' })] },
    ],
  ])('%s', (_, expected, suspect, answers) => {
    expect(clustersToDescribe(suspect, evidence(answers), new Set(['j-live']))).toEqual(expected);
  });

  it('names every cluster when EMR did not list the ready ones', () => {
    expect(clustersToDescribe(aSuspect({ owner: ownedBy('j-live') }), evidence(), undefined)).toEqual(['j-live']);
  });
});
