/** Queues and compute environments: the properties that decide where a job can run. */

/** The machines of a compute environment. */
export type Machines =
  | {
      readonly kind: 'instances';
      readonly maxVcpus: number;
      /** Names, families and bundles, in the spelling of Batch. */
      readonly instanceTypes: readonly string[];
      /** Whether `maxVcpus` is never exceeded; otherwise Batch may exceed it by one instance. */
      readonly isMaxStrict: boolean;
    }
  | { readonly kind: 'fargate'; readonly maxVcpus: number }
  | { readonly kind: 'unmodelled'; readonly reason: string };

export type ComputeEnvironment = {
  readonly name: string;
  readonly arn: string;
  /** `no` if it is disabled or invalid, `not yet` while it is being changed. */
  readonly isUsable: 'yes' | 'not yet' | 'no';
  /** The reason why it is not usable: `DISABLED`, `INVALID`. */
  readonly state: string;
  readonly machines: Machines;
};

export type JobQueue = {
  readonly name: string;
  readonly arn: string;
  /** Whether it takes new jobs. */
  readonly isEnabled: boolean;
  /** ARNs, in the order in which Batch tries them. */
  readonly environments: readonly string[];
};
