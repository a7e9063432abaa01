/** A feed as data: a job and what it waits for, with every default filled in. The compiler in `configuration/` makes it. */
import type { DateUnit, Template } from './template.ts';

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
  /** A required exact key that the provider writes last. It covers the file slots of its bucket. */
  readonly isMarker: boolean;
};

/** A business date that lies before or after another: `{ amount: -1, unit: 'dd' }` is the day before. */
export type DateOffset = { readonly amount: number; readonly unit: DateUnit };

/** The success of another feed's run. */
export type FeedSlot = {
  readonly kind: 'feed';
  readonly name: string;
  readonly feed: string;
  /** Which of its runs: left out for that of the same date. */
  readonly offset?: DateOffset;
  /** How many of its runs fill the slot: one for each listed value of the captures that this feed does not have. */
  readonly min: number;
  readonly optional: boolean;
};

/**
 * When a crontab expression fires, in wall-clock time.
 *
 * @see https://man7.org/linux/man-pages/man5/crontab.5.html
 */
export type Schedule = {
  /** As the user wrote it: `06:30`, or `30 6 * * 1-5`. */
  readonly text: string;
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: readonly number[];
  /** From 1. */
  readonly months: readonly number[];
  /** From 0, which is Sunday. */
  readonly daysOfWeek: readonly number[];
  /** Where both kinds of days are limited, one of them is enough. */
  readonly isEitherDay: boolean;
};

/** A time that has to come: of a run, the first that the schedule has from the start of the run's date on. */
export type TimeSlot = {
  readonly kind: 'time';
  readonly name: string;
  readonly at: Schedule;
  readonly min: 1;
  readonly optional: false;
};

export type Slot = FileSlot | FeedSlot | TimeSlot;

/** Which dates are business dates. */
export type Calendar = {
  /** From 0, which is Sunday. */
  readonly daysOfWeek: readonly number[];
  /** `2026-11-23`. */
  readonly holidays: readonly string[];
};

/** A moment that belongs to a business date: a time of day some days after it, or so long after its start. */
export type Moment =
  | { readonly kind: 'time of day'; readonly days: number; readonly hour: number; readonly minute: number }
  | { readonly kind: 'offset'; readonly ms: number };

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
  /** The IANA zone in which the feed's dates and times are read. */
  readonly timeZone: string;
  /** Names of the values that tell runs of one date apart, sorted. */
  readonly captures: readonly string[];
  /** How fine the date of a run is; absent where its runs have none. */
  readonly dateUnit?: DateUnit;
  /** The values that a capture is known to have, where they are listed. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  /** Which dates have a run, by name; absent where all have. */
  readonly calendar?: string;
  /** When a run should have all that it waits for. */
  readonly due?: Moment;
  /** When nobody waits for a run any longer. */
  readonly cutOff?: Moment;
  /** The first date that is looked for; absent where that follows from the first deployment. */
  readonly since?: string;
  /** How many dates before today are still looked for. */
  readonly lookback: number;
  /** How many days after today are processed when their files come early. */
  readonly ahead: number;
  /** For how long people are left alone while a run is late. */
  readonly remindEveryMs: number;
  /** Which of the times that passed during an outage are made up for. */
  readonly catchUp: 'latest' | 'all';
  /** Whether everything is done but the submission of the job. */
  readonly shadow: boolean;
};
