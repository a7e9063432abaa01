/** Asks Batch about jobs that have not been heard of for a while: an event may have been lost, and a log may say how far its job is. */
import type { NewAlert } from '../alerts/alert.ts';
import { runKeyId } from '../feeds/run-key.ts';
import { later } from '../instants.ts';
import type { Job } from '../jobs/job.ts';
import type { Progress } from '../jobs/progress.ts';
import { createRedaction, redactedLine } from '../jobs/redaction.ts';
import { processItems } from '../process-items.ts';
import { isUnderWay, type JobObservation, observationOf } from './job-observation.ts';
import type { Ledger } from './ledger.ts';
import type { Run, RunJob } from './run.ts';
import { jobFailedUnheard, jobGone } from './run-alerts.ts';
import { nameOf } from './run-name.ts';
import { UNHEARD_MS, UNKNOWN_JOB_MS, WATCH_MS, WATCH_RUNNING_MS } from './state-machine.ts';
import type { Tracked, TrackJob } from './track-job.ts';

export type Ports = {
  readonly ledger: Pick<Ledger, 'watchedRuns' | 'watchAgain' | 'noteUnknownJob' | 'recordProgress'>;
  readonly trackJob: Pick<TrackJob, 'ofRun'>;
  /** Asks how jobs are now; those that Batch does not know are left out. */
  readonly describe: (ids: readonly string[], signal: AbortSignal) => Promise<readonly Job[]>;
  /** Reads how far a job says it is, no older than an instant; `undefined` when its log does not say. */
  readonly readProgress: (job: Job, since: Date | undefined, signal: AbortSignal) => Promise<Progress | undefined>;
  readonly openAlert: (alert: NewAlert, signal: AbortSignal) => Promise<unknown>;
  readonly now: () => Date;
};

/** What was found out about one watched run. */
export type Watched =
  | { readonly kind: 'tracked'; readonly tracked: Tracked }
  /** Batch does not know the job, since when. */
  | {
      readonly kind: 'unknown';
      readonly feed: string;
      readonly run: string;
      readonly jobId: string;
      readonly since: Date;
    }
  | { readonly kind: 'failed'; readonly feed: string; readonly run: string; readonly error: unknown }
  /** The log could not be read: the job is tracked all the same. */
  | {
      readonly kind: 'unread';
      readonly feed: string;
      readonly run: string;
      readonly jobId: string;
      readonly error: unknown;
    };

/** A tick takes so many, which is three questions to Batch; the next goes on. */
const RUNS_PER_TICK = 300;

/** CloudWatch Logs takes ten reads a second in some regions. */
const LOGS_PER_TICK = 50;

const CONCURRENCY = 4;

const reasonOf = ({ statusReason, confidential }: Job): string | undefined =>
  statusReason === undefined ? undefined : redactedLine(statusReason, createRedaction(confidential));

const LONG_AGO = new Date(0);

/** Tells from when on the event of a failure counts as lost. Until then it is on the way, and makes a better message: with the log, and the reason in plain words. */
const whenUnheard = ({ state, stoppedAt }: JobObservation): Date =>
  state === 'failed' && stoppedAt !== undefined ? later(stoppedAt, UNHEARD_MS) : LONG_AGO;

type Watch = { readonly run: Run; readonly job: RunJob };

const isWatch = (watch: { readonly run: Run; readonly job: RunJob | undefined }): watch is Watch =>
  watch.job !== undefined;

/**
 * Makes the function that watches.
 *
 * @returns a function that tells what it found of each run; what failed for one is told and costs the others nothing
 * @throws when the list itself could not be read
 */
