/** Finds EC2 instances by id and address. The adapter is `shared/aws/machines.ts`. */

/** An EC2 instance. */
export type Machine = {
  readonly instanceId: string;
  /** Whether it never runs again; also true while it is shutting down. */
  readonly isGone: boolean;
  /** Its network; left out for an instance that is gone. */
  readonly vpcId?: string;
  /** Its private address, which another instance may get later. */
  readonly address?: string;
  /** The EMR cluster that started it. */
  readonly clusterId?: string;
};

export type Machines = {
  /**
   * Describes instances. An instance that EC2 does not know is gone; an instance that is missing
   * from the answer is unknown.
   */
  byId(instanceIds: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Machine>>;
  /** Finds the instances that have an address now, in any network. */
  byAddress(addresses: readonly string[], signal: AbortSignal): Promise<Machine[]>;
};
