import { describe, expect, it } from 'vitest';
import { gaugesFor } from '../../../functions/rebind-emr-ui/gauges.ts';
import type { Binding, Tick } from '../../../functions/rebind-emr-ui/tick-result.ts';
import type { UiGroup } from '../../../shared/clusters/targets.ts';
import { aGroup } from './builders.ts';

const at = new Date('2026-11-22T03:00:00Z');

const aBinding = ({
  group,
  ...binding
}: Partial<Omit<Binding, 'group'>> & { group?: Partial<UiGroup> } = {}): Binding => ({
  group: aGroup(group),
  plan: { register: [], deregister: [], leave: [] },
  others: [],
  isExpected: true,
  bound: 3,
  healthy: 1,
  ...binding,
});

const valuesOf = (bindings: readonly Binding[], unread: readonly UiGroup[] = [], missing: Tick['missing'] = []) =>
  gaugesFor({ bindings, unread, missing }, at).map(({ metric, value }) => `${metric} ${value}`);

describe('gaugesFor', () => {
  it('counts the targets, and the healthy ones', () => {
    expect(gaugesFor({ bindings: [aBinding()], unread: [], missing: [] }, at)).toEqual([
      { metric: 'BoundTargets', dimensions: { ClusterName: 'etl', Ui: 'hue' }, value: 3, at },
      { metric: 'HealthyTargets', dimensions: { ClusterName: 'etl', Ui: 'hue' }, value: 1, at },
    ]);
  });

  it('has zeros', () => {
    expect(valuesOf([aBinding({ bound: 0, healthy: 0 })])).toEqual(['BoundTargets 0', 'HealthyTargets 0']);
  });

  it('has no health when no live cluster has the UI, so that a stopped one raises no alarm', () => {
    expect(valuesOf([aBinding({ isExpected: false, bound: 0, healthy: 0 })])).toEqual(['BoundTargets 0']);
  });

  it('has zero healthy targets for a group that is in no rule', () => {
    expect(valuesOf([aBinding({ group: { inUse: false }, healthy: 0 })])).toEqual([
      'BoundTargets 3',
      'HealthyTargets 0',
    ]);
  });

  it('has zero healthy targets for an expected UI without a target group', () => {
    const missing = [
      { cluster: 'etl', ui: 'hue', isExpected: true },
      { cluster: 'adhoc', ui: 'hue', isExpected: false },
    ];

    expect(gaugesFor({ bindings: [], unread: [], missing }, at)).toEqual([
      { metric: 'BoundTargets', dimensions: { ClusterName: 'etl', Ui: 'hue' }, value: 0, at },
      { metric: 'HealthyTargets', dimensions: { ClusterName: 'etl', Ui: 'hue' }, value: 0, at },
      { metric: 'BoundTargets', dimensions: { ClusterName: 'adhoc', Ui: 'hue' }, value: 0, at },
    ]);
  });

  it('adds up the groups of one interface', () => {
    const bindings = [
      aBinding(),
      aBinding({ group: { arn: 'arn:2' }, bound: 1, healthy: 0 }),
      aBinding({ group: { arn: 'arn:3', inUse: false }, bound: 1, healthy: 0 }),
      aBinding({ group: { arn: 'arn:4', ui: 'tez-ui' }, bound: 2, healthy: 2 }),
    ];

    expect(valuesOf(bindings)).toEqual(['BoundTargets 5', 'HealthyTargets 1', 'BoundTargets 2', 'HealthyTargets 2']);
  });

  it('has no gauges of a UI with an unread group', () => {
    expect(valuesOf([aBinding(), aBinding({ group: { ui: 'tez-ui' } })], [aGroup({ arn: 'arn:5' })])).toEqual([
      'BoundTargets 3',
      'HealthyTargets 1',
    ]);
  });

  it('writes the cluster as CloudWatch takes it', () => {
    const [gauge] = gaugesFor(
      { bindings: [aBinding({ group: { cluster: '日次 ETL' } })], unread: [], missing: [] },
      at,
    );

    expect(gauge?.dimensions).toMatchObject({ ClusterName: expect.stringMatching(/^[\x21-\x7e]+-[0-9a-f]{8}$/) });
  });
});
