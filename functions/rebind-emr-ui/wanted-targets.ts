/** Decides which targets a UI should have. */
import { byText } from '../../shared/by-text.ts';
import type { OwnedTarget } from '../../shared/clusters/bindings.ts';
import type { EquippedCluster, Primary } from '../../shared/clusters/primaries.ts';
import type { UiGroup } from '../../shared/clusters/targets.ts';
import { portOn, type Ui } from '../../shared/clusters/uis.ts';
import type { LiveCluster } from './live-cluster.ts';

export type Wanted =
  | { readonly kind: 'targets'; readonly targets: readonly OwnedTarget[] }
  /** No live cluster has the UI. */
  | { readonly kind: 'nothing'; readonly reason: string }
  /** The cluster should have the UI, but its targets cannot be determined. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** The addresses that a load balancer accepts: private IPv4. */
const PRIVATE = /^(?:10\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|172\.(?:1[6-9]|2\d|3[01])\.|192\.168\.)[\d.]+$/;

/** Chooses the primary node that EMR names, for a UI that only one node can show. */
const firstOf = (primaries: readonly Primary[], dnsName: string | undefined): Primary[] => {
  const named = primaries.find(({ dnsNames }) => dnsName !== undefined && dnsNames.includes(dnsName));
  const [first] = primaries.toSorted((one, other) => byText(one.instanceId, other.instanceId));
  return [named ?? first].filter((primary) => primary !== undefined);
};

const hasApplication = ({ applications }: EquippedCluster, { application }: Ui): boolean =>
  application === undefined || applications.some((name) => name.toLowerCase() === application.toLowerCase());

const idOf = ({ instanceId, address }: Primary, type: UiGroup['targetType']): string | undefined => {
  if (type === 'instance') {
    return instanceId;
  }
  return address !== undefined && PRIVATE.test(address) ? address : undefined;
};

/** Derives the targets of a UI from the live cluster and its primary nodes that run. */
export const wantedTargets = (ui: Ui, targetType: UiGroup['targetType'], live: LiveCluster): Wanted => {
  if (live.kind !== 'ready') {
    return live.kind === 'none'
      ? { kind: 'nothing', reason: 'No cluster of the name is ready' }
      : { kind: 'unknown', reason: live.error.message };
  }
  const { cluster, primaries } = live;
  if (!hasApplication(cluster, ui)) {
    return { kind: 'nothing', reason: `Cluster ${cluster.id} was started without ${ui.application}` };
  }
  const port = portOn(ui, cluster.release);
  if (port === undefined) {
    return {
      kind: 'nothing',
      reason: `Release ${cluster.release ?? 'unknown'} of cluster ${cluster.id} has no ${ui.name}`,
    };
  }
  if (primaries.length === 0) {
    return { kind: 'unknown', reason: `EMR lists no running primary node of cluster ${cluster.id}` };
  }
  const targets: OwnedTarget[] = [];
  for (const primary of ui.primaries === 'one' ? firstOf(primaries, cluster.primaryDnsName) : primaries) {
    const id = idOf(primary, targetType);
    if (id === undefined) {
      return { kind: 'unknown', reason: `Primary node ${primary.instanceId} has no private address` };
    }
    targets.push({ id, port, clusterId: cluster.id, instanceId: primary.instanceId });
  }
  return { kind: 'targets', targets };
};
