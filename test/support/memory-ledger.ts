/**
 * A ledger in memory, with the same conditions as the table.
 *
 * `ledger-contract.ts` holds both to one contract. The model of faults runs thousands of schedules,
 * and uses this one.
 */
import { type RunKey, runKeyId } from '../../shared/feeds/run-key.ts';
import { isUnderWay, type JobObservation, type JobState, standingOf } from '../../shared/runs/job-observation.ts';
import type { Ledger } from '../../shared/runs/ledger.ts';
import type { Arrival, Claim, Run, RunJob, Success } from '../../shared/runs/run.ts';
import { END_OF_RANGE, type RunsOf } from '../../shared/runs/run-listing.ts';
import { MOVES, mayOpenNext, SETTLE_MS, WATCH_MS, WATCH_RUNNING_MS } from '../../shared/runs/state-machine.ts';

type Entry = {
  run: Run;
  arrivals: Map<string, Arrival>;
  successes: Map<string, Success>;
  candidateAt: Date | undefined;
  past: Run[];
};

const later = (at: Date, byMs: number): Date => new Date(at.getTime() + byMs);

const without = <Value extends object, Key extends keyof Value>(value: Value, ...keys: Key[]): Omit<Value, Key> => {
  const copy = { ...value };
  for (const key of keys) {
    delete copy[key];
  }
  return copy;
};

const WAIT_MS: Readonly<Record<JobState, number>> = {
  submitted: WATCH_MS,
  running: WATCH_RUNNING_MS,
  succeeded: SETTLE_MS,
  failed: SETTLE_MS,
};

const jobAfter = ({ job }: Run, sighting: JobObservation, now: Date): RunJob => {
  const { jobId, state: _, submittedAt, ...seen } = sighting;
  const { unknownSince: __, ...known } = job ?? { id: jobId, submittedAt: submittedAt ?? now };
  return { ...known, ...JSON.parse(JSON.stringify(seen), revive) };
};

/** Turns instants back into dates. JSON has left out undefined values. */
const revive = (name: string, value: unknown) => (name.endsWith('At') ? new Date(String(value)) : value);

export type MemoryLedger = Ledger & { readonly entries: Map<string, Entry>; readonly runsOf: RunsOf };

