/** The machines behind addresses and instance ids. The adapter is `shared/aws/machines.ts`. */

/** An EC2 instance. */
export type Machine = {
  readonly instanceId: string;
  /** Whether it never runs again: one that is shutting down does not come back. */
  readonly isGone: boolean;
  /** The network that it is in; a machine that is gone is in none. */
  readonly vpcId?: string;
  /** Its private address, which another gets when it is gone. */
  readonly address?: string;
  /** The EMR cluster that started it. */
  readonly clusterId?: string;
};

export type Machines = {
  /** Looks machines up. One that EC2 says it does not know is gone; one that is not in the answer, nobody knows about. */
  byId(instanceIds: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Machine>>;
  /** Finds the machines that have an address now, in whichever network. */
  byAddress(addresses: readonly string[], signal: AbortSignal): Promise<Machine[]>;
};