export const createWatchJobs = (ports: Ports) => {
  const { ledger, trackJob, describe, readProgress, openAlert, now } = ports;

  /** A job that is gone will never be heard of again: its run ends, and a person is told. */
  const giveUp = async ({ run, job }: Watch, signal: AbortSignal): Promise<Watched> => {
    const reason = 'AWS Batch no longer knows the job, and no event told how it ended';
    const observation: JobObservation = {
      jobId: job.id,
      state: 'failed',
      attempts: job.attempts ?? 0,
      stoppedAt: now(),
      reason,
    };
    // The alert first: a crash between the two repeats it, the other way round it would be lost.
    await openAlert(jobGone(run, job), signal);
    return { kind: 'tracked', tracked: await trackJob.ofRun(run.key, run.generation, observation, signal) };
  };

  const handleUnknown = async (watch: Watch, signal: AbortSignal): Promise<Watched> => {
    const { run, job } = watch;
    const since = job.unknownSince ?? now();
    if (now().getTime() - since.getTime() >= UNKNOWN_JOB_MS) {
      return giveUp(watch, signal);
    }
    await ledger.noteUnknownJob(run, now(), signal);
    await ledger.watchAgain(run, later(now(), WATCH_MS), signal);
    return { kind: 'unknown', feed: run.key.feed, run: runKeyId(run.key), jobId: job.id, since };
  };

  /** @param isRead - whether its log is read in this tick */
  const handleKnown = async ({ run }: Watch, found: Job, isRead: boolean, signal: AbortSignal): Promise<Watched> => {
    const observation = observationOf(found);
    const unheardAt = whenUnheard(observation);
    if (unheardAt > now()) {
      await ledger.watchAgain(run, unheardAt, signal);
      return {
        kind: 'tracked',
        tracked: { kind: 'unmoved', ...nameOf(run), state: run.state, jobId: found.id },
      };
    }
    if (observation.state === 'failed' && isUnderWay(run.state)) {
      // Whoever tells of failures lives by the same events, and may have missed this one too.
      await openAlert(jobFailedUnheard(run, found, reasonOf(found)), signal);
    }
    const tracked = await trackJob.ofRun(run.key, run.generation, observation, signal);
    if (tracked.kind === 'unmoved' && isUnderWay(tracked.state)) {
      // A log for which there were too many has its turn in the next tick: it is then among the first.
      const waits = found.status === 'RUNNING' && !isRead;
      const afterMs = run.state === 'running' ? WATCH_RUNNING_MS : WATCH_MS;
      await ledger.watchAgain(run, waits ? now() : later(now(), afterMs), signal);
    }
    return { kind: 'tracked', tracked };
  };

  const keepProgress = async ({ run, job }: Watch, found: Job, signal: AbortSignal): Promise<Watched[]> => {
    try {
      const progress = await readProgress(found, job.progress?.at, signal);
      if (progress !== undefined) {
        await ledger.recordProgress(run, progress, signal);
      }
      return [];
    } catch (error) {
      signal.throwIfAborted();
      return [{ kind: 'unread', feed: run.key.feed, run: runKeyId(run.key), jobId: job.id, error }];
    }
  };

  return async (signal: AbortSignal): Promise<Watched[]> => {
    const runs = await ledger.watchedRuns(now(), RUNS_PER_TICK, signal);
    const watches = runs.map((run) => ({ run, job: run.job })).filter(isWatch);
    const answers = await describe(
      watches.map(({ job }) => job.id),
      signal,
    );
    const jobs = new Map(answers.map((job) => [job.id, job]));

    const running = watches
      .flatMap((watch) => {
        const found = jobs.get(watch.job.id);
        return found?.status === 'RUNNING' ? [{ watch, found }] : [];
      })
      .slice(0, LOGS_PER_TICK);
    const isRead = new Set(running.map(({ watch }) => watch));

    const handled = await processItems(
      watches,
      (watch) => {
        const found = jobs.get(watch.job.id);
        return found === undefined
          ? handleUnknown(watch, signal)
          : handleKnown(watch, found, isRead.has(watch), signal);
      },
      { concurrency: CONCURRENCY },
    );
    // To the end of the list, so that they do not keep the others from their turn.
    await processItems(handled.failed, ({ item: { run } }) => ledger.watchAgain(run, now(), signal), {
      concurrency: CONCURRENCY,
    });
    const read = await processItems(running, ({ watch, found }) => keepProgress(watch, found, signal), {
      concurrency: CONCURRENCY,
    });
    return [
      ...handled.done,
      ...read.done.flat(),
      ...handled.failed.map(({ item: { run }, error }): Watched => ({ kind: 'failed', ...nameOf(run), error })),
    ];
  };
};
