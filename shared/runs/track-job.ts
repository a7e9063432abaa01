/** Moves a run with its job, whatever the order and number of the observations. */
import type { NewAlert } from '../alerts/alert.ts';
import { dependentRuns } from '../feeds/dependents.ts';
import type { Feed } from '../feeds/feed.ts';
import { type RunKey, runKeyId } from '../feeds/run-key.ts';
import { isPart, type Job } from '../jobs/job.ts';
import { feedJobNamePrefix } from './job-name.ts';
import { beginningOf, type JobObservation, observationOf } from './job-observation.ts';
import type { JobRecorded, Ledger } from './ledger.ts';
import type { Step } from './outcome.ts';
import type { Run, RunName, RunState } from './run.ts';
import { claimLost, jobStarted, jobSucceeded, jobUnexpected } from './run-alerts.ts';
import { nameOf } from './run-name.ts';
import { hasEnded } from './state-machine.ts';
import type { TouchRuns } from './touch-runs.ts';
import { waitingDependents } from './waiting-dependents.ts';

export type Ports = {
  readonly ledger: Pick<Ledger, 'runOfJob' | 'recordJob'>;
  readonly touchRuns: TouchRuns;
  readonly openAlert: (alert: NewAlert, signal: AbortSignal) => Promise<unknown>;
  readonly now: () => Date;
  readonly onStep: (step: Step) => void;
};

/** What an observation of a job did to its run. */
export type Tracked =
  | (RunName & {
      readonly kind: 'moved';
      readonly state: RunState;
      readonly jobId: string;
      readonly attempts: number;
      readonly exitCode: number | undefined;
      readonly reason: string | undefined;
    })
  /** The run knew it, or knows more. */
  | (RunName & { readonly kind: 'unmoved'; readonly state: RunState; readonly jobId: string })
  /** The run has another job. */
  | (RunName & { readonly kind: 'other job'; readonly jobIds: readonly string[] })
  /** The run was never submitted, as far as the ledger knows. */
  | (RunName & { readonly kind: 'unexpected'; readonly state: RunState; readonly jobId: string })
  /** The job belongs to no run of this ledger, or is a part of one that does. */
  | { readonly kind: 'not ours'; readonly jobId: string; readonly jobName: string };

/**
 * Thrown when a job has a name that only a run of ours gives, and the ledger does not know the run: its index lags
 * behind the claim by a moment, so the event has to come again.
 */
export class UnknownJobError extends Error {
  override name = 'UnknownJobError' as const;
}

/** Names of jobs end in 12 digits of a hash. */
const OWN_NAME_END = /-[0-9a-f]{12}$/;

export type TrackJob = {
  /** Tracks a job by its name. */
  (job: Job, signal: AbortSignal): Promise<Tracked>;
  /** Tracks a job of a run that is known. */
  readonly ofRun: (
    key: RunKey,
    generation: number,
    observation: JobObservation,
    signal: AbortSignal,
  ) => Promise<Tracked>;
};

/**
 * Makes the function that tracks jobs.
 *
 * @param feeds - by name
 * @returns a function that rejects when the ledger could not be asked; the observation then has to come again, and does no harm
 */
export const createTrackJob = (
  ports: Ports,
  feeds: ReadonlyMap<string, Feed>,
  { stage }: { readonly stage: string },
): TrackJob => {
  const { ledger, openAlert, now, onStep, touchRuns } = ports;
  const all = [...feeds.values()];

  /** Notifies of what a feed asks for. After the record: a repeat finds the run in the same state, and the alert open. */
  const notify = async ({ run }: JobRecorded, { state }: JobObservation, signal: AbortSignal): Promise<void> => {
    const wanted = run.state === state ? (feeds.get(run.key.feed)?.tell ?? []) : [];
    if (state === 'running' && wanted.includes('started')) {
      await openAlert(jobStarted(run), signal);
    }
    if (state === 'succeeded' && wanted.includes('succeeded')) {
      await openAlert(jobSucceeded(run), signal);
    }
  };

  /** Has the runs evaluated to which the end of a job may be news: those that wait for it, and itself, whose rerun may have waited. */
  const touchFollowing = async ({ key, state }: Run, signal: AbortSignal): Promise<void> => {
    if (!hasEnded(state)) {
      return;
    }
    const dependents = state === 'succeeded' ? dependentRuns(all, key).map(({ run }) => run) : [];
    const own = feeds.get(key.feed)?.onOverwrite === 'rerun' ? [key] : [];
    const { failed } = await touchRuns([...dependents, ...own], signal);
    for (const { error } of failed) {
      throw error;
    }
  };

  const reportBlocked = (run: Run): void => {
    const waiting = run.state === 'failed' ? waitingDependents(all, run.key) : [];
    if (waiting.length > 0) {
      onStep({ kind: 'blocks', ...nameOf(run), waiting });
    }
  };

  const reportOther = async (run: Run, jobId: string, signal: AbortSignal): Promise<Tracked> => {
    const jobIds = [run.job?.id ?? 'none', jobId];
    onStep({ kind: 'two jobs', ...nameOf(run), jobIds });
    if (run.claim !== undefined) {
      await openAlert(claimLost(run, run.claim, jobIds), signal);
    }
    return { kind: 'other job', ...nameOf(run), jobIds };
  };

  const ofRun: TrackJob['ofRun'] = async (key, generation, observation, signal) => {
    const { jobId } = observation;
    const recorded = await ledger.recordJob(key, generation, observation, now(), signal);
    if (recorded === undefined) {
      throw new Error(`The ledger has no generation ${generation} of run ${runKeyId(key)}`);
    }
    const { standing, run } = recorded;
    const name = nameOf(run);
    if (standing === 'other job') {
      return reportOther(run, jobId, signal);
    }
    if (standing === 'unexpected') {
      await openAlert(jobUnexpected(run, jobId), signal);
      return { kind: 'unexpected', ...name, state: run.state, jobId };
    }
    await notify(recorded, observation, signal);
    // Also after a repeat: the one before may have died right after its record.
    await touchFollowing(run, signal);
    if (standing === 'known') {
      return { kind: 'unmoved', ...name, state: run.state, jobId };
    }
    reportBlocked(run);
    const { attempts = observation.attempts, exitCode, reason } = run.job ?? {};
    return { kind: 'moved', ...name, state: run.state, jobId, attempts, exitCode, reason };
  };

  const isOwnName = (name: string): boolean =>
    OWN_NAME_END.test(name) && all.some((feed) => name.startsWith(feedJobNamePrefix(stage, feed.name)));

  const track = async (job: Job, signal: AbortSignal): Promise<Tracked> => {
    // An array job reports for its children, which have its name, but not that they have begun.
    const observation = isPart(job) ? beginningOf(job) : observationOf(job);
    const notOurs: Tracked = { kind: 'not ours', jobId: job.id, jobName: job.name };
    if (observation === undefined) {
      return notOurs;
    }
    const owner = await ledger.runOfJob(job.name, signal);
    if (owner === undefined) {
      if (isOwnName(job.name)) {
        throw new UnknownJobError(`The ledger does not know the run of job ${job.name} yet`);
      }
      return notOurs;
    }
    return ofRun(owner.run, owner.generation, observation, signal);
  };

  return Object.assign(track, { ofRun });
};
