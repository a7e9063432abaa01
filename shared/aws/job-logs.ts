/** The logs of jobs, in CloudWatch Logs. */
import { type Fields, listOfFields, optionalFields, optionalText } from '../fields.ts';
import type { LogLocation } from '../jobs/log-location.ts';
import type { LogLine } from '../jobs/progress.ts';
import { createJsonService, ServiceError } from './json-service.ts';

export type JobLogs = {
  /**
   * Reads the end of a log, the newest line last.
   *
   * @returns so many lines at most, fewer where the log is shorter; `undefined` when there is no such log
   */
  tail(place: LogLocation, lines: number, signal: AbortSignal): Promise<LogLine[] | undefined>;
  /** Reads the newest lines in one request, none that is older than an instant. */
  latest(place: LogLocation, since: Date | undefined, signal: AbortSignal): Promise<LogLine[] | undefined>;
};

/** A page may be short, and even empty, before the end of the log. */
const MAX_PAGES = 4;

/** What one request gives at most, unless its megabyte is full before. */
const LATEST_LINES = 1_000;

const lineOf = ({ timestamp, message }: Fields): LogLine => ({
  at: new Date(Number(timestamp ?? 0)),
  text: typeof message === 'string' ? message : '',
});

type Caller = ReturnType<typeof createJsonService>;

type Page = { readonly lines: LogLine[]; readonly before: string | undefined };

/**
 * Opens the logs.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
 */
export const createJobLogs = (): JobLogs => {
  const callers = new Map<string, Caller>();
  /** A job may log to another region than its own. */
  const callerOf = (region: string): Caller => {
    const caller =
      callers.get(region) ?? createJsonService({ endpointName: 'CLOUDWATCH_LOGS', signingName: 'logs', region });
    callers.set(region, caller);
    return caller;
  };

  /** By itself the newest page comes first; within a page the lines are in order. */
  const read = async ({ group, stream, region }: LogLocation, more: object, signal: AbortSignal): Promise<Page> => {
    const operation = 'GetLogEvents';
    const answer = await callerOf(region)(
      {
        operation,
        path: '/',
        headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `Logs_20140328.${operation}` },
        input: { logGroupName: group, logStreamName: stream, ...more },
      },
      signal,
    );
    const { events, nextBackwardToken } = optionalFields(answer);
    return { lines: listOfFields(events).map(lineOf), before: optionalText(nextBackwardToken) };
  };

  /** A stream appears with its first line. */
  const orNone = async (reading: Promise<LogLine[]>): Promise<LogLine[] | undefined> => {
    try {
      return await reading;
    } catch (error) {
      if (error instanceof ServiceError && error.type === 'ResourceNotFoundException') {
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
      // The end is where a token comes again.
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
