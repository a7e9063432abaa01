/**
 * Evaluates a run: reads it, asks S3, decides, and acts once.
 *
 * Every trigger comes here, whatever it is: an event, a search, the success of a source, a time, a command. An evaluation sends no message: it writes down
 * when the run is evaluated next.
 */
import type { NewAlert } from '../alerts/alert.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../durations.ts';
import type { Feed } from '../feeds/feed.ts';
import { type RunKey, runKeyId } from '../feeds/run-key.ts';
import { later } from '../instants.ts';
import { toError } from '../to-error.ts';
import { type ChangeStep, stepOfChange } from './change-policy.ts';
import { nextOfEnded, nextOfWaiting, pauseAfter, timesUntil } from './evaluation-pace.ts';
import { type Ledger, type Noted, UnreadableItemError } from './ledger.ts';
import { listingDigest, slotsDigest } from './listing.ts';
import { createObserveRun, type ObjectStore, type Observation, StoreRefusedError } from './observe-run.ts';
import type { Outcome } from './outcome.ts';
import { createReadManifest } from './read-manifest.ts';
import type { Run } from './run.ts';
import {
  bucketRefused,
  burstHeld,
  changedNames,
  feedGone,
  filesChanged,
  outOfRange,
  prefixTooWide,
} from './run-alerts.ts';
import { nameOf } from './run-name.ts';
import { rangeOf } from './run-range.ts';
import { mayRunAgain } from './state-machine.ts';
import { createSubmitRun, type Settings, type Ports as SubmitPorts } from './submit-run.ts';

export type Ports = SubmitPorts & {
  readonly ledger: Ledger;
  readonly store: ObjectStore;
  readonly closeAlert: (alert: Pick<NewAlert, 'kind' | 'subject'>, signal: AbortSignal) => Promise<unknown>;
  /** Returns until when a person has paused a feed; `forever` without an end, `undefined` when it is not paused. */
  readonly pausedUntil: (feed: string, signal: AbortSignal) => Promise<Date | 'forever' | undefined>;
  /**
   * Counts a run among the old dates and reruns of a feed within an hour.
   *
   * @returns false when there are too many, so that the run is held. A run that was counted before stays counted once
   */
  readonly admit: (feed: string, id: string, now: Date, signal: AbortSignal) => Promise<boolean>;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<unknown>;
};

export type Options = {
  /** The run as the touch that led here left it. Without it, the run is evaluated only if it is due. */
  readonly touched?: Run;
};

export type EvaluateRun = (key: RunKey, options: Options, signal: AbortSignal) => Promise<Outcome>;

/** How soon a paused feed notices that it was resumed. */
const PAUSED_AGAIN_MS = 5 * MINUTE_MS;

/** How soon a bucket that refuses is asked again. */
const REFUSED_AGAIN_MS = 5 * MINUTE_MS;

/** A run whose evaluator died is due again after this time. */
const PUT_OFF_MS = MINUTE_MS;

/** A message may arrive a little before the run is due: clocks differ. */
const EARLY_MS = 2 * SECOND_MS;

/** So long an evaluation itself waits until a marker can be trusted: the next tick would come up to a minute later. */
const WAITED_OUT_MS = 10 * SECOND_MS;
const MOST_ROUNDS = 5;

const DAY = '2026-11-22'.length;

/** What an evaluation works on. */
type Subject = { readonly run: Run; readonly feed: Feed; readonly startedAt: Date };

/** Returns whether no event led to this evaluation, although files are there that an earlier one did not find. */
const isUnannounced = ({ touched, comparedTouch }: Run, feed: Feed, observation: Observation): boolean =>
  touched === comparedTouch && observation.listing.files.length > 0 && !feed.slots.some(({ kind }) => kind === 'time');

