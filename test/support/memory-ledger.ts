/**
 * A ledger in memory, with the same conditions as the table.
 *
 * `ledger-contract.ts` holds both to one contract, so that the model of faults, which needs thousands of schedules, may use this one.
 */
import { type RunKey, runKeyId } from '../../shared/feeds/run-key.ts';
import type { Ledger } from '../../shared/runs/ledger.ts';
import type { Arrival, Claim, Run } from '../../shared/runs/run.ts';
import { SETTLE_MS } from '../../shared/runs/state-machine.ts';

type Entry = { run: Run; arrivals: Map<string, Arrival>; candidateAt: Date | undefined; past: Run[] };

const later = (at: Date, byMs: number): Date => new Date(at.getTime() + byMs);

const without = <Value extends object, Key extends keyof Value>(value: Value, ...keys: Key[]): Omit<Value, Key> => {
  const copy = { ...value };
  for (const key of keys) {
    delete copy[key];
  }
  return copy;
};

export type MemoryLedger = Ledger & { readonly entries: Map<string, Entry> };

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

  const put = (entry: Entry, arrival: Arrival): void => {
    const replaced = entry.arrivals.get(idOf(arrival));
    const delta = Number(arrival.fills) - Number(replaced?.fills ?? false);
    const filled = new Map(entry.run.filled);
    filled.set(arrival.slot, (filled.get(arrival.slot) ?? 0) + delta);
    entry.arrivals.set(idOf(arrival), arrival);
    entry.run = { ...entry.run, filled, revision: entry.run.revision + 1 };
  };

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
      const entry = found ?? {
        run: { key, generation: 1, revision: 0, state: 'waiting', filled: new Map(), openedAt: now },
        arrivals: new Map(),
        candidateAt: undefined,
        past: [],
      };
      entries.set(runKeyId(key), entry);
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
      if (requestRerun) {
        entry.run = { ...entry.run, rerunRequestedAt: run.rerunRequestedAt ?? now };
      }
      if (requestRerun || run.state === 'waiting') {
        entry.candidateAt = later(now, SETTLE_MS);
      }
      return true;
    },

    readRun: async (key) => entryOf(key)?.run,

    readRunWithArrivals: async (key, wanted) => {
      const entry = entryOf(key);
      if (entry === undefined) {
        return undefined;
      }
      const { run } = entry;
      return wanted(run) ? { run, arrivals: [...entry.arrivals.values()].filter(({ fills }) => fills) } : { run };
    },

    claim: async (run, claim) => {
      const entry = entryOf(run.key);
      if (!isAsSeen(entry, run)) {
        return false;
      }
      entry.run = { ...entry.run, state: 'claimed', claim };
      entry.candidateAt = claim.leaseUntil;
      jobs.set(claim.request.jobName, { run: run.key, generation: run.generation });
      return true;
    },

    takeOver: async (run, claim) => {
      const entry = entryOf(run.key);
      if (entry === undefined || entry.run.claim?.owner !== run.claim?.owner || !isAsSeen(entry, run)) {
        return entryOf(run.key)?.run.claim?.owner === claim.owner;
      }
      entry.run = { ...entry.run, claim };
      entry.candidateAt = claim.leaseUntil;
      return true;
    },

    release: async (run, claim, now) => {
      const entry = entryOf(run.key);
      if (isOwned(entry, claim)) {
        entry.run = { ...without(entry.run, 'claim'), state: 'waiting' };
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
      entry.candidateAt = undefined;
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
      if (!isAsSeen(entry, run)) {
        return false;
      }
      entry.past.push(entry.run);
      entry.run = {
        ...without(entry.run, 'claim', 'job', 'refusal', 'rerunRequestedAt'),
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

    unsettledRuns: async (now, limit) =>
      [...entries.values()]
        .filter(({ candidateAt }) => candidateAt !== undefined && candidateAt <= now)
        .sort((one, other) => (one.candidateAt?.getTime() ?? 0) - (other.candidateAt?.getTime() ?? 0))
        .slice(0, limit)
        .map(({ run }) => run),

    runOfJob: async (jobName) => jobs.get(jobName),
  };
};
