/** Reads the progress of a running job from its log. */
import type { Pace } from '../pace.ts';
import type { Job } from './job.ts';
import { type LogLocation, logLocationOf } from './log-location.ts';
import { type LogLine, type Progress, progressIn } from './progress.ts';
import { createRedaction } from './redaction.ts';

export type Ports = {
  /** Reads the newest lines of a log in one request; `undefined` if the log does not exist. */
  readonly readLog: (
    place: LogLocation,
    since: Date | undefined,
    signal: AbortSignal,
  ) => Promise<readonly LogLine[] | undefined>;
  readonly pace: Pace;
};

/**
 * Makes the function that reads.
 *
 * @returns a function that makes at most one request, for the first container with a log
 */
export const createReadProgress =
  ({ readLog, pace }: Ports) =>
  async (job: Job, since: Date | undefined, signal: AbortSignal): Promise<Progress | undefined> => {
    const [place] = job.ends.flatMap((end) => logLocationOf(job, end) ?? []);
    if (place === undefined) {
      return undefined;
    }
    await pace();
    const lines = await readLog(place, since, signal);
    return progressIn(lines ?? [], createRedaction(job.confidential));
  };
