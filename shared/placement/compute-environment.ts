/** What Batch tells of queues and compute environments, as far as it decides where a job can run. */

/** The machines of a compute environment. */
export type Machines =
  | {
      readonly kind: 'instances';
      readonly maxVcpus: number;
      /** Names, families and bundles, as Batch spells them. */
      readonly instanceTypes: readonly string[];
      /** Whether `maxVcpus` is kept to the letter; otherwise one instance more may be started. */
      readonly isMaxStrict: boolean;
    }
  | { readonly kind: 'fargate'; readonly maxVcpus: number }
  | { readonly kind: 'unmodelled'; readonly reason: string };

export type ComputeEnvironment = {
  readonly name: string;
  readonly arn: string;
  /** `no` where it is disabled or invalid, `not yet` where it is being changed. */
  readonly isUsable: 'yes' | 'not yet' | 'no';
  /** Why it is not usable: `DISABLED`, `INVALID`. */
  readonly state: string;
  readonly machines: Machines;
};

export type JobQueue = {
  readonly name: string;
  readonly arn: string;
  /** Whether it takes new jobs. */
  readonly isEnabled: boolean;
  /** ARNs, in the order in which they are tried. */
  readonly environments: readonly string[];
};
