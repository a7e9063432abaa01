/** Brings a run as far as it can go now: claims it, submits its job once, or finishes what a crash left half done. */
import { randomUUID } from 'node:crypto';
import type { NewAlert } from '../alerts/alert.ts';
import type { Feed } from '../feeds/feed.ts';
import { type RunKey, runKeyId } from '../feeds/run-key.ts';
import { earlier, later } from '../instants.ts';
import { toError } from '../to-error.ts';
import { buildJobRequest, manifestKey, manifestLines, needsArrivals, needsManifest } from './job-request.ts';
import type { Ledger, RunRead } from './ledger.ts';
import type { Outcome, Step } from './outcome.ts';
import type { Arrival, Claim, Run, RunName } from './run.ts';
import { claimLost, lookUpRefused, submitRefused } from './run-alerts.ts';
import { CLOCK_SKEW_MS, LEASE_MS, nextStep, SETTLE_MS, SUBMIT_MARGIN_MS } from './state-machine.ts';
import { type FoundJob, type JobQueues, LookUpRefusedError } from './submission.ts';

export type Ports = {
  readonly ledger: Ledger;
  readonly jobQueues: JobQueues;
  /** Puts a manifest into the suite's bucket and tells its URI. */
  readonly putManifest: (key: string, lines: string, signal: AbortSignal) => Promise<string>;
  readonly openAlert: (alert: NewAlert, signal: AbortSignal) => Promise<unknown>;
  readonly now: () => Date;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** Told of each step on the way, as it happens. */
  readonly onStep: (step: Step) => void;
};

export type Settings = {
  readonly stage: string;
  /** How long to wait, time after time, for somebody else who is submitting. */
  readonly pausesMs: readonly number[];
  /**
   * Names this process: what it observed twice, it observed by one clock.
   *
   * @defaultValue a random name for each process
   */
  readonly observer?: string;
};

export type SettleRun = (key: RunKey, feed: Feed | undefined, signal: AbortSignal) => Promise<Outcome>;

/** A run changes under a reader only while its files pour in. */
const MAX_ROUNDS = 20;

const THIS_PROCESS = randomUUID();

/** Leaves out what came for a slot that the feed no longer has: under a slot's new name, the search for lost events finds the same file again. */
const filesOf = ({ slots }: Feed, arrivals: readonly Arrival[]): Arrival[] =>
  arrivals.filter(({ slot }) => slots.some(({ name }) => name === slot));

/** Thrown when a run was read and could not be settled. Its cause says why, and it which generation was meant. */
export class UnsettledError extends Error {
  override name = 'UnsettledError' as const;
  readonly generation: number;

  constructor(generation: number, cause: unknown) {
    super(toError(cause).message, { cause });
    this.generation = generation;
  }
}

/** Tells what it means for a run that something was thrown on the way to settling it. */
export const failedOutcome = (key: RunKey, thrown: unknown): Outcome => ({
  kind: 'failed',
  feed: key.feed,
  run: runKeyId(key),
  ...(thrown instanceof UnsettledError ? { generation: thrown.generation } : {}),
  error: toError(thrown),
});

/** Names a run for people and logs. */
export const nameOf = (run: Run): RunName => ({
  feed: run.key.feed,
  run: runKeyId(run.key),
  generation: run.generation,
});

/**
 * Makes the function that settles a run.
 *
 * @returns a function whose outcome says how far the run came. It rejects when something that it needs could not be asked, or the run changed under every try; the
 * run is then as it was, or claimed, and the next process finds it so
 */
