/** A node of an EMR cluster: one EC2 instance. */

/** What a node is for, in the words of the dimension `NodeRole`. */
export const NODE_ROLES = ['primary', 'core', 'task'] as const;

export type NodeRole = (typeof NODE_ROLES)[number];

export type Node = {
  /** Of EC2, `i-...`: the dimension `InstanceId`. */
  readonly instanceId: string;
  /** Absent when EMR does not say. */
  readonly role?: NodeRole;
  readonly createdAt: Date;
  /** Absent while the node lives. */
  readonly endedAt?: Date;
};
