/** Moves a run with its job, whatever the order, the number and the loss of what is heard of it. */
import type { Feed } from '../config/configuration.ts';
import { type RunKey, runKeyId } from '../feeds/run-key.ts';
import { isPart, type Job } from '../jobs/job.ts';
import { type JobSighting, sightingOf } from './job-sighting.ts';
import type { JobRecorded, Ledger } from './ledger.ts';
import type { Outcome } from './outcome.ts';
import type { Run, RunName, RunState } from './run.ts';
import { claimLost, jobStarted, jobSucceeded } from './run-alerts.ts';
import { nameOf, type Ports as SettlePorts, type SettleRun } from './settle-run.ts';
import { hasEnded } from './state-machine.ts';

export type Ports = Pick<SettlePorts, 'openAlert' | 'now' | 'onStep'> & {
  readonly ledger: Pick<Ledger, 'runOfJob' | 'recordJob'>;
  readonly settleRun: SettleRun;
};

/** What a sighting of a job did to its run. */
export type Tracked =
  | (RunName & {
      readonly kind: 'moved';
      readonly state: RunState;
      readonly jobId: string;
      readonly attempts: number;
      readonly exitCode: number | undefined;
      readonly reason: string | undefined;
      /** What came of the run after its job had ended. */
      readonly settled?: Outcome;
    })
  /** The run knew it, or knows more. */
  | (RunName & {
      readonly kind: 'unmoved';
      readonly state: RunState;
      readonly jobId: string;
      readonly settled?: Outcome;
    })
  /** The run has another job. */
  | (RunName & { readonly kind: 'other job'; readonly jobIds: readonly string[] })
  /** The run was never submitted, as far as the ledger knows. */
  | (RunName & { readonly kind: 'unexpected'; readonly state: RunState; readonly jobId: string })
  /** The job belongs to no run of this ledger, or is a part of one that does. */
  | { readonly kind: 'not ours'; readonly jobId: string; readonly jobName: string };

export type TrackJob = {
  /** Tracks a job by its name. */
  (job: Job, signal: AbortSignal): Promise<Tracked>;
  /** Tracks a job of a run that is known. */
  readonly ofRun: (key: RunKey, generation: number, sighting: JobSighting, signal: AbortSignal) => Promise<Tracked>;
};

/**
 * Makes the function that tracks jobs.
 *
 * @returns a function that rejects when the ledger could not be asked; the sighting then has to come again, and does no harm
 */
export const createTrackJob = (ports: Ports, feeds: ReadonlyMap<string, Feed>): TrackJob => {
  const { ledger, openAlert, now, onStep, settleRun } = ports;

  /** Tells what a feed asks for. After the record: a repeat finds the run in the same state, and the alert open. */
  const tell = async ({ run }: JobRecorded, { state }: JobSighting, signal: AbortSignal): Promise<void> => {
    if (run.state !== state) {
      return;
    }
    const wanted = feeds.get(run.key.feed)?.tell ?? [];
    if (state === 'running' && wanted.includes('started')) {
      await openAlert(jobStarted(run), signal);
    }
    if (state === 'succeeded' && wanted.includes('succeeded')) {
      await openAlert(jobSucceeded(run), signal);
    }
  };

  /** Goes on where the end of a job lets something else begin: a rerun that was asked for meanwhile. */
  const goOn = async (run: Run, signal: AbortSignal): Promise<Outcome | undefined> =>
    hasEnded(run.state) ? settleRun(run.key, feeds.get(run.key.feed), signal) : undefined;

  const reportOther = async (run: Run, jobId: string, signal: AbortSignal): Promise<Tracked> => {
    const jobIds = [run.job?.id ?? 'none', jobId];
    onStep({ kind: 'two jobs', ...nameOf(run), jobIds });
    if (run.claim !== undefined) {
      await openAlert(claimLost(run, run.claim, jobIds), signal);
    }
    return { kind: 'other job', ...nameOf(run), jobIds };
  };

  const ofRun: TrackJob['ofRun'] = async (key, generation, sighting, signal) => {
    const { jobId } = sighting;
    const recorded = await ledger.recordJob(key, generation, sighting, now(), signal);
    if (recorded === undefined) {
      throw new Error(`The ledger has no generation ${generation} of run ${runKeyId(key)}`);
    }
    const { standing, run } = recorded;
    const name = nameOf(run);
    switch (standing) {
      case 'other job':
        return reportOther(run, jobId, signal);
      case 'unexpected':
        return { kind: 'unexpected', ...name, state: run.state, jobId };
      case 'news':
      case 'known': {
        await tell(recorded, sighting, signal);
        const settled = await goOn(run, signal);
        const after = settled === undefined ? {} : { settled };
        const { attempts = sighting.attempts, exitCode, reason } = run.job ?? {};
        return standing === 'news'
          ? { kind: 'moved', ...name, state: run.state, jobId, attempts, exitCode, reason, ...after }
          : { kind: 'unmoved', ...name, state: run.state, jobId, ...after };
      }
      default:
        return standing satisfies never;
    }
  };

  const track = async (job: Job, signal: AbortSignal): Promise<Tracked> => {
    // An array job tells for its children, and has their name.
    const owner = isPart(job) ? undefined : await ledger.runOfJob(job.name, signal);
    return owner === undefined
      ? { kind: 'not ours', jobId: job.id, jobName: job.name }
      : ofRun(owner.run, owner.generation, sightingOf(job), signal);
  };

  return Object.assign(track, { ofRun });
};
