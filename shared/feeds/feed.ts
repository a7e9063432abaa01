/**
 * A feed as data: a job and its slots, with every default filled in. The compiler in
 * `configuration/` makes it.
 */
import type { DateUnit, Template } from './template.ts';

/** The reaction to an object that is new or written again after its run was claimed. */
export type OnOverwrite = 'ignore' | 'alert' | 'rerun';

/** The changes of a run that can make a notification although they are not failures. */
export type NotifyOn = 'started' | 'succeeded';

/** Files that a feed waits for. */
export type FileSlot = {
  readonly kind: 'files';
  readonly name: string;
  readonly template: Template;
  /** The number of distinct objects that fill the slot; 1 when the template has no `*`. */
  readonly min: number;
  /** A run does not wait for an optional slot; its objects are still passed to the job. */
  readonly optional: boolean;
  /** A smaller object does not fill the slot. */
  readonly minBytes: number;
};

/** The distance between two business dates: `{ amount: -1, unit: 'dd' }` is the day before. */
export type DateOffset = { readonly amount: number; readonly unit: DateUnit };

/** The success of another feed's run. */
export type FeedSlot = {
  readonly kind: 'feed';
  readonly name: string;
  readonly feed: string;
  /** The distance to the date of that run; absent for the same date. */
  readonly offset?: DateOffset;
  /**
   * The number of runs that fill the slot: one for each listed value of the captures that this feed
   * does not have.
   */
  readonly min: number;
  readonly optional: boolean;
};

/**
 * The times of a crontab expression, in local time.
 *
 * @see https://man7.org/linux/man-pages/man5/crontab.5.html
 */
export type Schedule = {
  /** The text of the user: `06:30`, or `30 6 * * 1-5`. */
  readonly text: string;
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: readonly number[];
  /** From 1. */
  readonly months: readonly number[];
  /** From 0, which is Sunday. */
  readonly daysOfWeek: readonly number[];
  /** Whether a day has to be in only one of the two lists of days, since both are limited. */
  readonly isEitherDay: boolean;
};

/**
 * A time that a run waits for: the first time of the schedule from the start of the run's date on.
 */
export type TimeSlot = {
  readonly kind: 'time';
  readonly name: string;
  readonly at: Schedule;
  readonly min: 1;
  readonly optional: false;
};

export type Slot = FileSlot | FeedSlot | TimeSlot;

/** The days that are business days. */
export type Calendar = {
  /** From 0, which is Sunday. */
  readonly daysOfWeek: readonly number[];
  /** `2026-11-23`. */
  readonly holidays: readonly string[];
};

/** A moment of a business date: a time of day some days after it, or a duration after its start. */
export type Moment =
  | { readonly kind: 'time of day'; readonly days: number; readonly hour: number; readonly minute: number }
  | { readonly kind: 'offset'; readonly ms: number };

/**
 * The input of `SubmitJob`. Every string value can have placeholders: `{date:yyyy-MM-dd}`,
 * `{<capture>}`, `{feed}`, `{generation}`, `{manifest}`, and for a slot of one file `{<slot>.uri}`,
 * `{<slot>.bucket}`, `{<slot>.key}`.
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
  /** The S3 URIs, with placeholders, that the job writes. */
  readonly outputs: readonly string[];
  /** The changes that make a notification, beside failures. */
  readonly tell: readonly NotifyOn[];
  /** The IANA time zone of the feed's dates and times. */
  readonly timeZone: string;
  /** The sorted names of the captured values that distinguish the runs of one date. */
  readonly captures: readonly string[];
  /** The finest unit of the dates of its runs; absent when they have no date. */
  readonly dateUnit?: DateUnit;
  /** The listed values of captures. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  /** The name of the calendar of its dates; absent when every date has a run. */
  readonly calendar?: string;
  /** The time at which the slots of a run should be full. */
  readonly due?: Moment;
  /** The time after which a run is given up. */
  readonly cutOff?: Moment;
  /** The first expected date; absent when it follows from the first deployment. */
  readonly since?: string;
  /** The number of dates before today that are still expected. */
  readonly lookback: number;
  /** The time between reminders while a run is late. */
  readonly remindEveryMs: number;
  /** Which times that passed during an outage get a run afterwards. */
  readonly catchUp: 'latest' | 'all';
  /** Whether the feed does everything but start its job. */
  readonly shadow: boolean;
};
