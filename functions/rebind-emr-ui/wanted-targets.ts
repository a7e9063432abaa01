/** Decides which targets a user interface of a cluster should have. */
import type { OwnedTarget } from '../../shared/clusters/bindings.ts';
import type { EquippedCluster, Primary } from '../../shared/clusters/primaries.ts';
import type { UiGroup } from '../../shared/clusters/targets.ts';
import { portOn, type Ui } from '../../shared/clusters/uis.ts';

export type Wanted =
  | { readonly kind: 'targets'; readonly targets: readonly OwnedTarget[] }
  /** The cluster does not have the interface. */
  | { readonly kind: 'nothing'; readonly reason: string }
  /** The cluster should have it, and nobody can say where. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** What a load balancer takes for an address: private IPv4. A target is never anything else, whatever EMR may say. */
const PRIVATE = /^(?:10\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|172\.(?:1[6-9]|2\d|3[01])\.|192\.168\.)[\d.]+$/;

const byText = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

/** Chooses the primary node that runs what only one can; EMR names it. */
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

/** Derives the targets from what EMR says of the cluster and its primary nodes that run. */
export const wantedTargets = (
  ui: Ui,
  targetType: UiGroup['targetType'],
  cluster: EquippedCluster,
  primaries: readonly Primary[],
): Wanted => {
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