/** Makes the function that evaluates runs. It never rejects: what failed is an outcome, and the run stays due. */
export const createEvaluateRun = (ports: Ports, settings: Settings, feeds: ReadonlyMap<string, Feed>): EvaluateRun => {
  const { ledger, now, onStep, openAlert } = ports;
  const { claimAndSubmit, finishClaim, writeDocument } = createSubmitRun(ports, settings);
  const readManifest = createReadManifest(ports.documents.get);
  const observeRun = createObserveRun({ store: ports.store, readRun: ledger.read, now }, feeds);

  /** @returns `undefined` when the run was touched or changed meanwhile: it is then due, or somebody else's */
  const conclude = async <Made extends Outcome>(run: Run, noted: Noted, outcome: Made, signal: AbortSignal) =>
    (await ledger.note(run, noted, signal)) ? outcome : { kind: 'not due' as const, ...nameOf(run) };

  const handleRefusal = async ({ run }: Subject, error: StoreRefusedError, signal: AbortSignal): Promise<Outcome> => {
    const { bucket, message: reason } = error;
    await openAlert(bucketRefused(run, bucket, reason), signal);
    const noted: Noted = { evaluateAt: later(now(), REFUSED_AGAIN_MS), unaskedAt: run.unaskedAt ?? now() };
    return conclude(run, noted, { kind: 'unasked', ...nameOf(run), bucket, reason }, signal);
  };

  const handleTooWide = async (
    { run }: Subject,
    { bucket, prefix, objects }: NonNullable<Observation['tooWide']>,
    signal: AbortSignal,
  ): Promise<Outcome> => {
    await openAlert(prefixTooWide(run, bucket, prefix, objects), signal);
    const reason = `at least ${objects} objects below ${prefix}`;
    const noted: Noted = { evaluateAt: later(now(), HOUR_MS) };
    return conclude(run, noted, { kind: 'unasked', ...nameOf(run), bucket, reason }, signal);
  };

  /** Closes what was reported while S3 could not be asked. */
  const reportAsked = async ({ run, feed }: Subject, signal: AbortSignal): Promise<Partial<Noted>> => {
    if (run.unaskedAt === undefined) {
      return {};
    }
    for (const slot of feed.slots) {
      if (slot.kind === 'files') {
        await ports.closeAlert({ kind: 'bucket-refused', subject: `${feed.name}#${slot.template.bucket}` }, signal);
      }
    }
    return { unaskedAt: undefined };
  };

  const waitForRange = async ({ run, feed }: Subject, signal: AbortSignal): Promise<Outcome | undefined> => {
    const range = rangeOf(feed, run.key, now());
    if (range.kind === 'before since') {
      const line = `since: '${run.key.date?.slice(0, range.since.length) ?? range.since}',`;
      await openAlert(outOfRange(run, line, `before its first date, ${range.since}`), signal);
      return conclude(
        run,
        { evaluateAt: nextOfWaiting(run, undefined, [], now()) },
        { kind: 'out of range', ...nameOf(run) },
        signal,
      );
    }
    if (range.kind === 'ahead') {
      const days = Math.ceil((range.from.getTime() - now().getTime()) / (24 * HOUR_MS)) + feed.ahead;
      await openAlert(outOfRange(run, `ahead: ${days},`, 'too far in the future'), signal);
      const { from } = range;
      return conclude(run, { evaluateAt: from }, { kind: 'out of range', ...nameOf(run), from }, signal);
    }
    return undefined;
  };

  const hold = async ({ run }: Subject, isRerun: boolean, signal: AbortSignal): Promise<Outcome> => {
    await openAlert(burstHeld(run, isRerun), signal);
    const noted: Noted = { evaluateAt: undefined, heldAt: run.heldAt ?? now() };
    return conclude(run, noted, { kind: 'held', ...nameOf(run) }, signal);
  };

  const isPaused = async ({ run, feed }: Subject, signal: AbortSignal): Promise<Outcome | undefined> => {
    const until = await ports.pausedUntil(feed.name, signal);
    if (until === undefined) {
      return undefined;
    }
    const soon = later(now(), PAUSED_AGAIN_MS);
    const evaluateAt = until !== 'forever' && until < soon ? until : soon;
    return conclude(run, { evaluateAt }, { kind: 'paused', ...nameOf(run) }, signal);
  };

  /** Does everything for a run of a shadow feed but the submission. */
  const standIn = async ({ run, feed }: Subject, observation: Observation, signal: AbortSignal): Promise<Outcome> => {
    const { listing } = observation;
    const complete = { feed, run, generation: run.generation, listing, unannounced: false };
    const { request, problem, digest } = await writeDocument(complete, 'shadow', signal);
    const { jobName, jobQueue: queue, jobDefinition: definition } = request;
    const judged = { listing: digest, slots: slotsDigest(feed) };
    const outcome: Outcome = {
      kind: 'shadow',
      ...nameOf(run),
      jobName,
      queue,
      definition,
      ...(problem === undefined ? {} : { problem }),
    };
    return conclude(
      run,
      { evaluateAt: undefined, shadowAt: now(), judged, fileCount: listing.files.length, lastListing: undefined },
      outcome,
      signal,
    );
  };

  /** Starts the job of a run, or of its next generation, unless a person has to agree first. */
  const start = async (subject: Subject, generation: number, observation: Observation, signal: AbortSignal) => {
    const { run, feed } = subject;
    const paused = await isPaused(subject, signal);
    if (paused !== undefined) {
      return paused;
    }
    const isRerun = generation > 1 && run.state !== 'waiting';
    const isUnusual = isRerun || rangeOf(feed, run.key, now()).kind === 'old';
    // The hours of a day are one date.
    const id = run.key.date?.slice(0, DAY) ?? runKeyId(run.key);
    if (isUnusual && run.isReleased !== true) {
      if (run.heldAt !== undefined || !(await ports.admit(feed.name, id, now(), signal))) {
        return hold(subject, isRerun, signal);
      }
    }
    const unannounced = isUnannounced(run, feed, observation);
    return claimAndSubmit({ feed, run, generation, listing: observation.listing, unannounced }, signal);
  };

  /** Returns what makes the next evaluation of a growing run wait for a moment. */
  const pacing = ({ startedAt }: Subject): Pick<Noted, 'notBefore'> => ({
    notBefore: later(now(), pauseAfter(now().getTime() - startedAt.getTime())),
  });

  /** Takes what is there as dealt with, since a person said so. */
  const drop = async ({ run, feed }: Subject, signal: AbortSignal): Promise<Outcome> => {
    const { listing } = await observeRun(feed, run.key, { everything: true }, signal);
    const judged = { listing: listingDigest(listing), slots: slotsDigest(feed) };
    const noted: Noted = { evaluateAt: nextOfEnded(run, feed, now()), judged, asked: undefined, heldAt: undefined };
    return conclude(run, noted, { kind: 'settled', ...nameOf(run), state: run.state }, signal);
  };

  const evaluateWaiting = async (subject: Subject, signal: AbortSignal): Promise<Outcome | undefined> => {
    const { run, feed } = subject;
    const isHeld = run.heldAt !== undefined && run.isReleased !== true;
    if (isHeld || (run.shadowAt !== undefined && run.asked !== 'again')) {
      const outcome: Outcome = isHeld
        ? { kind: 'held', ...nameOf(run) }
        : { kind: 'settled', ...nameOf(run), state: run.state };
      return conclude(run, { evaluateAt: undefined }, outcome, signal);
    }
    const outside = await waitForRange(subject, signal);
    if (outside !== undefined) {
      return outside;
    }
    const observation = await observeRun(feed, run.key, {}, signal);
    const { missing, movedUntil, tooWide, listing } = observation;
    if (tooWide !== undefined) {
      return handleTooWide(subject, tooWide, signal);
    }
    const asked = await reportAsked(subject, signal);
    if (movedUntil !== undefined) {
      const outcome: Outcome = { kind: 'unsteady', ...nameOf(run), until: movedUntil };
      return conclude(run, { evaluateAt: movedUntil, ...asked }, outcome, signal);
    }
    if (missing.length > 0) {
      const until = timesUntil(missing);
      const outcome: Outcome = { kind: 'waiting', ...nameOf(run), missing, ...(until === undefined ? {} : { until }) };
      const evaluateAt = nextOfWaiting(run, feed, missing, now());
      return conclude(run, { evaluateAt, isResult: true, ...pacing(subject), ...asked }, outcome, signal);
    }
    if (run.judged?.listing === listingDigest(listing) && run.asked !== 'again') {
      // A person dropped exactly this.
      const outcome: Outcome = { kind: 'settled', ...nameOf(run), state: run.state };
      return conclude(run, { evaluateAt: undefined, ...asked }, outcome, signal);
    }
    return feed.shadow ? standIn(subject, observation, signal) : start(subject, run.generation, observation, signal);
  };

  const noteChange = (
    { run, feed }: Subject,
    step: Extract<ChangeStep, { kind: 'wait' }>,
    digest: string,
    signal: AbortSignal,
  ): Promise<Outcome> => {
    const changed = changedNames(step.changes);
    const outcome: Outcome = { kind: 'changed', ...nameOf(run), changed, policy: 'rerun', waitsFor: step.for };
    const evaluateAt = step.until ?? (step.for === 'job' ? undefined : nextOfEnded(run, feed, now()));
    const isFresh = run.lastListing?.digest !== digest;
    return conclude(
      run,
      {
        evaluateAt,
        ...(step.for === 'quiet' && isFresh ? { lastListing: { digest, since: now() } } : {}),
        ...(step.for === 'marker' ? { changedAt: run.changedAt ?? now() } : {}),
      },
      outcome,
      signal,
    );
  };

  /** Starts the next generation because a person asked for it. */
  const runAgain = async (subject: Subject, signal: AbortSignal): Promise<Outcome | undefined> => {
    const { run, feed } = subject;
    const done: Noted = { evaluateAt: nextOfEnded(run, feed, now()), asked: undefined };
    if (!mayRunAgain(run, now())) {
      return conclude(run, done, { kind: 'settled', ...nameOf(run), state: run.state }, signal);
    }
    const observation = await observeRun(feed, run.key, {}, signal);
    const { listing, missing, movedUntil } = observation;
    if (missing.length > 0) {
      return conclude(run, done, { kind: 'waiting', ...nameOf(run), missing }, signal);
    }
    if (movedUntil !== undefined) {
      const outcome: Outcome = { kind: 'unsteady', ...nameOf(run), until: movedUntil };
      return conclude(run, { evaluateAt: movedUntil }, outcome, signal);
    }
    return claimAndSubmit({ feed, run, generation: run.generation + 1, listing, unannounced: false }, signal);
  };

  /** Compares a run that has a manifest with what S3 holds now. */
  const evaluateClaimed = async (subject: Subject, signal: AbortSignal): Promise<Outcome | undefined> => {
    const { run, feed, startedAt } = subject;
    const nothing: Outcome = { kind: 'settled', ...nameOf(run), state: run.state };
    if (feed.onOverwrite === 'ignore' || run.state === 'refused' || feed.shadow) {
      return conclude(run, { evaluateAt: undefined }, nothing, signal);
    }
    const observation = await observeRun(feed, run.key, { everything: feed.onOverwrite === 'alert' }, signal);
    const { listing, missing, movedUntil, tooWide } = observation;
    if (tooWide !== undefined) {
      return handleTooWide(subject, tooWide, signal);
    }
    if (movedUntil !== undefined) {
      const outcome: Outcome = { kind: 'unsteady', ...nameOf(run), until: movedUntil };
      return conclude(run, { evaluateAt: movedUntil }, outcome, signal);
    }
    const digest = listingDigest(listing);
    const slots = slotsDigest(feed);
    const manifest = await readManifest(run, signal);
    const step = stepOfChange({ feed, run, listing, digest, slots, missing, manifest, startedAt });
    const evaluateAt = nextOfEnded(run, feed, now());
    const dealtWith: Noted = {
      evaluateAt,
      judged: { ...run.judged, listing: digest, slots },
      changedAt: undefined,
      lastListing: undefined,
      isResult: true,
    };
    switch (step.kind) {
      case 'nothing':
        return conclude(run, missing.length > 0 ? { evaluateAt } : dealtWith, nothing, signal);
      case 'other slots':
        onStep({ kind: 'other slots', ...nameOf(run) });
        return conclude(run, { ...dealtWith, judged: { listing: digest, slots } }, nothing, signal);
      case 'alert': {
        const changes = listingDigest(step.changes);
        await openAlert(filesChanged(run, step.changes, changes), signal);
        const changed = changedNames(step.changes);
        const outcome: Outcome = { kind: 'changed', ...nameOf(run), changed, policy: 'alert' };
        return conclude(run, { ...dealtWith, judged: { listing: digest, slots, changes } }, outcome, signal);
      }
      case 'wait':
        return noteChange(subject, step, digest, signal);
      case 'rerun':
        return start(subject, run.generation + 1, observation, signal);
    }
  };

  const actOn = async (subject: Subject, signal: AbortSignal): Promise<Outcome | undefined> => {
    const { run } = subject;
    if (run.asked === 'drop') {
      return drop(subject, signal);
    }
    if (run.state === 'waiting') {
      return evaluateWaiting(subject, signal);
    }
    return run.asked === 'again' ? runAgain(subject, signal) : evaluateClaimed(subject, signal);
  };

  const act = async (run: Run, signal: AbortSignal): Promise<Outcome | undefined> => {
    const feed = feeds.get(run.key.feed);
    if (run.state === 'claimed' && run.asked === undefined) {
      return finishClaim(run, feed, signal);
    }
    if (feed === undefined) {
      const isWaiting = run.state === 'waiting';
      if (isWaiting) {
        await openAlert(feedGone(run.key.feed), signal);
      }
      const evaluateAt = isWaiting ? nextOfWaiting(run, undefined, [], now()) : undefined;
      return conclude(run, { evaluateAt }, { kind: 'no feed', ...nameOf(run) }, signal);
    }
    const subject: Subject = { run, feed, startedAt: now() };
    try {
      return await actOn(subject, signal);
    } catch (error) {
      if (error instanceof StoreRefusedError) {
        return handleRefusal(subject, error, signal);
      }
      throw error;
    }
  };

  const evaluateOnce = async (key: RunKey, { touched }: Options, signal: AbortSignal): Promise<Outcome> => {
    const due = later(now(), EARLY_MS);
    const begun =
      touched === undefined
        ? await ledger.begin(key, due, later(now(), PUT_OFF_MS), signal)
        : { run: touched, isDue: true };
    if (begun === undefined) {
      throw new Error(`The ledger does not know run ${runKeyId(key)}`);
    }
    const notDue: Outcome = { kind: 'not due', ...nameOf(begun.run) };
    // A run that changed under its evaluation is due again, or another process acts on it.
    return begun.isDue ? ((await act(begun.run, signal)) ?? notDue) : notDue;
  };

  const evaluate = async (key: RunKey, options: Options, signal: AbortSignal): Promise<Outcome> => {
    let outcome = await evaluateOnce(key, options, signal);
    for (let round = 1; round < MOST_ROUNDS && outcome.kind === 'unsteady'; round += 1) {
      const waitMs = outcome.until.getTime() - now().getTime();
      if (waitMs > WAITED_OUT_MS) {
        break;
      }
      await ports.pause(Math.max(0, waitMs), signal);
      outcome = await evaluateOnce(key, {}, signal);
    }
    return outcome;
  };

  return async (key, options, signal) => {
    try {
      return await evaluate(key, options, signal);
    } catch (error) {
      const kind = error instanceof UnreadableItemError ? 'unreadable' : 'failed';
      return { kind, feed: key.feed, run: runKeyId(key), error: toError(error) };
    }
  };
};
