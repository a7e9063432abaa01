/** Compares the runs of the suite with the jobs that cron started. Pure. */
import type { CronStart } from './job-log.ts';

/** A run that the suite submitted, or would have submitted without `shadow`. */
export type SuiteRun = {
  /** As {@link runKeyId} writes it. */
  readonly run: string;
  readonly date?: string;
  /** Absent while the run waits. */
  readonly completeAt?: Date;
  readonly files: number;
};

/** A start of cron, and the run of the suite for the same work. */
export type Pair = {
  readonly start: CronStart;
  readonly run: SuiteRun;
  /** The time from cron to the suite; negative when the suite was earlier. */
  readonly laterMs: number;
  /** Whether both took the same number of files; absent when the log has no number. */
  readonly sameFiles?: boolean;
};

export type FeedParity = {
  readonly feed: string;
  readonly pairs: readonly Pair[];
  /** The starts of cron without a complete run, each with the waiting run if there is one. */
  readonly missing: readonly { readonly start: CronStart; readonly waiting?: SuiteRun }[];
  /** The complete runs without a start of cron. */
  readonly extra: readonly SuiteRun[];
};

export type Tolerance = {
  /** The largest distance between a start without a date and its run. */
  readonly withinMs: number;
  /** The largest delay of the suite after cron. */
  readonly laterMs: number;
};

type Complete = SuiteRun & { readonly completeAt: Date };

const isComplete = (run: SuiteRun): run is Complete => run.completeAt !== undefined;

type Candidate = { readonly start: CronStart; readonly run: Complete; readonly distance: number };

/** Lists the possible pairs: of the same date or, if the log has no date, near in time. */
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

/** Pairs the starts of one feed with its runs, the nearest first; each is in at most one pair. */
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
        const run = waiting.find(({ date }) => date !== undefined && date === start.date);
        return run === undefined ? { start } : { start, waiting: run };
      }),
    extra: complete.filter((run) => !usedRuns.has(run)),
  };
};

type Verdict = 'same' | 'differs' | 'nothing to compare';

/** Tells whether the suite did the same as cron, in time. */
export const verdictOf = ({ pairs, missing, extra }: FeedParity, { laterMs }: Tolerance): Verdict => {
  if (pairs.length + missing.length + extra.length === 0) {
    return 'nothing to compare';
  }
  const isLate = pairs.some((pair) => pair.laterMs > laterMs);
  const differs = pairs.some(({ sameFiles }) => sameFiles === false);

  return missing.length + extra.length > 0 || isLate || differs ? 'differs' : 'same';
};
