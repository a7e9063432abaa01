/** Records, once, that another run has succeeded, and applies the feed's policy to what comes too late. */

import type { Dependent } from '../feeds/dependents.ts';
import { runKeyId } from '../feeds/run-key.ts';
import type { Ledger } from './ledger.ts';
import type { Run, Success } from './run.ts';
import { sourceRanAgain } from './run-alerts.ts';
import { nameOf, type Ports as SettlePorts } from './settle-run.ts';

export type Ports = Pick<SettlePorts, 'openAlert' | 'now' | 'onStep'> & {
  readonly ledger: Pick<Ledger, 'fillSlot' | 'changeSuccess' | 'readRun'>;
};

/** `recorded` is a new source, `changed` a new generation of a known one or a new source after the claim. */
export type SuccessRecordedAs = 'recorded' | 'repeated' | 'changed';

export type RecordSuccess = (
  dependent: Dependent,
  source: Pick<Run, 'key' | 'generation'>,
  signal: AbortSignal,
) => Promise<SuccessRecordedAs>;

/** Others may change the same run meanwhile. */
const MAX_ROUNDS = 10;

/** Makes the function that records the success of a run in one that waits for it. */
export const createRecordSuccess = ({ ledger, openAlert, now, onStep }: Ports): RecordSuccess => {
  /** Writes a change that came to a run in the given state; false when the run has moved on. */
  const change = async (
    { feed: { onOverwrite } }: Dependent,
    run: Run,
    success: Success,
    replaces: number | undefined,
    signal: AbortSignal,
  ): Promise<boolean> => {
    const claimed = run.state !== 'waiting';
    if (claimed && onOverwrite === 'alert') {
      // Before the record: once recorded, the success would be a repeat and the message lost.
      await openAlert(sourceRanAgain(run, success), signal);
    }
    const requestRerun = claimed && onOverwrite === 'rerun' && run.state !== 'refused';
    const changed = await ledger.changeSuccess(
      { run, success, requestRerun, ...(replaces === undefined ? {} : { replaces }) },
      now(),
      signal,
    );
    if (changed && claimed) {
      const { source, generation: sourceGeneration } = success;
      onStep({
        kind: 'source ran again',
        ...nameOf(run),
        source: runKeyId(source),
        sourceGeneration,
        policy: onOverwrite,
      });
    }
    return changed;
  };

  /** @returns `undefined` when the run has moved on meanwhile */
  const record = async (
    dependent: Dependent,
    success: Success,
    signal: AbortSignal,
  ): Promise<SuccessRecordedAs | undefined> => {
    const recorded = await ledger.fillSlot(dependent.run, success, now(), signal);
    if (recorded.kind === 'recorded') {
      return 'recorded';
    }
    const known = recorded.kind === 'known' ? recorded.generation : undefined;
    if (known !== undefined && known >= success.generation) {
      return 'repeated';
    }
    const run = await ledger.readRun(dependent.run, signal);
    return run !== undefined && (await change(dependent, run, success, known, signal)) ? 'changed' : undefined;
  };

  return async (dependent, { key: source, generation }, signal) => {
    for (let round = 1; round <= MAX_ROUNDS; round += 1) {
      const recorded = await record(dependent, { slot: dependent.slot.name, source, generation }, signal);
      if (recorded !== undefined) {
        return recorded;
      }
    }
    throw new Error(`Success of run ${runKeyId(source)} met another change ${MAX_ROUNDS} times`);
  };
};
