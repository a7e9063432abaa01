/** Moves a run with its job, whatever the order, the number and the loss of what is heard of it. */
import type { Feed } from '../feeds/feed.ts';
import { type RunKey, runKeyId } from '../feeds/run-key.ts';
import { isPart, type Job } from '../jobs/job.ts';
import { beginningOf, type JobObservation, observationOf } from './job-observation.ts';
import type { JobRecorded, Ledger } from './ledger.ts';
import type { Outcome } from './outcome.ts';
import { createReleaseDependents, type Ports as ReleasePorts } from './release-dependents.ts';
import type { Run, RunName, RunState } from './run.ts';
import { claimLost, jobStarted, jobSucceeded, jobUnexpected } from './run-alerts.ts';
import { nameOf } from './settle-run.ts';
import { hasEnded } from './state-machine.ts';
import { waitingDependents } from './waiting-dependents.ts';

export type Ports = ReleasePorts & { readonly ledger: Pick<Ledger, 'runOfJob' | 'recordJob'> };

/** The effect of a sighting of a job on its run. */
export type Tracked =
  | (RunName & {
      readonly kind: 'moved';
      readonly state: RunState;
      readonly jobId: string;
      readonly attempts: number;
      readonly exitCode: number | undefined;
      readonly reason: string | undefined;
      /** The outcomes of the run after its job had ended, and of the runs that waited for its success. */
      readonly settled?: readonly Outcome[];
    })
  /** The run knew it, or knows more. */
  | (RunName & {
      readonly kind: 'unmoved';
      readonly state: RunState;
      readonly jobId: string;
      readonly settled?: readonly Outcome[];
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
  readonly ofRun: (key: RunKey, generation: number, sighting: JobObservation, signal: AbortSignal) => Promise<Tracked>;
};

/**
 * Makes the function that tracks jobs.
 *
 * @returns a function that rejects when the ledger could not be asked; the sighting then has to come again, and does no harm
 */
export const createTrackJob = (ports: Ports, feeds: ReadonlyMap<string, Feed>): TrackJob => {
  const { ledger, openAlert, now, onStep, settleRun } = ports;
  const releaseDependents = createReleaseDependents(ports, feeds);

  /** Tells what a feed asks for. After the record: a repeat finds the run in the same state, and the alert open. */
  const tell = async ({ run }: JobRecorded, { state }: JobObservation, signal: AbortSignal): Promise<void> => {
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

  /** Goes on where the end of a job lets something else begin: what waited for it, or a rerun that was asked for meanwhile. */
  const goOn = async (run: Run, signal: AbortSignal): Promise<Outcome[] | undefined> => {
    if (!hasEnded(run.state)) {
      return undefined;
    }
    const released = await releaseDependents(run, signal);
    return [await settleRun(run.key, feeds.get(run.key.feed), signal), ...released];
  };

  const tellHeld = (run: Run): void => {
    const held = run.state === 'failed' ? waitingDependents([...feeds.values()], run.key) : [];
    if (held.length > 0) {
      onStep({ kind: 'holds', ...nameOf(run), held });
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

  const ofRun: TrackJob['ofRun'] = async (key, generation, sighting, signal) => {
    const { jobId } = sighting;
    const recorded = await ledger.recordJob(key, generation, sighting, now(), signal);
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
    await tell(recorded, sighting, signal);
    const settled = await goOn(run, signal);
    const after = settled === undefined ? {} : { settled };
    if (standing === 'known') {
      return { kind: 'unmoved', ...name, state: run.state, jobId, ...after };
    }
    tellHeld(run);
    const { attempts = sighting.attempts, exitCode, reason } = run.job ?? {};
    return { kind: 'moved', ...name, state: run.state, jobId, attempts, exitCode, reason, ...after };
  };

  const track = async (job: Job, signal: AbortSignal): Promise<Tracked> => {
    // An array job tells for its children, which have its name, but not that they have begun.
    const sighting = isPart(job) ? beginningOf(job) : observationOf(job);
    const owner = sighting && (await ledger.runOfJob(job.name, signal));
    return sighting === undefined || owner === undefined
      ? { kind: 'not ours', jobId: job.id, jobName: job.name }
      : ofRun(owner.run, owner.generation, sighting, signal);
  };

  return Object.assign(track, { ofRun });
};
