/** How the ledger records the observations of a run's job. */
import { later } from '../instants.ts';
import { isUnderWay, type JobObservation, jobStandingOf, MOVES_FROM } from '../runs/job-observation.ts';
import type { JobRecorded, Ledger } from '../runs/ledger.ts';
import { WATCH_MS, WATCH_RUNNING_MS } from '../runs/state-machine.ts';
import {
  and,
  attributeNotExists,
  type Change,
  type Condition,
  equals,
  equalsAll,
  isAtMost,
  isLess,
  isOneOf,
  or,
} from './expressions.ts';
import type { RunOfJob } from './job-owners.ts';
import { isSame, WATCHED, watchAttributes } from './ledger-claims.ts';
import { generationItemKey, runItemKey, runOf, SCHEMA } from './ledger-items.ts';
import type { Key, Table } from './table.ts';

type DatedObservation = JobObservation & { readonly submittedAt: Date };

/** A run is watched while its job is under way. */
const watching = ({ state }: JobObservation, now: Date): Change => {
  switch (state) {
    case 'submitted':
      return { set: watchAttributes(later(now, WATCH_MS)) };
    case 'running':
      return { set: watchAttributes(later(now, WATCH_RUNNING_MS)) };
    default:
      return { remove: ['candidate', 'candidateAt'] };
  }
};

const observationChange = (observed: DatedObservation, generation: number, { set, remove = [] }: Change): Change => ({
  set: {
    state: observed.state,
    jobId: observed.jobId,
    attempts: observed.attempts,
    startedAt: observed.startedAt?.toISOString(),
    stoppedAt: observed.stoppedAt?.toISOString(),
    exitCode: observed.exitCode,
    jobReason: observed.reason,
    succeededGeneration: observed.state === 'succeeded' ? generation : undefined,
    ...set,
  },
  setIfAbsent: { submittedAt: observed.submittedAt.toISOString() },
  remove: ['jobUnknownSince', ...remove],
});

/** The observation is news to the run, by the rules of `jobStandingOf`. */
const isNews = (generation: number, { jobId, state, attempts }: JobObservation): Condition => {
  const moves = MOVES_FROM[state].length === 0 ? [] : [isOneOf('state', MOVES_FROM[state])];
  // A run that knows of no attempts has begun none.
  const hasFewerAttempts = or(...(attempts > 0 ? [attributeNotExists('attempts')] : []), isLess('attempts', attempts));
  const retries = isUnderWay(state) ? [and(equals('state', state), hasFewerAttempts)] : [];
  // A job that has ended may not be reported twice, and a job that only waits moves nothing.
  const isOfThisJob = and(equals('jobId', jobId), or(...moves, ...retries));
  const isNotKnownYet = and(attributeNotExists('jobId'), equals('state', 'claimed'));
  return and(equalsAll({ v: SCHEMA, generation }), or(isOfThisJob, isNotKnownYet));
};

export const createLedgerJobs = (
  table: Table,
  runOfJob: RunOfJob,
): Pick<Ledger, 'recordJob' | 'recordProgress' | 'noteUnknownJob' | 'runOfJob' | 'watchedRuns' | 'watchAgain'> => {
  /** @returns `undefined` when there is no such item */
  const record = async (
    key: Key,
    generation: number,
    observed: DatedObservation,
    watch: Change,
    signal: AbortSignal,
  ): Promise<JobRecorded | undefined> => {
    const change = observationChange(observed, generation, watch);
    const condition = isNews(generation, observed);
    const { kind, item } = await table.update({ key, change, condition, returning: 'ALL_NEW' }, signal);
    const run = item && runOf(item);
    return run && { standing: kind === 'written' ? 'news' : jobStandingOf(run, observed), run };
  };

  return {
    recordJob: async (key, generation, observed, now, signal) => {
      const dated = { ...observed, submittedAt: observed.submittedAt ?? now };
      const inPlace = await record(runItemKey(key), generation, dated, watching(observed, now), signal);
      if (inPlace === undefined || inPlace.run.generation <= generation) {
        return inPlace?.run.generation === generation ? inPlace : undefined;
      }
      // The job belongs to an earlier generation, which is not evaluated any more.
      return record(generationItemKey(key, generation), generation, dated, {}, signal);
    },

    recordProgress: async (run, { percent, text, at }, signal) => {
      const change = { set: { progressPercent: percent, progressText: text, progressAt: at.toISOString() } };
      const condition = equalsAll({ v: SCHEMA, state: 'running', jobId: run.job?.id ?? '' });
      await table.update({ key: runItemKey(run.key), change, condition }, signal);
    },

    noteUnknownJob: async (run, now, signal) => {
      const change = { set: { jobUnknownSince: now.toISOString() } };
      const isSameJob = equalsAll({ v: SCHEMA, state: run.state, jobId: run.job?.id ?? '' });
      const condition = and(isSameJob, attributeNotExists('jobUnknownSince'));
      await table.update({ key: runItemKey(run.key), change, condition }, signal);
    },

    watchAgain: async (run, at, signal) => {
      await table.update(
        { key: runItemKey(run.key), change: { set: watchAttributes(at) }, condition: isSame(run) },
        signal,
      );
    },

    watchedRuns: async (now, limit, signal) => {
      const keys = and(equals('candidate', WATCHED), isAtMost('candidateAt', now.toISOString()));
      const found = await table.query({ index: 'candidates', keys, limit }, signal);
      const items = await table.getFound(found, signal);
      // The index lags: a run that is not watched any more is left out, and so is one that this code cannot read.
      return items.filter(({ candidate, v }) => candidate === WATCHED && v === SCHEMA).map(runOf);
    },

    runOfJob,
  };
};
