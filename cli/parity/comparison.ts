/** Compares what the suite would have done with what cron did. */
import type { CronStart } from './job-log.ts';

/** A run that the suite would have submitted, or did. */
export type SuiteRun = {
  /** As {@link runKeyId} writes it. */
  readonly run: string;
  readonly date?: string;
  /** When it had all that it waits for; absent while it waits. */
  readonly completeAt?: Date;
  readonly files: number;
};

/** Both did it. */
export type Pair = {
  readonly start: CronStart;
  readonly run: SuiteRun;
  /** How much later the suite was than cron; below 0 when it was earlier. */
  readonly laterMs: number;
  /** Whether cron's job took as many files; absent where the log does not tell. */
  readonly sameFiles?: boolean;
};

export type FeedParity = {
  readonly feed: string;
  readonly pairs: readonly Pair[];
  /** Cron did it, and the suite would not have; with the run that still waits, where there is one. */
  readonly missing: readonly { readonly start: CronStart; readonly waiting?: SuiteRun }[];
  /** The suite would have done it, and cron did not. */
  readonly extra: readonly SuiteRun[];
};

export type Tolerance = {
  /** How far apart a start without a date and a run may lie, and still be the same. */
  readonly withinMs: number;
  /** How much later than cron the suite may be. */
  readonly laterMs: number;
};

type Complete = SuiteRun & { readonly completeAt: Date };

const isComplete = (run: SuiteRun): run is Complete => run.completeAt !== undefined;

type Candidate = { readonly start: CronStart; readonly run: Complete; readonly distance: number };

/** Lists what could belong together: of the same date, or near each other where the log tells no date. */
const candidatesOf = (starts: readonly CronStart[], runs: readonly Complete[], withinMs: number): Candidate[] =>
  starts.flatMap((start) =>
    runs
      .map((run) => ({ start, run, distance: Math.abs(run.completeAt.getTime() - start.at.getTime()) }))
      .filter(({ run, distance }) =>
        start.date === undefined || run.date === undefined ? distance <= withinMs : start.date === run.date,
      ),
  );

const pairOf = ({ start, run }: Candidate): Pair => ({
  start,
  run,
  laterMs: run.completeAt.getTime() - start.at.getTime(),
  ...(start.files !== undefined && { sameFiles: start.files === run.files }),
});

/**
 * Pairs the starts of one feed with its runs, the nearest first; each belongs to one pair at most.
 */
export const compareFeed = (
  feed: string,
  starts: readonly CronStart[],
  runs: readonly SuiteRun[],
  { withinMs }: Tolerance,
): FeedParity => {
  const complete = runs.filter(isComplete);
  const waiting = runs.filter((run) => !isComplete(run));
  const byDistance = candidatesOf(starts, complete, withinMs).toSorted(
    (one, other) =>
      one.distance - other.distance || one.start.line - other.start.line || (one.run.run < other.run.run ? -1 : 1),
  );
  const usedStarts = new Set<CronStart>();
  const usedRuns = new Set<SuiteRun>();
  const pairs = byDistance.flatMap((candidate) => {
    if (usedStarts.has(candidate.start) || usedRuns.has(candidate.run)) {
      return [];
    }
    usedStarts.add(candidate.start);
    usedRuns.add(candidate.run);
    return [pairOf(candidate)];
  });

  return {
    feed,
    pairs: pairs.toSorted((one, other) => one.start.at.getTime() - other.start.at.getTime()),
    missing: starts
      .filter((start) => !usedStarts.has(start))
      .map((start) => {
        const waits = waiting.find(({ date }) => date !== undefined && date === start.date);
        return waits === undefined ? { start } : { start, waiting: waits };
      }),
    extra: complete.filter((run) => !usedRuns.has(run)),
  };
};

/** What keeps a feed from being switched; `same` when nothing does. */
export type Verdict = 'same' | 'differs' | 'nothing to compare';

/** Says whether a feed did what cron did, in time. */
export const verdictOf = ({ pairs, missing, extra }: FeedParity, { laterMs }: Tolerance): Verdict => {
  if (pairs.length + missing.length + extra.length === 0) {
    return 'nothing to compare';
  }
  const isLate = pairs.some((pair) => pair.laterMs > laterMs);
  const differs = pairs.some(({ sameFiles }) => sameFiles === false);

  return missing.length + extra.length > 0 || isLate || differs ? 'differs' : 'same';
};
