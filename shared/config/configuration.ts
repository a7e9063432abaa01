/**
 * The validated configuration as data: what `breakaway.config.ts` means once every default is filled in.
 *
 * The schema (`schema.ts`, build time only) produces it, the bundles contain it, and the template is derived from it.
 */
import type { Template } from '../feeds/template.ts';
import type { Emr } from './clusters.ts';
import type { Uis } from './uis.ts';

/** What happens when an object is written again, or a new one comes, after its run was claimed. */
export type OnOverwrite = 'ignore' | 'alert' | 'rerun';

/** What a feed may have people told of when all goes well. */
export type Tellable = 'started' | 'succeeded';

/** Files that a feed waits for. */
export type FileSlot = {
  readonly kind: 'files';
  readonly name: string;
  readonly template: Template;
  /** How many distinct objects fill the slot. Always 1 where the template has no `*`. */
  readonly min: number;
  /** An optional slot is recorded and passed on, and delays nothing. */
  readonly optional: boolean;
  /** A smaller object does not fill the slot. */
  readonly minBytes: number;
};

export type Slot = FileSlot;

/**
 * What is sent to `SubmitJob`. Every string value may hold placeholders: `{date:yyyy-MM-dd}`, `{<capture>}`, `{feed}`, `{generation}`,
 * `{manifest}`, and for a slot of one file `{<slot>.uri}`, `{<slot>.bucket}`, `{<slot>.key}`.
 *
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
 */
export type BatchJob = {
  readonly queue: string;
  /** A name (the latest active revision) or `name:revision`. */
  readonly definition: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly resources: { readonly vcpus?: number; readonly memoryMiB?: number; readonly gpus?: number };
  readonly arraySize?: number;
  readonly timeoutSeconds?: number;
  readonly retry?: {
    readonly attempts: number;
    readonly evaluateOnExit: readonly {
      readonly action: 'RETRY' | 'EXIT';
      readonly onStatusReason?: string;
      readonly onReason?: string;
      readonly onExitCode?: string;
    }[];
  };
  readonly shareIdentifier?: string;
  readonly schedulingPriority?: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly propagateTags: boolean;
};

/** A tagged union, so that targets other than Batch can follow. */
export type Job = { readonly batch: BatchJob };

export type Feed = {
  readonly name: string;
  readonly slots: readonly Slot[];
  readonly job: Job;
  readonly onOverwrite: OnOverwrite;
  /** Where the job writes, as it was declared: S3 URIs with placeholders. */
  readonly outputs: readonly string[];
  /** What people are told of beside what goes wrong. */
  readonly tell: readonly Tellable[];
};

export type Configuration = {
  /** The IANA zone in which people read times. */
  readonly timeZone: string;
  readonly feeds: readonly Feed[];
  /** `all`, or names and patterns (`etl-*`) of the job queues that are counted. */
  readonly queues: { readonly count: 'all' | readonly string[] };
  /** Log groups, beside that of AWS Batch, in which jobs keep their logs. */
  readonly logGroups: readonly string[];
  /** Absent where no cluster is named. */
  readonly emr?: Emr;
  /** Absent where nothing is said of user interfaces; the built-in ones are known all the same. */
  readonly uis?: Uis;
};
