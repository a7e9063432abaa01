/** Hands objects that a listing shows, and the ledger does not know, on as if their event had come. */
import type { Match } from '../../shared/feeds/match-feeds.ts';
import { type RunKey, runKeyId } from '../../shared/feeds/run-key.ts';
import { earlier } from '../../shared/instants.ts';
import {
  createAdvanceRuns,
  type Ports as RunPorts,
  type Settings as RunSettings,
} from '../../shared/runs/advance-runs.ts';
import type { Outcome } from '../../shared/runs/outcome.ts';
import type { Arrival } from '../../shared/runs/run.ts';

/** An object as a listing shows it. */
export type ListedObject = {
  readonly key: string;
  readonly etag: string;
  readonly sizeBytes: number;
  readonly writtenAt: Date;
};

export type Ports = {
  readonly runs: RunPorts;
  /** Reads the ETags that are known of arrivals, in their order; `undefined` for one that is not known. */
  readonly knownEtags: (
    arrivals: readonly { readonly run: RunKey; readonly arrival: Pick<Arrival, 'slot' | 'bucket' | 'key'> }[],
    signal: AbortSignal,
  ) => Promise<readonly (string | undefined)[]>;
};

/** An arrival that was new to the ledger, or its content was. */
export type FoundArrival = {
  readonly feed: string;
  readonly run: string;
  readonly slot: string;
  readonly bucket: string;
  readonly key: string;
};

export type Advanced = {
  readonly found: readonly FoundArrival[];
  readonly outcomes: readonly Outcome[];
  /** The key that it came to before it had to stop; absent when it came to the end. */
  readonly stoppedAt?: string;
};

/** The event of what was written since may still be on its way. */
const YOUNG_MS = 10 * 60_000;

/** How many objects are handed on at once. */
const CONCURRENCY = 8;

type Wanted = { readonly object: ListedObject; readonly match: Match };

/** Tells of each arrival that is new to a ledger. */
const watched = (ledger: RunPorts['ledger'], onNew: (run: RunKey, arrival: Arrival) => void): RunPorts['ledger'] => ({
  ...ledger,
  recordArrival: async (run, arrival, now, signal) => {
    const recorded = await ledger.recordArrival(run, arrival, now, signal);
    if (recorded.kind === 'recorded') {
      onNew(run, arrival);
    }
    return recorded;
  },
  changeArrival: async (change, now, signal) => {
    const isChanged = await ledger.changeArrival(change, now, signal);
    if (isChanged) {
      onNew(change.run.key, change.arrival);
    }
    return isChanged;
  },
});

/**
 * Makes the function that hands one page of objects on, of one bucket.
 *
 * @returns a function that takes which files count, and when to stop. A failure of one run is an outcome of kind `failed`; it rejects when
 * the ledger does not say what it knows
 */
export const createAdvanceUnknown = ({ runs, knownEtags }: Ports, settings: RunSettings) => {
  /** Finds the files that somebody waits for and the ledger does not know as they are. */
  const unknownOf = async (
    bucket: string,
    page: readonly ListedObject[],
    isOpen: (match: Match, writtenAt: Date) => boolean,
    signal: AbortSignal,
  ): Promise<Map<ListedObject, Wanted[]>> => {
    const until = earlier(runs.now(), YOUNG_MS);
    const wanted = page
      .filter(({ writtenAt }) => writtenAt <= until)
      .flatMap((object) => settings.match({ bucket, ...object }).map((match) => ({ object, match })))
      .filter(({ object, match }) => isOpen(match, object.writtenAt));
    const etags = await knownEtags(
      wanted.map(({ object: { key }, match: { run, slot } }) => ({ run, arrival: { slot: slot.name, bucket, key } })),
      signal,
    );
    return Map.groupBy(
      wanted.filter(({ object }, index) => object.etag !== etags[index]),
      ({ object }) => object,
    );
  };

  return async (
    bucket: string,
    page: readonly ListedObject[],
    { isOpen, isSpent }: { isOpen: (match: Match, writtenAt: Date) => boolean; isSpent: () => boolean },
    signal: AbortSignal,
  ): Promise<Advanced> => {
    const found: FoundArrival[] = [];
    const outcomes: Outcome[] = [];
    const ledger = watched(runs.ledger, (run, { slot, key }) => {
      found.push({ feed: run.feed, run: runKeyId(run), slot, bucket, key });
    });
    const advanceRuns = createAdvanceRuns({ ...runs, ledger }, settings);

    const unknown = [...(await unknownOf(bucket, page, isOpen, signal))];
    for (let start = 0; start < unknown.length; start += CONCURRENCY) {
      const group = unknown.slice(start, start + CONCURRENCY);
      const advanced = await Promise.all(
        group.map(([{ key, etag, sizeBytes }, wanted]) =>
          // Only of these runs: for another feed the object may be history.
          advanceRuns(
            { bucket, key, etag, sizeBytes },
            signal,
            wanted.map(({ match }) => match),
          ),
        ),
      );
      outcomes.push(...advanced.flat());
      const last = group.at(-1)?.[0].key;
      if (isSpent() && last !== undefined) {
        return { found, outcomes, stoppedAt: last };
      }
    }
    return { found, outcomes };
  };
};
