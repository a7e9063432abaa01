/** The name that a run's job has in Batch: the thread by which a lost answer is found again. */
import { createHash } from 'node:crypto';
import { type RunKey, runKeyId } from '../feeds/run-key.ts';

const MAX_LENGTH = 128;
const HASH_LENGTH = 12;

const READABLE_LENGTH = MAX_LENGTH - HASH_LENGTH - 1;

const legal = (text: string): string => text.replaceAll(/[^0-9A-Za-z_-]/g, '-');

/** The prefix of the names of all jobs of a stage. Another stage's may begin with it too: `dev` and `dev-2`. */
export const jobNamePrefix = (stage: string): string => legal(`breakaway-${stage}-`).slice(0, READABLE_LENGTH);

/**
 * Names the job of a run and generation: the same every time, and never the same for two of them.
 *
 * @returns `breakaway-<stage>-<feed>-<date>-<12 hex digits>`; without the date where the run has none. Legal for Batch: at most 128 letters,
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
