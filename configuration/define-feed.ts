/** The types of a feed in `breakaway.config.ts`: the job, and the slots that it waits for. */
import type { UserJob } from './define-job.ts';

/** A job, and the slots that it waits for. */
export type UserFeed = {
  /**
   * The name in every message, metric and job name: `a-z`, `0-9` and `-`, at most 40 characters.
   */
  readonly name: string;
  /** The slots by name. The job is submitted as soon as every required slot is filled. */
  readonly slots: Readonly<Record<string, UserSlot>>;
  /** The job. */
  readonly job: UserJob;
  /**
   * The reaction to a file that is written again, or to a new file, after the job was submitted:
   * `ignore` the file, `alert` a person, or `rerun` the job as the next generation.
   *
   * @defaultValue `'ignore'`
   */
  readonly onOverwrite?: 'ignore' | 'alert' | 'rerun' | undefined;
  /**
   * The places where the job writes: S3 URIs with the placeholders of job values and `*`. A URI
   * that ends with `/` means everything below it. Any other URI means the object with this key and
   * everything below it, since Spark and Hive write folders. The suite writes nothing there. It
   * refuses a configuration in which the output of a job would start the same job again.
   */
  readonly outputs?: readonly string[] | undefined;
  /**
   * Notifications that are not about problems: when the job has `started`, when it has `succeeded`.
   *
   * @defaultValue `[]`
   */
  readonly tell?: readonly ('started' | 'succeeded')[] | undefined;
  /**
   * The IANA time zone of the feed's dates and times: `America/New_York`.
   *
   * @defaultValue the time zone of the configuration
   */
  readonly timeZone?: string | undefined;
  /**
   * The name of the calendar whose business dates have a run. On other dates no run is expected, so
   * no run is late. Files that come on other dates are processed like any others.
   *
   * @defaultValue every date has a run
   */
  readonly calendar?: string | undefined;
  /**
   * The time when every required slot of a date's run should be filled. At this time a notification
   * lists the missing files and feeds.
   *
   * - `'09:00'`: this time on the date itself; on the first day of a month or a year.
   * - `'+1d 09:00'`: this time on the next day. Days are counted on the calendar, so the time is
   *   09:00 also when clocks are changed.
   * - `'+33h'`, `'+90m'`, `'+1h30m'`: a duration after the date started. A feed by hours needs this
   *   form.
   *
   * The feed needs a date, and `values` for each of its captures. Without them, the set of expected
   * runs is unknown.
   */
  readonly due?: string | undefined;
  /**
   * The time when a late run is given up; written like `due`. Files that come later are processed.
   *
   * @defaultValue when the date leaves `lookback`
   */
  readonly cutOff?: string | undefined;
  /**
   * The first date of the feed: `'2026-11-22'`. The feed ignores earlier dates, since another
   * system has processed them.
   *
   * @defaultValue the first date that starts after the feed was first deployed
   */
  readonly since?: string | undefined;
  /**
   * The number of dates before today for which the feed searches files, 0 to 60: days, or months or
   * years where the feed's dates are months or years.
   *
   * @defaultValue 3
   */
  readonly lookback?: number | undefined;
  /**
   * How many days after today are processed when their files come early, 0 to 366. Files of later dates are reported,
   * and processed when their date comes into range.
   *
   * @defaultValue 7
   */
  readonly ahead?: number | undefined;
  /**
   * The time between two notifications about a late run: `'90s'`, `'15m'`, `'4h'`, `'3d'`; from
   * `'1m'` to `'30d'`.
   *
   * @defaultValue `'4h'`
   */
  readonly remindEvery?: string | undefined;
  /**
   * The runs that are made up for after an outage, for a feed that waits only for a time: the
   * `latest`, or `all` that were missed.
   *
   * @defaultValue `'latest'`
   */
  readonly catchUp?: 'latest' | 'all' | undefined;
  /**
   * The known values of captures: `{ shop: ['tokyo', 'osaka'] }`. `due` needs them. A feed that
   * waits for this one and does not have the capture needs them, too: it waits for the runs of all
   * values. Files with other values are processed like any others.
   */
  readonly values?: Readonly<Record<string, readonly string[]>> | undefined;
  /**
   * Whether this feed is a shadow: it does everything but start its job. A shadow shows what would
   * happen while another system still does the work.
   *
   * @defaultValue `false`
   */
  readonly shadow?: boolean | undefined;
};

