import { describe, expect, it } from 'vitest';
import { ownersToWrite, planFor, registrationOf, suspectsIn } from '../../../functions/rebind-emr-ui/group-state.ts';
import { aGroup, aState, owned, registered } from './builders.ts';

const NO_CHANGE = { register: [], deregister: [], leave: [] };

describe('suspectsIn', () => {
  it('lists unwanted targets, and wanted targets that are not healthy', () => {
    const state = aState({
      registered: [
        registered('i-1', 'unhealthy'),
        registered('i-2'),
        registered('i-3'),
        registered('i-4', 'draining'),
        registered('i-1', 'healthy', 9870),
      ],
      wanted: { kind: 'targets', targets: [owned(1), owned(2), owned(5)] },
    });

    expect(suspectsIn(state).map(({ target }) => `${target.id}:${target.port}`)).toEqual([
      'i-3:8088',
      'i-1:9870',
      'i-1:8088',
      'i-5:8088',
    ]);
  });

  it('names the owner of each, as wanted now or else as remembered', () => {
    const state = aState({
      registered: [registered('i-2'), registered('i-3')],
      owners: [owned(1, { clusterId: 'j-0' }), owned(2, { clusterId: 'j-0' })],
    });

    expect(suspectsIn(state).map(({ owner }) => owner?.clusterId)).toEqual(['j-0', undefined, 'j-1']);
    expect(suspectsIn({ ...state, owners: undefined }).map(({ owner }) => owner?.clusterId)).toEqual([
      undefined,
      undefined,
      'j-1',
    ]);
  });

  it('suspects all targets where it is unknown what is wanted', () => {
    const state = aState({ registered: [registered('i-1')], wanted: { kind: 'unknown', reason: 'no answer' } });

    expect(suspectsIn(state)).toHaveLength(1);
  });
});

describe('planFor', () => {
  it('deregisters the dead, and registers no wanted target that is dead', () => {
    const state = aState({ registered: [registered('i-2')] });

    expect(planFor(state, () => true)).toMatchObject({ register: [], deregister: [{ reason: 'dead' }] });
    expect(planFor(state, () => false)).toMatchObject({ register: [owned(1)], deregister: [] });
  });
});

describe('ownersToWrite', () => {
  const plan = { ...NO_CHANGE, register: [owned(1)] };

  it.each([
    ['adds the owner of a new target', aState(), plan, [owned(1)]],
    ['writes nothing that is remembered already', aState({ owners: [owned(1)] }), plan, undefined],
    ['writes nothing where the owners could not be read', aState({ owners: undefined }), plan, undefined],
    [
      'keeps the owner of a target that is registered, and forgets that of one that is not',
      aState({ registered: [registered('i-2')], owners: [owned(2), owned(3)] }),
      plan,
      [owned(1), owned(2)],
    ],
    [
      'forgets no owner in a group without targets, since that may be an empty answer',
      aState({ owners: [owned(2), owned(3)] }),
      plan,
      [owned(1), owned(2), owned(3)],
    ],
    [
      'gives an address that is used again to its new owner',
      aState({ registered: [registered('i-1')], owners: [owned(1, { clusterId: 'j-0' })] }),
      NO_CHANGE,
      [owned(1)],
    ],
    [
      'knows no owner of a target that was always there',
      aState({ registered: [registered('i-9')] }),
      NO_CHANGE,
      undefined,
    ],
  ])('%s', (_, state, planned, expected) => {
    expect(ownersToWrite(state, planned)).toEqual(expected);
  });
});

describe('registrationOf', () => {
  const target = { id: '10.0.0.1', port: 8088 };

  it.each([
    ['of the same network', { vpcId: 'vpc-1' }],
    ['of an unknown network', {}],
    ['that EC2 did not describe', undefined],
  ])('needs no zone for an instance %s', (_, instance) => {
    expect(registrationOf(aGroup(), target, instance)).toEqual(target);
  });

  it('registers an address of another network for all zones', () => {
    expect(registrationOf(aGroup({ targetType: 'ip' }), target, { vpcId: 'vpc-2' })).toEqual({
      ...target,
      zone: 'all',
    });
  });

  it('refuses an instance of another network, and says why', () => {
    expect(() => registrationOf(aGroup(), { id: 'i-1', port: 8088 }, { vpcId: 'vpc-2' })).toThrow(
      'Instance i-1 is in network vpc-2, and the group in vpc-1: only a group of addresses can reach it',
    );
  });
});
