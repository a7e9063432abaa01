/** The end of a job's log, as people get to see it. */
import { failedContainer } from '../../shared/jobs/failed-container.ts';
import { type Attempt, type Job, lastAttempt } from '../../shared/jobs/job.ts';
import { type LogLocation, logLocationOf, otherLogDriver } from '../../shared/jobs/log-location.ts';
import type { LogLine } from '../../shared/jobs/progress.ts';
import { type Redaction, redactLines } from '../../shared/jobs/redaction.ts';
import { wrapped } from './notice-text.ts';

/** Where the log of the newest attempt is. */
export type LogSource =
  | { readonly kind: 'stream'; readonly place: LogLocation; readonly container?: string | undefined }
  /** No container of the attempt has a log, as far as Batch knows; mostly because none has run. */
  | { readonly kind: 'none'; readonly hasRun: boolean }
  /** The job sends its log to something else than CloudWatch Logs. */
  | { readonly kind: 'elsewhere'; readonly driver: string };

export type LogTail =
  | { readonly kind: 'lines'; readonly lines: readonly string[]; readonly container?: string | undefined }
  | { readonly kind: 'no lines'; readonly text: string };

/** So many lines are shown, of at most so many characters. */
const MAX_LINES = 20;
const MAX_LINE_LENGTH = 240;
const MAX_CHARACTERS = 3_000;

/** A message has room for so many; beyond that it would be cut where the log ends, which is the part that matters. */
const MAX_BYTES = 7_000;

/** So many are read: some are empty, and one may end a private key that began before. */
export const LINES_READ = 60;

const CUT = ' ...';

/** Finds the log of the container that brought the newest attempt down. */
export const logSourceOf = (job: Job, attempt: Attempt | undefined = lastAttempt(job)): LogSource => {
  const failed = failedContainer(attempt?.containers ?? []);
  // Another container of the task may have logged where the failed one never ran.
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

/** What a terminal would show in the end of a line that was written over and over. */
const lastWritten = (line: string): string => line.replace(/\r+$/, '').replace(/^.*\r/s, '');

const cut = (line: string): string =>
  line.length <= MAX_LINE_LENGTH ? line : `${line.slice(0, MAX_LINE_LENGTH - CUT.length).toWellFormed()}${CUT}`;

/** Keeps as many of the last lines as fit. */
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

/** Chooses what people see of a log: the last lines, without what is confidential, each short enough to be read on a phone. */
export const tailOf = (log: readonly LogLine[], redact: Redaction): string[] => {
  const lines = log.flatMap(({ text }) => text.split('\n')).map(lastWritten);
  const shown = redactLines(lines, redact)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  return lastOf(shown.map(cut)).map(wrapped);
};

/** Says why there are no lines to show. */
export const withoutLines = (source: Exclude<LogSource, { kind: 'stream' }>): LogTail => {
  if (source.kind === 'elsewhere') {
    return { kind: 'no lines', text: `The log is not in CloudWatch Logs: it goes to ${source.driver}.` };
  }
  return {
    kind: 'no lines',
    text: source.hasRun ? 'AWS Batch knows of no log.' : 'There is no log: the container never ran.',
  };
};
