/** Gathers the facts about a job that failed: its run, the reason, and the end of its log. */
import type { Job } from '../../shared/jobs/job.ts';
import type { LogLocation } from '../../shared/jobs/log-location.ts';
import type { LogLine } from '../../shared/jobs/progress.ts';
import { createRedaction, type Redaction } from '../../shared/jobs/redaction.ts';
import type { FailedJob, OwnRun } from './failure-notice.ts';
import { explainJob } from './failure-reason.ts';
import { LINES_READ, type LogSource, type LogTail, logSourceOf, tailOf, withoutLines } from './log-tail.ts';

export type Ports = {
  /** Finds the run of a job by the job's name. */
  readonly runOfJob: (jobName: string, signal: AbortSignal) => Promise<OwnRun | undefined>;
  /** Asks Batch about jobs; jobs that it does not know are left out. */
  readonly describe: (ids: readonly string[], signal: AbortSignal) => Promise<readonly Job[]>;
  /** Reads the last lines of a log, the newest last; `undefined` when the log does not exist. */
  readonly readLog: (place: LogLocation, lines: number, signal: AbortSignal) => Promise<readonly LogLine[] | undefined>;
};

export type Settings = {
  /** The prefix of the names of our jobs. */
  readonly jobNamePrefix: string;
};

/** A job that failed, with the container or node that decided its end. */
export type DescribedFailure = Omit<FailedJob, 'cascade' | 'quietUntil'>;

const errorName = (error: unknown): string => (error instanceof Error ? error.name : 'an unknown error');

/** Makes the functions that describe a failed job. */
export const createDescribeFailure = ({ runOfJob, describe, readLog }: Ports, { jobNamePrefix }: Settings) => {
  const ownRun = async (job: Pick<Job, 'name'>, signal: AbortSignal): Promise<OwnRun | undefined> =>
    job.name.startsWith(jobNamePrefix) ? runOfJob(job.name, signal) : undefined;

  const readTail = async (source: LogSource, redact: Redaction, signal: AbortSignal): Promise<LogTail> => {
    if (source.kind !== 'stream') {
      return withoutLines(source);
    }
    try {
      const lines = await readLog(source.place, LINES_READ, signal);
      return lines === undefined
        ? { kind: 'no lines', text: 'The log was deleted, or nothing was written to it.' }
        : { kind: 'lines', lines: tailOf(lines, redact), container: source.container };
    } catch (error) {
      signal.throwIfAborted();
      // A notification without the log is better than none.
      return { kind: 'no lines', text: `The log could not be read (${errorName(error)}). The link opens it.` };
    }
  };

  /** The main node decides the end of a multi-node job, and only it has the log. */
  const deciding = async (job: Job, signal: AbortSignal): Promise<Job> => {
    if (job.shape !== 'nodes' || job.mainNode === undefined) {
      return job;
    }
    try {
      const [main] = await describe([`${job.id}#${job.mainNode}`], signal);
      return main ?? job;
    } catch {
      signal.throwIfAborted();
      return job;
    }
  };

  const describeFailure = async (job: Job, signal: AbortSignal): Promise<DescribedFailure> => {
    const main = await deciding(job, signal);
    const redact = createRedaction({
      values: [...job.confidential.values, ...main.confidential.values],
      secretNames: [...job.confidential.secretNames, ...main.confidential.secretNames],
    });
    const source = logSourceOf(main);
    const [own, tail] = await Promise.all([ownRun(job, signal), readTail(source, redact, signal)]);
    const seen = main === job ? job : { ...job, attempts: main.attempts, ends: main.ends };
    return { job: seen, own, reason: explainJob(seen), source, tail, redact };
  };

  return { describeFailure, ownRun };
};

export type FailureDescriptions = ReturnType<typeof createDescribeFailure>;
