/** The end of a job's log in a notification. */
import { failedContainer } from '../../shared/jobs/failed-container.ts';
import { type Attempt, type Job, lastAttempt } from '../../shared/jobs/job.ts';
import { type LogLocation, logLocationOf, otherLogDriver } from '../../shared/jobs/log-location.ts';
import type { LogLine } from '../../shared/jobs/progress.ts';
import { type Redaction, redactLines } from '../../shared/jobs/redaction.ts';
import { wrapped } from './notice-text.ts';

/** The place of the log of the newest attempt. */
export type LogSource =
  | { readonly kind: 'stream'; readonly place: LogLocation; readonly container?: string | undefined }
  /** Batch knows of no log, usually because no container of the attempt ran. */
  | { readonly kind: 'none'; readonly hasRun: boolean }
  /** The log does not go to CloudWatch Logs. */
  | { readonly kind: 'elsewhere'; readonly driver: string };

export type LogTail =
  | { readonly kind: 'lines'; readonly lines: readonly string[]; readonly container?: string | undefined }
  | { readonly kind: 'no lines'; readonly text: string };

const MAX_LINES = 20;
const MAX_LINE_LENGTH = 240;
const MAX_CHARACTERS = 3_000;

/** A longer notification would be cut at its end, where the log is. */
const MAX_BYTES = 7_000;

/**
 * More than are shown, since some are empty, and one may end a private key that begins before it.
 */
export const LINES_READ = 60;

const CUT = ' ...';

/** Finds the log of the container that decided the end of the newest attempt. */
export const logSourceOf = (job: Job, attempt: Attempt | undefined = lastAttempt(job)): LogSource => {
  const failed = failedContainer(attempt?.containers ?? []);
  // When the failed container never ran, another container of the task may have a log.
  const end = failed?.logStream === undefined ? attempt?.containers.find(({ logStream }) => logStream) : failed;
  const place = end && logLocationOf(job, end);
  if (place !== undefined) {
    return { kind: 'stream', place, container: end?.name };
  }
  const driver = otherLogDriver(job, end ?? failed ?? {});
  if (driver !== undefined) {
    return { kind: 'elsewhere', driver };
  }
  return job.shape === 'pod' && attempt !== undefined
    ? { kind: 'elsewhere', driver: 'its cluster' }
    : { kind: 'none', hasRun: attempt?.startedAt !== undefined };
};

/** The last text that a terminal shows of a line with carriage returns. */
const lastWritten = (line: string): string => line.replace(/\r+$/, '').replace(/^.*\r/s, '');

const cut = (line: string): string =>
  line.length <= MAX_LINE_LENGTH ? line : `${line.slice(0, MAX_LINE_LENGTH - CUT.length).toWellFormed()}${CUT}`;

/** Keeps the last lines that fit. */
const lastOf = (lines: readonly string[]): string[] => {
  const kept: string[] = [];
  let characters = 0;
  let bytes = 0;
  for (const line of lines.toReversed().slice(0, MAX_LINES)) {
    characters += line.length + 1;
    bytes += Buffer.byteLength(line) + 1;
    if (characters > MAX_CHARACTERS || bytes > MAX_BYTES) {
      break;
    }
    kept.unshift(line);
  }
  return kept;
};

/**
 * Makes the end of a log for a notification: the last lines, redacted, each short enough for a
 * phone.
 */
export const tailOf = (log: readonly LogLine[], redact: Redaction): string[] => {
  const lines = log.flatMap(({ text }) => text.split('\n')).map(lastWritten);
  const shown = redactLines(lines, redact)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  return lastOf(shown.map(cut)).map(wrapped);
};

/** Explains why the notification shows no log. */
export const withoutLines = (source: Exclude<LogSource, { kind: 'stream' }>): LogTail => {
  if (source.kind === 'elsewhere') {
    return { kind: 'no lines', text: `The log is not in CloudWatch Logs: it goes to ${source.driver}.` };
  }
  return {
    kind: 'no lines',
    text: source.hasRun ? 'AWS Batch knows of no log.' : 'There is no log: the container never ran.',
  };
};
