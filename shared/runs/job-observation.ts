/** What an event or an answer of Batch says about a run's job, and whether that is news. Pure. */
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

/** From which states an observation of its job moves a run on. A run that has ended stays as it is. */
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
 * Reads from the first child of an array job that it has begun: there is no event of the array job itself between its submission and its end.
 *
 * @returns `undefined` for whatever else
 */
export const beginningOf = ({ id, status, createdAt, startedAt }: Job): JobObservation | undefined =>
  status === 'RUNNING' && id.endsWith(':0')
    ? { jobId: parentId(id), state: 'running', attempts: 0, submittedAt: createdAt, startedAt }
    : undefined;

/** Whether a run's job has not ended, as far as the run knows. */
export const isUnderWay = (state: RunState): state is 'submitted' | 'running' =>
  state === 'submitted' || state === 'running';

/** What a observation is to a run of the same generation. */
export type JobStanding =
  /** It moves the run on, or tells something new of its job. */
  | 'news'
  /** The run knows it, or knows more. */
  | 'known'
  /** The run has another job. */
  | 'other job'
  /** The run was never submitted, as far as it knows. */
  | 'unexpected';

/** Tells what a observation is to a run. An event may come before the submission was recorded: the claim then takes its job. */
export const jobStandingOf = (run: Pick<Run, 'state' | 'job'>, observation: JobObservation): JobStanding => {
  const { state, job } = run;
  if (job === undefined) {
    return state === 'claimed' ? 'news' : 'unexpected';
  }
  if (job.id !== observation.jobId) {
    return 'other job';
  }
  const isMove = MOVES_FROM[observation.state].some((from) => from === state);
  const isRetry = isUnderWay(state) && state === observation.state && observation.attempts > (job.attempts ?? 0);
  return isMove || isRetry ? 'news' : 'known';
};
