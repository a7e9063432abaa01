/** Validates a configuration of the right shape, and fills in the defaults. */
import { type ReadText, readCalendars } from './calendars.ts';
import type { Configuration } from './configuration.ts';
import type { UserConfig } from './define.ts';
import { emrProblems, readEmr } from './emr-problems.ts';
import { readFeeds } from './feeds.ts';
import { jobWarnings } from './job-problems.ts';
import { queueProblems, readQueues } from './queue-problems.ts';
import { timeZoneProblems } from './time-zones.ts';
import { readUis, uiProblems, uiWarnings } from './ui-problems.ts';
import { doubleJobWarnings, doubleSlotWarnings, loopProblems, nameProblems } from './workflow-problems.ts';

/**
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
 */
const logGroupProblems = (group: string): string[] =>
  /^[A-Za-z0-9_/.#-]{1,512}$/.test(group)
    ? []
    : [`logGroups: "${group}" is not the name of a log group: at most 512 letters, digits, "_", "-", "/", "." and "#"`];

/**
 * Validates a configuration of the right shape.
 *
 * @param incomplete - Names of feeds that lack a slot because of its shape.
 * @param readText - Reads a file that the configuration names.
 * @returns The configuration, which is complete only without problems.
 */
export const checkConfiguration = (
  {
    timeZone,
    feeds: userFeeds,
    calendars: userCalendars = {},
    queues = {},
    emr: userEmr,
    uis: userUis,
    logGroups = [],
  }: UserConfig,
  incomplete: ReadonlySet<string>,
  readText: ReadText,
): {
  readonly configuration: Configuration;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
} => {
  const { calendars, problems: calendarProblems } = readCalendars(userCalendars, readText);
  const { feeds, problems: feedProblems } = readFeeds(userFeeds, incomplete, { timeZone, calendars });
  const emr = userEmr && readEmr(userEmr);
  const uis = userUis && readUis(userUis);
  const loops = loopProblems(feeds);

  return {
    configuration: {
      timeZone,
      feeds,
      calendars,
      queues: readQueues(queues),
      logGroups,
      ...(emr && { emr }),
      ...(uis && { uis }),
    },
    problems: [
      ...timeZoneProblems(timeZone),
      ...calendarProblems,
      ...feedProblems,
      ...nameProblems(feeds),
      ...loops.problems,
      ...queueProblems(queues),
      ...logGroups.flatMap(logGroupProblems),
      ...(userEmr && emr ? emrProblems(userEmr, emr) : []),
      ...(userUis && uis ? uiProblems(userUis, uis) : []),
    ],
    warnings: [
      ...loops.warnings,
      ...doubleJobWarnings(feeds),
      ...doubleSlotWarnings(feeds),
      ...feeds.flatMap(jobWarnings),
      ...(uis ? uiWarnings(uis, emr) : []),
    ],
  };
};
