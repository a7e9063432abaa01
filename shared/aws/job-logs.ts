/** The logs of jobs, in CloudWatch Logs. */
import {
  CloudWatchLogsClient,
  GetLogEventsCommand,
  type GetLogEventsCommandInput,
  type OutputLogEvent,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { LogLocation } from '../jobs/log-location.ts';
import type { LogLine } from '../jobs/progress.ts';
import { clientSettings } from './client-settings.ts';

export type JobLogs = {
  /**
   * Reads the end of a log, the newest line last.
   *
   * @returns at most `lines` lines; `undefined` when the log does not exist
   */
  tail(place: LogLocation, lines: number, signal: AbortSignal): Promise<LogLine[] | undefined>;
  /** Reads the newest lines in one request, without those that are older than an instant. */
  latest(place: LogLocation, since: Date | undefined, signal: AbortSignal): Promise<LogLine[] | undefined>;
};

/** A page may be short, and even empty, before the end of the log. */
const MAX_PAGES = 4;

/** The most lines of one answer, unless its megabyte is full before. */
const LATEST_LINES = 1_000;

const lineOf = ({ timestamp = 0, message = '' }: OutputLogEvent): LogLine => ({
  at: new Date(timestamp),
  text: message,
});

type Page = { readonly lines: LogLine[]; readonly before: string | undefined };

/**
 * Opens the logs.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
 */
export const createJobLogs = (): JobLogs => {
  const clients = new Map<string, CloudWatchLogsClient>();
  /** A job may log to another Region than its own. */
  const clientOf = (region: string): CloudWatchLogsClient => {
    const client = clients.get(region) ?? new CloudWatchLogsClient({ ...clientSettings(), region });
    clients.set(region, client);
    return client;
  };

  /** Without `startFromHead` the newest page comes first; within a page the lines are in order. */
  const read = async (
    { group, stream, region }: LogLocation,
    more: Pick<GetLogEventsCommandInput, 'limit' | 'nextToken' | 'startTime'>,
    abortSignal: AbortSignal,
  ): Promise<Page> => {
    const command = new GetLogEventsCommand({ logGroupName: group, logStreamName: stream, ...more });
    const { events = [], nextBackwardToken } = await clientOf(region).send(command, { abortSignal });
    return { lines: events.map(lineOf), before: nextBackwardToken };
  };

  /** A stream appears with its first line. */
  const orNone = async (reading: Promise<LogLine[]>): Promise<LogLine[] | undefined> => {
    try {
      return await reading;
    } catch (error) {
      if (error instanceof ResourceNotFoundException) {
        return undefined;
      }
      throw error;
    }
  };

  const readTail = async (place: LogLocation, limit: number, signal: AbortSignal): Promise<LogLine[]> => {
    let lines: LogLine[] = [];
    let nextToken: string | undefined;
    for (let page = 0; page < MAX_PAGES && lines.length < limit; page += 1) {
      const found = await read(place, { limit: limit - lines.length, nextToken }, signal);
      lines = [...found.lines, ...lines];
      // At the end of the log, the token is repeated.
      if (found.before === undefined || found.before === nextToken) {
        break;
      }
      nextToken = found.before;
    }
    return lines;
  };

  return {
    tail: (place, lines, signal) => orNone(readTail(place, lines, signal)),
    latest: (place, since, signal) =>
      orNone(read(place, { limit: LATEST_LINES, startTime: since?.getTime() }, signal).then(({ lines }) => lines)),
  };
};
