/** Records what arrived for a run, once, and applies the feed's policy to what arrives too late. */
import type { Match } from '../feeds/match-feeds.ts';
import type { ArrivedObject, ObjectHead } from './arrived-object.ts';
import type { KnownArrival } from './ledger.ts';
import type { Arrival, Run } from './run.ts';
import { fileOverwritten } from './run-alerts.ts';
import { nameOf, type Ports as SettlePorts } from './settle-run.ts';

export type Ports = Pick<SettlePorts, 'ledger' | 'openAlert' | 'now' | 'onStep'> & {
  /** Asks S3 what is there now; `undefined` when nothing is. */
  readonly head: (bucket: string, key: string, signal: AbortSignal) => Promise<ObjectHead | undefined>;
};

export type RecordedAs = 'recorded' | 'repeated' | 'changed' | 'gone';

export type RecordArrival = (
  match: Match,
  object: ArrivedObject & ObjectHead,
  signal: AbortSignal,
) => Promise<RecordedAs>;

/** Others may change the same run meanwhile. */
const MAX_ROUNDS = 10;

type Written = Arrival & Pick<ObjectHead, 'writtenAt'>;

const arrivalFrom = (
  { slot }: Match,
  { bucket, key }: ArrivedObject,
  { etag, sizeBytes, writtenAt }: ObjectHead,
): Written => ({
  slot: slot.name,
  bucket,
  key,
  etag,
  sizeBytes,
  fills: sizeBytes >= slot.minBytes,
  ...(writtenAt === undefined ? {} : { writtenAt }),
});

/**
 * Makes the function that records an arrival.
 *
 * @returns a function that says what was new: `recorded` (a new key), `changed` (a known key with new content, or a new key after the claim),
 * `repeated` (nothing), `gone` (another content was announced, but S3 holds nothing under this key any more)
 */
export const createRecordArrival = ({ ledger, openAlert, now, onStep, head }: Ports): RecordArrival => {
  /** Writes a change that came to a run in the given state; false when the run has moved on. */
  const change = async (
    { feed }: Match,
    run: Run,
    arrival: Written,
    replaces: KnownArrival | undefined,
    signal: AbortSignal,
  ): Promise<boolean> => {
    const claimed = run.state !== 'waiting';
    if (claimed && feed.onOverwrite === 'alert') {
      // Before the record: once recorded, the event would be a repeat and the message lost.
      await openAlert(fileOverwritten(run, arrival), signal);
    }
    const requestRerun = claimed && feed.onOverwrite === 'rerun' && run.state !== 'refused';
    const changed = await ledger.changeArrival(
      { run, arrival, requestRerun, ...(replaces === undefined ? {} : { replaces }) },
      now(),
      signal,
    );
    if (changed && claimed) {
      onStep({ kind: 'overwritten', ...nameOf(run), key: arrival.key, policy: feed.onOverwrite });
    }
    return changed;
  };

  /** @returns what was new, or else the arrival as S3 knows it now, to be recorded again */
  const record = async (match: Match, arrival: Arrival, signal: AbortSignal): Promise<RecordedAs | Written> => {
    const recorded = await ledger.recordArrival(match.run, arrival, now(), signal);
    if (recorded.kind === 'recorded') {
      return 'recorded';
    }
    const known = recorded.kind === 'known' ? recorded.arrival : undefined;
    if (known?.etag === arrival.etag) {
      return 'repeated';
    }
    // Events come in any order, so only S3 knows which content is the newest.
    const found = await head(arrival.bucket, arrival.key, signal);
    if (found === undefined) {
      return 'gone';
    }
    const current = arrivalFrom(match, arrival, found);
    if (known?.etag === current.etag) {
      return 'repeated';
    }
    const run = await ledger.readRun(match.run, signal);
    return run !== undefined && (await change(match, run, current, known, signal)) ? 'changed' : current;
  };

  return async (match, object, signal) => {
    let arrival = arrivalFrom(match, object, object);
    for (let round = 1; round <= MAX_ROUNDS; round += 1) {
      const recorded = await record(match, arrival, signal);
      if (typeof recorded === 'string') {
        return recorded;
      }
      arrival = recorded;
    }
    throw new Error(`Arrival s3://${object.bucket}/${object.key} met another change ${MAX_ROUNDS} times`);
  };
};
