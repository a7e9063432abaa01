/** What was seen of a run's job, by an event or by asking Batch, and whether that is news. Pure. */
import { attemptsBegun, type Job, lastAttempt } from '../jobs/job.ts';
import type { Run, RunState } from './run.ts';

/** The states of a run whose job is in Batch. */
export type JobState = Extract<RunState, 'submitted' | 'running' | 'succeeded' | 'failed'>;

export type JobSighting = {
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

/** From which states of a run with this job a sighting moves it on. What has ended stays as it is. */
export const MOVES_FROM: Readonly<Record<JobState, readonly JobState[]>> = {
  submitted: [],
  running: ['submitted'],
  succeeded: ['submitted', 'running'],
  failed: ['submitted', 'running'],
};

const stateOf = ({ status }: Job): JobState => {
  switch (status) {
    case 'RUNNING':
      return 'running';
    case 'SUCCEEDED':
      return 'succeeded';
    case 'FAILED':
      return 'failed';
    default:
      // Also when it waits for its next attempt.
      return 'submitted';
  }
};

/** Reads from a job what its run keeps of it. */
export const sightingOf = (job: Job): JobSighting => {
  const state = stateOf(job);
  const attempt = lastAttempt(job);
  const exitCodes = (attempt?.containers ?? []).flatMap(({ exitCode }) => exitCode ?? []);
  return {
    jobId: job.id,
    state,
    attempts: attemptsBegun(job),
    submittedAt: job.createdAt,
    startedAt: job.startedAt ?? attempt?.startedAt,
    ...(state === 'succeeded' || state === 'failed'
      ? {
          stoppedAt: job.stoppedAt ?? attempt?.stoppedAt,
          exitCode: exitCodes.find((code) => code !== 0) ?? exitCodes[0],
        }
      : {}),
    ...(state === 'failed' ? { reason: job.statusReason ?? attempt?.statusReason } : {}),
  };
};

/** Whether a run's job has not ended, as far as the run knows. */
export const isUnderWay = (state: RunState): state is 'submitted' | 'running' =>
  state === 'submitted' || state === 'running';

/** What a sighting is to a run of the same generation. */
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
export const standingOf = (run: Pick<Run, 'state' | 'job'>, sighting: JobSighting): Standing => {
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
