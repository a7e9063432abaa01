/** Values for tests of the bindings; each call returns a fresh one. */
import type { GroupState } from '../../../functions/rebind-emr-ui/group-state.ts';
import type { LiveCluster } from '../../../functions/rebind-emr-ui/live-cluster.ts';
import type { OwnedTarget } from '../../../shared/clusters/bindings.ts';
import type { Machine } from '../../../shared/clusters/machines.ts';
import type { EquippedCluster, Primary } from '../../../shared/clusters/primaries.ts';
import type { Health, RegisteredTarget, UiGroup } from '../../../shared/clusters/targets.ts';
import { aCluster } from '../../support/emr-builders.ts';

export const aGroup = (group: Partial<UiGroup> = {}): UiGroup => ({
  arn: 'arn:1',
  cluster: 'etl',
  ui: 'hue',
  targetType: 'instance',
  vpcId: 'vpc-1',
  inUse: true,
  ...group,
});

export const anEquippedCluster = (cluster: Partial<EquippedCluster> = {}): EquippedCluster => ({
  ...aCluster(),
  tags: {},
  release: 'emr-7.5.0',
  applications: ['Hadoop', 'Spark', 'Tez', 'Hue'],
  collection: 'group',
  ...cluster,
});

export const aPrimary = (number: number, primary: Partial<Primary> = {}): Primary => ({
  instanceId: `i-${number}`,
  isRunning: true,
  address: `10.0.0.${number}`,
  dnsNames: [`ip-10-0-0-${number}.ec2.internal`, `ec2-1-2-3-${number}.amazonaws.com`],
  ...primary,
});

export const aReadyCluster = (
  cluster: Partial<EquippedCluster> = {},
  primaries: readonly Primary[] = [aPrimary(1)],
): Extract<LiveCluster, { kind: 'ready' }> => ({
  kind: 'ready',
  cluster: anEquippedCluster(cluster),
  primaries,
  others: [],
});

export const anInstance = (instance: Partial<Machine> = {}): Machine => ({
  instanceId: 'i-9',
  isGone: false,
  vpcId: 'vpc-1',
  address: '10.0.0.9',
  ...instance,
});

/** The target `i-<number>` of cluster `j-1`. */
export const owned = (number: number, target: Partial<OwnedTarget> = {}): OwnedTarget => ({
  id: `i-${number}`,
  port: 8088,
  clusterId: 'j-1',
  instanceId: `i-${number}`,
  ...target,
});

export const registered = (id: string, health: Health = 'healthy', port = 8088): RegisteredTarget => ({
  id,
  port,
  health,
});

export const aState = (state: Partial<GroupState> = {}): GroupState => ({
  group: aGroup(),
  registered: [],
  live: aReadyCluster(),
  wanted: { kind: 'targets', targets: [owned(1)] },
  owners: [],
  ...state,
});
