/** Something that runs wait for has happened: records it, and submits each run that it completes. */
import type { Match, MatchedObject } from '../feeds/match-feeds.ts';
import { runKeyId } from '../feeds/run-key.ts';
import type { ArrivedObject, ObjectHead } from './arrived-object.ts';
import type { Outcome } from './outcome.ts';
import { createRecordArrival, type Ports as RecordPorts } from './record-arrival.ts';
import {
  createSettleRun,
  failedOutcome,
  type Ports as SettlePorts,
  type Settings as SettleSettings,
} from './settle-run.ts';

export type Ports = RecordPorts & SettlePorts;

export type Settings = SettleSettings & {
  readonly match: (object: MatchedObject) => readonly Match[];
};

/** Runs the work of one run after another, so that the files of one batch do not fight over its item. */
const createTurns = () => {
  const last = new Map<string, Promise<unknown>>();
  return async <Result>(run: string, work: () => Promise<Result>): Promise<Result> => {
    const turn = (last.get(run) ?? Promise.resolve()).then(work, work);
    last.set(run, turn);
    try {
      return await turn;
    } finally {
      if (last.get(run) === turn) {
        last.delete(run);
      }
    }
  };
};

/**
 * Makes the function that handles an arrived object.
 *
 * @returns a function that gives an outcome for each run that the object belongs to, or for those that its caller names. It rejects only when nothing could be tried for any of
 * them; what failed for one run is an outcome of kind `failed` and costs the others nothing
 */
export const createAdvanceRuns = (ports: Ports, settings: Settings) => {
  const recordArrival = createRecordArrival(ports);
  const settleRun = createSettleRun(ports, settings);
  const inTurn = createTurns();

  const complete = async (object: ArrivedObject, signal: AbortSignal): Promise<ObjectHead | undefined> => {
    const { etag, sizeBytes } = object;
    return etag === undefined || sizeBytes === undefined
      ? ports.head(object.bucket, object.key, signal)
      : { etag, sizeBytes };
  };

  const advance = async (match: Match, object: ArrivedObject & ObjectHead, signal: AbortSignal): Promise<Outcome> => {
    try {
      return await inTurn(runKeyId(match.run), async () => {
        const recorded = await recordArrival(match, object, signal);
        return recorded === 'gone'
          ? { kind: 'skipped', bucket: object.bucket, key: object.key, reason: 'object gone' }
          : // Also after a repeat: the one before may have died right after its record.
            await settleRun(match.run, match.feed, signal);
      });
    } catch (error) {
      return failedOutcome(match.run, error);
    }
  };

  return async (
    object: ArrivedObject,
    signal: AbortSignal,
    matches: readonly Match[] = settings.match(object),
  ): Promise<Outcome[]> => {
    const { bucket, key } = object;
    if (matches.length === 0) {
      return [{ kind: 'skipped', bucket, key, reason: 'no feed' }];
    }
    const head = await complete(object, signal);
    if (head === undefined) {
      return [{ kind: 'skipped', bucket, key, reason: 'object gone' }];
    }
    return Promise.all(matches.map((match) => advance(match, { ...object, ...head }, signal)));
  };
};
