/** A sighting of a run's job, by an event or by asking Batch, and whether it is news. Pure. */
import { failedContainer } from '../jobs/failed-container.ts';
import { attemptsBegun, type Job, lastAttempt, parentId } from '../jobs/job.ts';
import type { Run, RunState } from './run.ts';

/** The states of a run whose job is in Batch. */
export type JobState = Extract<RunState, 'submitted' | 'running' | 'succeeded' | 'failed'>;

export type JobObservation = {
  readonly jobId: string;
  readonly state: JobState;
  /** How many have begun. */
  readonly attempts: number;
  readonly submittedAt?: Date | undefined;
  readonly startedAt?: Date | undefined;
  readonly stoppedAt?: Date | undefined;
  readonly exitCode?: number | undefined;
  /** Why it failed, as Batch says it. */
  readonly reason?: string | undefined;
};

/** From which states of a run with this job a sighting moves it on. A run that has ended stays so. */
export const MOVES_FROM: Readonly<Record<JobState, readonly JobState[]>> = {
  submitted: [],
  running: ['submitted'],
  succeeded: ['submitted', 'running'],
  failed: ['submitted', 'running'],
};

/** An array job is PENDING for as long as its children run. */
const haveChildrenBegun = ({ array }: Pick<Job, 'array'>): boolean =>
  (['RUNNING', 'SUCCEEDED', 'FAILED'] as const).some((status) => (array?.statusSummary[status] ?? 0) > 0);

const stateOf = (job: Job): JobState => {
  switch (job.status) {
    case 'RUNNING':
      return 'running';
    case 'SUCCEEDED':
      return 'succeeded';
    case 'FAILED':
      return 'failed';
    default:
      // Also when it waits for its next attempt.
      return haveChildrenBegun(job) ? 'running' : 'submitted';
  }
};

/** Reads from a job what its run keeps of it. */
export const observationOf = (job: Job): JobObservation => {
  const state = stateOf(job);
  const attempt = lastAttempt(job);
  const ends = attempt?.containers ?? [];
  return {
    jobId: job.id,
    state,
    attempts: attemptsBegun(job),
    submittedAt: job.createdAt,
    startedAt: job.startedAt ?? attempt?.startedAt,
    ...(state === 'succeeded' || state === 'failed'
      ? {
          stoppedAt: job.stoppedAt ?? attempt?.stoppedAt,
          exitCode: failedContainer(ends)?.exitCode ?? ends.find(({ exitCode }) => exitCode !== undefined)?.exitCode,
        }
      : {}),
    ...(state === 'failed' ? { reason: job.statusReason ?? attempt?.statusReason } : {}),
  };
};

/**
 * Reads from the first child of an array job that it has begun: the array job itself has no event between its submission and its end.
 *
 * @returns `undefined` for any other event
 */
export const beginningOf = ({ id, status, createdAt, startedAt }: Job): JobObservation | undefined =>
  status === 'RUNNING' && id.endsWith(':0')
    ? { jobId: parentId(id), state: 'running', attempts: 0, submittedAt: createdAt, startedAt }
    : undefined;

/** Whether a run's job has not ended, as far as the run knows. */
export const isUnderWay = (state: RunState): state is 'submitted' | 'running' =>
  state === 'submitted' || state === 'running';

/** The standing of a sighting to a run of the same generation. */
export type Standing =
  /** It moves the run on, or tells something new of its job. */
  | 'news'
  /** The run knows it, or knows more. */
  | 'known'
  /** The run has another job. */
  | 'other job'
  /** The run was never submitted, as far as it knows. */
  | 'unexpected';

/** Tells what a sighting is to a run. An event may come before the submission was recorded: the claim then takes its job. */
export const standingOf = (run: Pick<Run, 'state' | 'job'>, sighting: JobObservation): Standing => {
  const { state, job } = run;
  if (job === undefined) {
    return state === 'claimed' ? 'news' : 'unexpected';
  }
  if (job.id !== sighting.jobId) {
    return 'other job';
  }
  const isMove = MOVES_FROM[sighting.state].some((from) => from === state);
  const isRetry = isUnderWay(state) && state === sighting.state && sighting.attempts > (job.attempts ?? 0);
  return isMove || isRetry ? 'news' : 'known';
};