export const createSettleRun = (ports: Ports, settings: Settings): SettleRun => {
  const { ledger, jobQueues, now, onStep } = ports;
  const { observer = THIS_PROCESS } = settings;

  const submitted = (run: Run, claim: Claim, jobId: string, adopted: boolean): Outcome => ({
    kind: 'submitted',
    ...nameOf(run),
    jobId,
    jobName: claim.request.jobName,
    queue: claim.request.jobQueue,
    adopted,
  });

  const tellTwoJobs = async (run: Run, claim: Claim, jobIds: string[], signal: AbortSignal): Promise<void> => {
    onStep({ kind: 'two jobs', ...nameOf(run), jobIds });
    await ports.openAlert(claimLost(run, claim, jobIds), signal);
  };

  const recordSubmission = async (
    run: Run,
    claim: Claim,
    jobId: string,
    adopted: boolean,
    signal: AbortSignal,
  ): Promise<Outcome> => {
    const other = await ledger.recordSubmission(run, claim, jobId, now(), signal);
    // Events may have been faster: they have recorded the same job, or even seen it end and opened the next generation.
    if (other === 'recorded' || other.job?.id === jobId || other.generation !== run.generation) {
      return submitted(run, claim, jobId, adopted);
    }
    // The claim was taken over while its owner still lived. The new owner finds this job by its name; if it already has another, there are two.
    if (other.job !== undefined) {
      await tellTwoJobs(run, claim, [other.job.id, jobId], signal);
      return { kind: 'settled', ...nameOf(other), state: other.state };
    }
    return { kind: 'unconfirmed', ...nameOf(run), jobName: claim.request.jobName };
  };

  const refuse = async (run: Run, claim: Claim, reason: string, signal: AbortSignal): Promise<Outcome> => {
    // The alert first: a crash between the two repeats the refusal, the other way round it would lose the message.
    await ports.openAlert(submitRefused(run, claim.request, reason), signal);
    await ledger.recordRefusal(run, claim, reason, signal);
    return { kind: 'refused', ...nameOf(run), reason };
  };

  /** @returns the first job of the run, if there is one; people are told when there are more */
  const findJob = async (run: Run, claim: Claim, signal: AbortSignal): Promise<FoundJob | undefined> => {
    const { claimedAt, request } = claim;
    try {
      const createdSince = earlier(claimedAt, CLOCK_SKEW_MS);
      const jobs = await jobQueues.find(request.jobQueue, request.jobName, createdSince, signal);
      if (jobs.length > 1) {
        await tellTwoJobs(
          run,
          claim,
          jobs.map(({ jobId }) => jobId),
          signal,
        );
      }
      return jobs[0];
    } catch (error) {
      if (error instanceof LookUpRefusedError) {
        // The run stays claimed until somebody has mended what Batch refuses, so somebody has to know.
        await ports.openAlert(lookUpRefused(run, claim, error.message), signal);
      }
      throw error;
    }
  };

  const submit = async (run: Run, claim: Claim, signal: AbortSignal): Promise<Outcome> => {
    const { jobName } = claim.request;
    if (claim.leaseUntil.getTime() - now().getTime() < SUBMIT_MARGIN_MS) {
      return { kind: 'unconfirmed', ...nameOf(run), jobName };
    }
    const submission = await jobQueues.submit(claim.request, signal);
    switch (submission.kind) {
      case 'accepted':
        return recordSubmission(run, claim, submission.jobId, false, signal);
      case 'unsent':
        await ledger.release(run, claim, now(), signal);
        return { kind: 'unsent', ...nameOf(run), error: submission.error };
      case 'refused':
        return refuse(run, claim, submission.reason, signal);
      case 'ambiguous': {
        onStep({ kind: 'answer lost', ...nameOf(run), jobName, error: submission.error });
        const job = await findJob(run, claim, signal);
        return job === undefined
          ? { kind: 'unconfirmed', ...nameOf(run), jobName, error: submission.error }
          : recordSubmission(run, claim, job.jobId, true, signal);
      }
    }
  };

  /** @returns whether the claim is held, also when only the answer to it was lost */
  const take = async (write: () => Promise<boolean>, run: Run, claim: Claim, signal: AbortSignal): Promise<boolean> => {
    try {
      return await write();
    } catch (error) {
      const found = await ledger.readRun(run.key, signal);
      if (found?.claim?.owner === claim.owner && found.state === 'claimed') {
        return true;
      }
      throw error;
    }
  };

  const newClaim = (
    owner: string,
    what: Pick<Claim, 'request' | 'problem'> & Partial<Pick<Claim, 'claimedAt'>>,
  ): Claim => {
    const from = now();
    return { claimedAt: from, ...what, owner, leaseUntil: later(from, LEASE_MS) };
  };

  /** @returns `undefined` when the run had changed since it was read */
  const claimAndSubmit = async (
    feed: Feed,
    run: Run,
    arrivals: readonly Arrival[],
    signal: AbortSignal,
  ): Promise<Outcome | undefined> => {
    const owner = randomUUID();
    const manifest = needsManifest(feed)
      ? await ports.putManifest(manifestKey(settings.stage, run, owner), manifestLines(arrivals), signal)
      : undefined;
    const claim = newClaim(owner, buildJobRequest({ feed, run, arrivals, stage: settings.stage, manifest }));
    if (!(await take(() => ledger.claim(run, claim, signal), run, claim, signal))) {
      return undefined;
    }
    const { leaseUntil, request, problem } = claim;
    onStep({ kind: 'claimed', ...nameOf(run), jobName: request.jobName, owner, leaseUntil: leaseUntil.toISOString() });
    return problem === undefined ? submit(run, claim, signal) : refuse(run, claim, problem, signal);
  };

  /** @returns `undefined` when the run had changed since it was read */
  const lookUp = async (
    run: Run,
    claim: Claim,
    resubmit: boolean,
    signal: AbortSignal,
  ): Promise<Outcome | undefined> => {
    const { request, problem, claimedAt } = claim;
    const { jobName } = request;
    if (problem !== undefined) {
      // Nothing was ever sent: its owner died on the way to the refusal.
      return refuse(run, claim, problem, signal);
    }
    const job = await findJob(run, claim, signal);
    if (job !== undefined) {
      return recordSubmission(run, claim, job.jobId, true, signal);
    }
    onStep({ kind: 'not found', ...nameOf(run), jobName, resubmit });
    if (!resubmit) {
      await ledger.noteEmptyLookup(run, claim, now(), observer, signal);
      return { kind: 'unconfirmed', ...nameOf(run), jobName };
    }
    const taken = newClaim(randomUUID(), { request, claimedAt });
    if (!(await take(() => ledger.takeOver(run, taken, signal), run, taken, signal))) {
      return undefined;
    }
    onStep({ kind: 'taken over', ...nameOf(run), jobName, owner: taken.owner, from: claim.owner });
    return submit(run, taken, signal);
  };

  const giveUp = async (run: Run, claim: Claim, signal: AbortSignal): Promise<Outcome> => {
    await ports.openAlert(claimLost(run, claim, []), signal);
    await ledger.revisit(run, 'never', signal);
    return { kind: 'lost', ...nameOf(run), jobName: claim.request.jobName };
  };

  /** Does for a shadow feed all but the submission. */
  const standBy = async (
    feed: Feed,
    run: Run,
    arrivals: readonly Arrival[],
    signal: AbortSignal,
  ): Promise<Outcome | undefined> => {
    const manifest = needsManifest(feed)
      ? await ports.putManifest(manifestKey(settings.stage, run, 'shadow'), manifestLines(arrivals), signal)
      : undefined;
    const { request, problem } = buildJobRequest({ feed, run, arrivals, stage: settings.stage, manifest });
    if (!(await ledger.noteWouldSubmit(run, now(), signal))) {
      return undefined;
    }
    const { jobName, jobQueue: queue, jobDefinition: definition } = request;
    const refused = problem === undefined ? {} : { problem };
    return { kind: 'would submit', ...nameOf(run), jobName, queue, definition, ...refused };
  };

  /** Schedules another look at the last time, if that is before the look that follows every arrival. */
  const wait = async (run: Run, until: Date | undefined, signal: AbortSignal): Promise<void> => {
    if (until !== undefined && until < later(now(), SETTLE_MS)) {
      await ledger.revisit(run, until, signal);
    }
  };

  const openNext = async (run: Run, signal: AbortSignal): Promise<undefined> => {
    if (await ledger.openNextGeneration(run, now(), signal)) {
      onStep({ kind: 'generation opened', ...nameOf(run), generation: run.generation + 1 });
    }
    return undefined;
  };

  const read = async (key: RunKey, feed: Feed | undefined, signal: AbortSignal): Promise<RunRead> => {
    const isComplete = (run: Run) => ['claim', 'stand-by'].includes(nextStep(run, feed, now(), observer).kind);
    const found =
      feed !== undefined && needsArrivals(feed)
        ? await ledger.readRunWithArrivals(key, isComplete, signal)
        : await ledger.readRun(key, signal).then((run) => run && { run });
    if (found === undefined) {
      throw new Error(`The ledger has no run ${runKeyId(key)}`);
    }
    return found;
  };

  /** @returns `undefined` when the run should be read again */
  const act = async (
    { run, arrivals = [] }: RunRead,
    feed: Feed | undefined,
    pauseMs: number | undefined,
    signal: AbortSignal,
  ): Promise<Outcome | undefined> => {
    const step = nextStep(run, feed, now(), observer);
    switch (step.kind) {
      case 'wait': {
        const { missing, until } = step;
        await wait(run, until, signal);
        return { kind: 'waiting', ...nameOf(run), missing, ...(until === undefined ? {} : { until }) };
      }
      case 'stand-by':
        return standBy(step.feed, run, filesOf(step.feed, arrivals), signal);
      case 'nothing':
        return { kind: 'settled', ...nameOf(run), state: run.state };
      case 'claim':
        return claimAndSubmit(step.feed, run, filesOf(step.feed, arrivals), signal);
      case 'leave':
        if (pauseMs === undefined) {
          return { kind: 'claimed elsewhere', ...nameOf(run), leaseUntil: step.until.toISOString() };
        }
        await ports.pause(pauseMs, signal);
        return undefined;
      case 'look-up':
        return lookUp(run, step.claim, step.resubmit, signal);
      case 'give-up':
        return giveUp(run, step.claim, signal);
      case 'open-next-generation':
        return openNext(run, signal);
    }
  };

  return async (key, feed, signal) => {
    const pausesMs = [...settings.pausesMs];
    for (let round = 1; round <= MAX_ROUNDS; round += 1) {
      const found = await read(key, feed, signal);
      const pauseMs = found.run.state === 'claimed' ? pausesMs.shift() : undefined;
      const outcome = await act(found, feed, pauseMs, signal).catch((error: unknown) => {
        throw new UnsettledError(found.run.generation, error);
      });
      if (outcome !== undefined) {
        return outcome;
      }
    }
    throw new Error(`Run ${runKeyId(key)} changed under ${MAX_ROUNDS} tries`);
  };
};
