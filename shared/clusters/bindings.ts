/** What is remembered of the targets that were registered. The adapter is `shared/aws/binding-records.ts`. */
import type { Target } from './targets.ts';

/**
 * A target, and what it stood for when it was registered. A target group knows only the address of a machine, which another has when that is gone.
 */
export type OwnedTarget = Target & {
  /** The EMR cluster, `j-...`. */
  readonly clusterId: string;
  /** The EC2 instance, `i-...`. */
  readonly instanceId: string;
};

export type BindingRecords = {
  /** Reads what is remembered of all target groups, by ARN. */
  read(signal: AbortSignal): Promise<ReadonlyMap<string, readonly OwnedTarget[]>>;
  /** Remembers the targets of a group, in place of what was remembered of it. */
  write(groupArn: string, targets: readonly OwnedTarget[], signal: AbortSignal): Promise<void>;
};
