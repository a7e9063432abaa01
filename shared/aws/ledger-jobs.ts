/** How the ledger records the observations of a run's job. */
import { later } from '../instants.ts';
import { isUnderWay, type JobObservation, MOVES_FROM, standingOf } from '../runs/job-observation.ts';
import type { JobRecorded, Ledger } from '../runs/ledger.ts';
import { SETTLE_MS, WATCH_MS, WATCH_RUNNING_MS } from '../runs/state-machine.ts';
import {
  and,
  attributeNotExists,
  type Change,
  type Condition,
  equals,
  equalsAll,
  isLess,
  isOneOf,
  or,
} from './expressions.ts';
import { settleAt, type UpdateRun, watchAt } from './ledger-changes.ts';
import { generationItemKey, runItemKey, runOf } from './ledger-items.ts';
import type { Item, Key, Table } from './table.ts';

type DatedObservation = JobObservation & { readonly submittedAt: Date };

/** Lists a run among the watched while its job is under way, then among the runs to settle. */
const candidateAfter = ({ state }: JobObservation, now: Date): Item => {
  switch (state) {
    case 'submitted':
      return watchAt(later(now, WATCH_MS));
    case 'running':
      return watchAt(later(now, WATCH_RUNNING_MS));
    default:
      return settleAt(later(now, SETTLE_MS));
  }
};

const observationChange = (observed: DatedObservation, candidate: Item): Change => ({
  set: {
    state: observed.state,
    jobId: observed.jobId,
    attempts: observed.attempts,
    ...candidate,
    startedAt: observed.startedAt?.toISOString(),
    stoppedAt: observed.stoppedAt?.toISOString(),
    exitCode: observed.exitCode,
    jobReason: observed.reason,
  },
  setIfAbsent: { submittedAt: observed.submittedAt.toISOString() },
  remove: ['jobUnknownSince'],
});

/** The observation is news to the run, by the rules of `standingOf`. */
const isNews = (generation: number, { jobId, state, attempts }: JobObservation): Condition => {
  const moves = MOVES_FROM[state].length === 0 ? [] : [isOneOf('state', MOVES_FROM[state])];
  // A run that knows of no attempts has begun none.
  const hasFewerAttempts = or(...(attempts > 0 ? [attributeNotExists('attempts')] : []), isLess('attempts', attempts));
  const retries = isUnderWay(state) ? [and(equals('state', state), hasFewerAttempts)] : [];
  // The end of a job is news once, and a job that only waits moves no run.
  const isOfThisJob = and(equals('jobId', jobId), or(...moves, ...retries));
  const isNotKnownYet = and(attributeNotExists('jobId'), equals('state', 'claimed'));
  return and(equals('generation', generation), or(isOfThisJob, isNotKnownYet));
};

export const createLedgerJobs = (
  table: Table,
  update: UpdateRun,
): Pick<Ledger, 'recordJob' | 'recordProgress' | 'noteUnknownJob'> => {
  /** @returns `undefined` when the item does not exist */
  const record = async (
    key: Key,
    generation: number,
    observed: DatedObservation,
    candidate: Item,
    signal: AbortSignal,
  ): Promise<JobRecorded | undefined> => {
    const change = observationChange(observed, candidate);
    const condition = isNews(generation, observed);
    const { kind, item } = await table.update({ key, change, condition, returning: 'ALL_NEW' }, signal);
    const run = item && runOf(item);
    return run && { standing: kind === 'written' ? 'news' : standingOf(run, observed), run };
  };

  return {
    recordJob: async (key, generation, observed, now, signal) => {
      const dated = { ...observed, submittedAt: observed.submittedAt ?? now };
      const inPlace = await record(runItemKey(key), generation, dated, candidateAfter(observed, now), signal);
      if (inPlace === undefined || inPlace.run.generation <= generation) {
        return inPlace?.run.generation === generation ? inPlace : undefined;
      }
      // The job belongs to an earlier generation, which is not evaluated any more.
      return record(generationItemKey(key, generation), generation, dated, {}, signal);
    },

    recordProgress: async (run, { percent, text, at }, signal) => {
      await update(
        run.key,
        { set: { progressPercent: percent, progressText: text, progressAt: at.toISOString() } },
        equalsAll({ state: 'running', jobId: run.job?.id ?? '' }),
        signal,
      );
    },

    noteUnknownJob: async (run, now, signal) => {
      await update(
        run.key,
        { set: { jobUnknownSince: now.toISOString() } },
        and(equalsAll({ state: run.state, jobId: run.job?.id ?? '' }), attributeNotExists('jobUnknownSince')),
        signal,
      );
    },
  };
};