export const createMemoryLedger = (): MemoryLedger => {
  const entries = new Map<string, Entry>();
  const jobs = new Map<string, { run: RunKey; generation: number }>();

  const entryOf = (key: RunKey): Entry | undefined => entries.get(runKeyId(key));

  const isAsSeen = (entry: Entry | undefined, run: Run): entry is Entry =>
    entry !== undefined &&
    entry.run.generation === run.generation &&
    entry.run.revision === run.revision &&
    entry.run.state === run.state;

  const isOwned = (entry: Entry | undefined, claim: Claim): entry is Entry =>
    entry?.run.state === 'claimed' && entry.run.claim?.owner === claim.owner;

  const idOf = ({ slot, bucket, key }: Arrival): string => JSON.stringify([slot, bucket, key]);

  const add = (entry: Entry, slot: string, delta: number): void => {
    const filled = new Map(entry.run.filled);
    filled.set(slot, (filled.get(slot) ?? 0) + delta);
    entry.run = { ...entry.run, filled, revision: entry.run.revision + 1 };
  };

  const put = (entry: Entry, arrival: Arrival): void => {
    const replaced = entry.arrivals.get(idOf(arrival));
    add(entry, arrival.slot, Number(arrival.fills) - Number(replaced?.fills ?? false));
    entry.arrivals.set(idOf(arrival), arrival);
  };

  const sourceOf = ({ slot, source }: Success): string => JSON.stringify([slot, runKeyId(source)]);

  const putSuccess = (entry: Entry, success: Success): void => {
    add(entry, success.slot, Number(!entry.successes.has(sourceOf(success))));
    entry.successes.set(sourceOf(success), success);
  };

  const opened = (key: RunKey, now: Date): Entry => {
    const entry: Entry = {
      run: { key, generation: 1, revision: 0, state: 'waiting', filled: new Map(), openedAt: now },
      arrivals: new Map(),
      successes: new Map(),
      candidateAt: undefined,
      past: [],
    };
    entries.set(runKeyId(key), entry);
    return entry;
  };

  const refilled = (entry: Entry, run: Run, requestRerun: boolean, now: Date): true => {
    if (requestRerun) {
      entry.run = { ...entry.run, rerunRequestedAt: run.rerunRequestedAt ?? now };
    }
    if (run.state === 'waiting' || (requestRerun && !isUnderWay(run.state))) {
      entry.candidateAt = later(now, SETTLE_MS);
    }
    return true;
  };

  /** Returns the sort key of a run among the runs of its feed: its date, or its first opening. */
  const runAtOf = ({ run, past: [first = run] }: Entry): string => run.key.date ?? first.openedAt.toISOString();

  const listed = (now: Date, limit: number, isWanted: (run: Run) => boolean): Run[] =>
    [...entries.values()]
      .filter(({ candidateAt, run }) => candidateAt !== undefined && candidateAt <= now && isWanted(run))
      .sort((one, other) => (one.candidateAt?.getTime() ?? 0) - (other.candidateAt?.getTime() ?? 0))
      .slice(0, limit)
      .map(({ run }) => run);

  return {
    entries,

    recordArrival: async (key, arrival, now) => {
      const found = entryOf(key);
      const known = found?.arrivals.get(idOf(arrival));
      if (known !== undefined) {
        return { kind: 'known', arrival: known };
      }
      if (found !== undefined && found.run.state !== 'waiting') {
        return { kind: 'late' };
      }
      const entry = found ?? opened(key, now);
      put(entry, arrival);
      entry.candidateAt = later(now, SETTLE_MS);
      return { kind: 'recorded' };
    },

    changeArrival: async ({ run, arrival, replaces, requestRerun }, now) => {
      const entry = entryOf(run.key);
      if (!isAsSeen(entry, run) || entry.arrivals.get(idOf(arrival))?.etag !== replaces?.etag) {
        return false;
      }
      put(entry, arrival);
      return refilled(entry, run, requestRerun, now);
    },

    openRun: async (key, now) => {
      if (entryOf(key) !== undefined) {
        return false;
      }
      opened(key, now).candidateAt = now;
      return true;
    },

    fillSlot: async (key, success, now) => {
      const found = entryOf(key);
      const known = found?.successes.get(sourceOf(success));
      if (known !== undefined) {
        return { kind: 'known', generation: known.generation };
      }
      if (found !== undefined && found.run.state !== 'waiting') {
        return { kind: 'late' };
      }
      const entry = found ?? opened(key, now);
      putSuccess(entry, success);
      entry.candidateAt = later(now, SETTLE_MS);
      return { kind: 'recorded' };
    },

    changeSuccess: async ({ run, success, replaces, requestRerun }, now) => {
      const entry = entryOf(run.key);
      if (!isAsSeen(entry, run) || entry.successes.get(sourceOf(success))?.generation !== replaces) {
        return false;
      }
      putSuccess(entry, success);
      return refilled(entry, run, requestRerun, now);
    },

    noteWouldSubmit: async (run, now) => {
      const entry = entryOf(run.key);
      if (!isAsSeen(entry, run) || entry.run.wouldSubmitAt !== undefined) {
        return false;
      }
      entry.run = { ...entry.run, wouldSubmitAt: now };
      entry.candidateAt = now;
      return true;
    },

    readRun: async (key) => entryOf(key)?.run,

    readRunWithArrivals: async (key, wanted) => {
      const entry = entryOf(key);
      if (entry === undefined) {
        return undefined;
      }
      const { run } = entry;
      if (!wanted(run)) {
        return { run };
      }
      const { true: arrivals = [], false: tooSmall = [] } = Object.groupBy(entry.arrivals.values(), ({ fills }) =>
        fills ? 'true' : 'false',
      );
      return { run, arrivals, ...(tooSmall.length === 0 ? {} : { tooSmall }) };
    },

    claim: async (run, claim) => {
      const entry = entryOf(run.key);
      if (!isAsSeen(entry, run) || run.state !== MOVES.claim.from) {
        return false;
      }
      entry.run = { ...entry.run, state: MOVES.claim.to, claim };
      entry.candidateAt = claim.leaseUntil;
      jobs.set(claim.request.jobName, { run: run.key, generation: run.generation });
      return true;
    },

    takeOver: async (run, claim) => {
      const entry = entryOf(run.key);
      if (!isAsSeen(entry, run) || run.state !== MOVES.takeOver.from || entry.run.claim?.owner !== run.claim?.owner) {
        return entryOf(run.key)?.run.claim?.owner === claim.owner;
      }
      entry.run = { ...entry.run, claim };
      entry.candidateAt = claim.leaseUntil;
      return true;
    },

    release: async (run, claim, now) => {
      const entry = entryOf(run.key);
      if (isOwned(entry, claim)) {
        entry.run = { ...without(entry.run, 'claim', 'rerunRequestedAt'), state: 'waiting' };
        entry.candidateAt = now;
      }
    },

    noteEmptyLookup: async (run, claim, at, by) => {
      const entry = entryOf(run.key);
      if (isOwned(entry, claim) && entry.run.claim?.emptyLookup === undefined) {
        entry.run = { ...entry.run, claim: { ...claim, emptyLookup: { at, by } } };
        entry.candidateAt = at;
      }
    },

    recordSubmission: async (run, claim, jobId, now) => {
      const entry = entryOf(run.key);
      if (entry === undefined) {
        throw new Error('no such run');
      }
      if (entry.run.state !== 'claimed' || entry.run.claim?.owner !== claim.owner) {
        return entry.run;
      }
      entry.run = { ...entry.run, state: 'submitted', job: { id: jobId, submittedAt: now } };
      entry.candidateAt = later(now, WATCH_MS);
      return 'recorded';
    },

    recordRefusal: async (run, claim, reason) => {
      const entry = entryOf(run.key);
      if (isOwned(entry, claim)) {
        entry.run = { ...entry.run, state: 'refused', refusal: reason };
        entry.candidateAt = undefined;
      }
    },

    openNextGeneration: async (run, now) => {
      const entry = entryOf(run.key);
      if (!isAsSeen(entry, run) || !mayOpenNext(run)) {
        return false;
      }
      entry.past.push(entry.run);
      entry.run = {
        ...without(entry.run, 'claim', 'job', 'refusal', 'rerunRequestedAt', 'wouldSubmitAt'),
        state: 'waiting',
        generation: run.generation + 1,
        openedAt: now,
      };
      entry.candidateAt = now;
      return true;
    },

    revisit: async (run, at) => {
      const entry = entryOf(run.key);
      if (isAsSeen(entry, run)) {
        entry.candidateAt = at === 'never' ? undefined : at;
      }
    },

    recordJob: async (key, generation, sighting, now) => {
      const entry = entryOf(key);
      const past = entry?.past.findIndex((run) => run.generation === generation) ?? -1;
      const run = entry?.run.generation === generation ? entry.run : entry?.past[past];
      if (entry === undefined || run === undefined) {
        return undefined;
      }
      const standing = standingOf(run, sighting);
      if (standing !== 'news') {
        return { standing, run };
      }
      const changed = { ...run, state: sighting.state, job: jobAfter(run, sighting, now) };
      if (run === entry.run) {
        entry.run = changed;
        entry.candidateAt = later(now, WAIT_MS[sighting.state]);
      } else {
        entry.past[past] = changed;
      }
      return { standing, run: changed };
    },

    recordProgress: async (run, progress) => {
      const entry = entryOf(run.key);
      if (entry?.run.job !== undefined && entry.run.job.id === run.job?.id && entry.run.state === 'running') {
        entry.run = { ...entry.run, job: { ...entry.run.job, progress } };
      }
    },

    noteUnknownJob: async (run, now) => {
      const entry = entryOf(run.key);
      if (entry?.run.job !== undefined && entry.run.job.id === run.job?.id && entry.run.state === run.state) {
        entry.run = { ...entry.run, job: { unknownSince: now, ...entry.run.job } };
      }
    },

    watchedRuns: async (now, limit) => listed(now, limit, ({ state }) => isUnderWay(state)),

    unsettledRuns: async (now, limit) => listed(now, limit, ({ state }) => !isUnderWay(state)),

    runOfJob: async (jobName) => jobs.get(jobName),

    runsOf: async function* (feed, from, to) {
      yield* [...entries.values()]
        .filter(({ run }) => run.key.feed === feed)
        .filter((entry) => runAtOf(entry) >= from && runAtOf(entry) <= `${to}${END_OF_RANGE}`)
        .sort((one, other) => (runAtOf(one) < runAtOf(other) ? -1 : 1))
        .map(({ run }) => run);
    },
  };
};