/** A condition of a feed: files, the success of another feed, or a time. */
export type UserSlot = UserFileSlot | UserFeedSlot | UserTimeSlot;

/** Files that a feed waits for. */
export type UserFileSlot = {
  /**
   * An S3 URI with captures.
   *
   * - `{shop}`: one or more characters other than `/`. Files with the same captured values belong
   *   to the same run.
   * - `{date:yyyyMMdd}`: a business date of `yyyy`, `MM`, `dd`, `HH`, `mm`. The pieces may be
   *   apart, as in `{date:yyyy}/{date:MM}/{date:dd}`. A piece has a fixed place if there is no
   *   `{shop}` or `*` between it and a slash, the start or the end of the key. A year, month and
   *   day without a fixed place must be side by side.
   * - `*`: any characters other than `/`, with no meaning for the run. For a folder, the S3 console
   *   creates an empty object whose key ends with `/`. Only a template that ends with `/` matches
   *   it.
   * - `{{` and `}}`: a brace that stands for itself.
   *
   * @example `s3://landing/sales/{date:yyyyMMdd}/orders_{shop}.tsv.gz`
   */
  readonly files: string;
  /**
   * The number of files that fill the slot. Only a template with a `*` can have more than 1.
   *
   * @defaultValue 1
   */
  readonly min?: number | undefined;
  /**
   * Whether the job starts without this slot. The job gets an optional file if it is there, and
   * does not wait for it.
   *
   * @defaultValue `false`
   */
  readonly optional?: boolean | undefined;
  /**
   * The least size of a file. A smaller object does not fill the slot: 1 leaves out empty files.
   *
   * @defaultValue 0
   */
  readonly minBytes?: number | undefined;
  /**
   * The provider writes this one file last: when it is there, the files of the other slots in its bucket are complete.
   * A correction counts when it is written again.
   *
   * @defaultValue `true` for a required file without `*` whose name begins with `_` or ends with `.done`, `.ok`,
   * `.ready` or `.success`
   */
  readonly marker?: boolean | undefined;
};

/**
 * The success of another feed's run: the run with the same date, and with the same values of the
 * captures that both feeds have.
 *
 * A feed without files takes its dates and captures from the feeds that it waits for.
 */
export type UserFeedSlot = {
  /** The name of the other feed. */
  readonly feed: string;
  /**
   * The distance from the run's date to the date of the other feed: `'-1d'` is the day before. The
   * units are `y` (years), `mo` (months), `d` (days), `h` (hours) and `m` (minutes).
   *
   * @defaultValue the same date
   */
  readonly offset?: string | undefined;
  /**
   * Captures of the other feed that this feed does not have. The slot waits for the runs of all
   * `values` that the other feed lists for them. A feed with files does not need this field, since
   * its templates say which captures it has.
   *
   * @example `['shop']`
   */
  readonly all?: readonly string[] | undefined;
  /**
   * Whether the job starts without this slot.
   *
   * @defaultValue `false`
   */
  readonly optional?: boolean | undefined;
};

/**
 * A time in the time zone of the feed. The first one after the start of a run's date fills the
 * slot.
 */
export type UserTimeSlot = {
  /**
   * A time of day, `'06:30'`; or a crontab expression of five fields, `'30 6 * * 1-5'`; or one of
   * `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.
   *
   * When clocks are changed, some times do not exist, and some exist twice. A time that does not
   * exist counts as the first time after the gap. Of a time that exists twice, the first one
   * counts.
   *
   * A feed that waits only for times has one run for each of them. Its dates are days, hours or
   * minutes, as the times require.
   *
   * @see https://man7.org/linux/man-pages/man5/crontab.5.html
   */
  readonly at: string;
};
