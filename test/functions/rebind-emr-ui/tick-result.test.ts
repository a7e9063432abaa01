import { describe, expect, it } from 'vitest';
import { bindingOf, missingUi, NOTHING_APPLIED } from '../../../functions/rebind-emr-ui/tick-result.ts';
import { knownUis } from '../../../shared/clusters/uis.ts';
import { aReadyCluster, aState, owned, registered } from './builders.ts';

const PLAN = { register: [], deregister: [], leave: [] };
const NONE = { kind: 'none' } as const;
const UNKNOWN = { kind: 'unknown', error: new Error('throttled') } as const;

describe('bindingOf', () => {
  const all = [registered('i-1'), registered('i-2'), registered('i-3', 'unhealthy'), registered('i-4', 'draining')];

  it.each([
    ['counts only wanted targets as healthy', aState({ registered: all }), { bound: 3, healthy: 1 }],
    [
      'counts every healthy target where no target is wanted',
      aState({ registered: all, wanted: { kind: 'nothing', reason: 'no Hue' } }),
      { bound: 3, healthy: 2 },
    ],
    ['expects a UI of a live cluster', aState(), { isExpected: true, cluster: { id: 'j-1' } }],
    [
      'expects a UI whose targets are unknown',
      aState({ wanted: { kind: 'unknown', reason: 'no node' } }),
      { isExpected: true, reason: 'no node' },
    ],
    [
      'expects no UI that the cluster does not have',
      aState({ wanted: { kind: 'nothing', reason: 'no Hue' } }),
      { isExpected: false, reason: 'no Hue' },
    ],
    ['expects no UI without a live cluster', aState({ live: NONE }), { isExpected: false, others: [] }],
  ])('%s', (_, state, expected) => {
    expect(bindingOf(state, PLAN, NOTHING_APPLIED)).toMatchObject(expected);
  });

  it('counts the targets that were registered and deregistered now', () => {
    const applied = { registered: 1, deregistered: [registered('i-2')], problems: [] };

    expect(bindingOf(aState({ registered: all }), PLAN, applied)).toMatchObject({ bound: 3, healthy: 1 });
  });

  it('takes the same host on another port for another target', () => {
    const state = aState({
      registered: [registered('i-1')],
      wanted: { kind: 'targets', targets: [owned(1, { port: 1 })] },
    });

    expect(bindingOf(state, PLAN, NOTHING_APPLIED).healthy).toBe(0);
  });
});

describe('missingUi', () => {
  const hue = knownUis(undefined).get('hue');

  it.each([
    ['is expected of a live cluster that has it', hue, aReadyCluster(), true],
    ['is not expected of a live cluster that does not', hue, aReadyCluster({ applications: [] }), false],
    ['is not expected where it is not defined', undefined, aReadyCluster(), false],
    ['is not expected without a live cluster', hue, NONE, false],
    ['is not expected where the live cluster is unknown', hue, UNKNOWN, false],
  ])('%s', (_, ui, live, isExpected) => {
    expect(missingUi({ cluster: 'etl', ui: 'hue' }, ui, live)).toEqual({ cluster: 'etl', ui: 'hue', isExpected });
  });
});
