/** The name of a run's job in Batch, by which a job is found again when the answer of `SubmitJob` was lost. */
import { createHash } from 'node:crypto';
import { type RunKey, runKeyId } from '../feeds/run-key.ts';

/** Step Functions, Glue and EMR allow fewer characters than the 128 of Batch; one length serves every engine. */
const MAX_LENGTH = 63;
const HASH_LENGTH = 12;

const READABLE_LENGTH = MAX_LENGTH - HASH_LENGTH - 1;

const legal = (text: string): string => text.replaceAll(/[^0-9A-Za-z_-]/g, '-');

/** Returns what the names of all jobs of a stage begin with. The names of another stage may begin with it too: `dev` and `dev-2`. */
export const jobNamePrefix = (stage: string): string => legal(`breakaway-${stage}-`).slice(0, READABLE_LENGTH);

/**
 * Names the job of a run and generation: the same every time, and never the same for two of them.
 *
 * @returns `breakaway-<stage>-<feed>-<date>-<12 hex digits>`; without the date where the run has none. Legal for Batch: at most 63 letters,
 *   digits, hyphens and underscores
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html#Batch-SubmitJob-request-jobName
 */
export const jobNameOf = (stage: string, run: RunKey, generation: number): string => {
  const hash = createHash('sha256')
    .update(JSON.stringify([stage, runKeyId(run), generation]))
    .digest('hex')
    .slice(0, HASH_LENGTH);
  const date = run.date === undefined ? '' : `-${run.date.replaceAll(/[^0-9A-Za-z]/g, '')}`;
  const readable = `${jobNamePrefix(stage)}${legal(`${run.feed}${date}`)}`;
  return `${readable.slice(0, READABLE_LENGTH)}-${hash}`;
};

/** Returns what the names of all jobs of a feed begin with. The names of another feed may begin with it too. */
export const feedJobNamePrefix = (stage: string, feed: string): string =>
  `${jobNamePrefix(stage)}${legal(feed)}`.slice(0, READABLE_LENGTH);
