/** A node of an EMR cluster: one EC2 instance. */

/** The roles of nodes: the values of the dimension `NodeRole`. */
export const NODE_ROLES = ['primary', 'core', 'task'] as const;

export type NodeRole = (typeof NODE_ROLES)[number];

export type Node = {
  /** `i-...`: the dimension `InstanceId`. */
  readonly instanceId: string;
  /** Left out when EMR does not report it. */
  readonly role?: NodeRole;
  readonly createdAt: Date;
  /** Left out while the node lives. */
  readonly endedAt?: Date;
};
