/** Gives a command for runs, and waits until the functions have carried it out. */
import { setTimeout as sleep } from 'node:timers/promises';
import { functionEnvironment } from '../shared/aws/function-environment.ts';
import { createLedger } from '../shared/aws/ledger.ts';
import { createRunCommands, type RunCommand } from '../shared/aws/run-commands.ts';
import { createRunRequests } from '../shared/aws/run-requests.ts';
import { runKeyId } from '../shared/feeds/run-key.ts';
import { later } from '../shared/instants.ts';
import type { Ledger } from '../shared/runs/ledger.ts';
import type { Run } from '../shared/runs/run.ts';
import type { Stack } from './stack-command.ts';

/** What became of a command for a run. */
export type Result = {
  readonly run: string;
  readonly kind: 'submitted' | 'waiting' | 'refused' | 'held' | 'dropped' | 'changed' | 'not yet' | 'failed';
  readonly jobId?: string;
  readonly said?: string;
};

/** Commands that people give write who they are into the history of the run. */
export const operator = (): string => process.env['BREAKAWAY_OPERATOR'] ?? process.env['USER'] ?? 'unknown';

/** An evaluation takes seconds; a marker may have to become five seconds old. */
const WAIT_MS = 90_000;
const POLL_MS = 1_000;

const isUnderWay = ({ state }: Run): boolean => ['claimed', 'submitted', 'running'].includes(state);

/** Returns what became of a run since the command; `undefined` while it is not carried out. */
const resultOf = (before: Run, after: Run, command: RunCommand): Result | undefined => {
  const run = runKeyId(after.key);
  if (after.state === 'refused' && (before.state !== 'refused' || after.attempt > before.attempt)) {
    return { run, kind: 'refused', ...(after.refusal === undefined ? {} : { said: after.refusal }) };
  }
  if (after.attempt > before.attempt && after.job !== undefined) {
    return { run, kind: 'submitted', jobId: after.job.id };
  }
  const isPending =
    after.asked !== undefined || after.touched === before.touched || after.touched !== after.comparedTouch;
  if (command === 'drop') {
    return after.asked === undefined ? { run, kind: 'dropped' } : undefined;
  }
  if (after.heldAt !== undefined && after.isReleased !== true && !isPending) {
    return { run, kind: 'held' };
  }
  return isPending || isUnderWay(after) ? undefined : { run, kind: 'waiting' };
};

export type Requests = {
  readonly ledger: Ledger;
  /**
   * Gives a command for each run.
   *
   * @param onResult - is called after each run that is done
   * @returns the results in the order of the runs; an aborted signal leaves the rest out
   */
  readonly give: (
    runs: readonly { readonly run: Run; readonly command: RunCommand }[],
    note: { readonly command: string; readonly why: string },
    onResult: (done: number) => void,
    signal: AbortSignal,
  ) => Promise<Result[]>;
};

/** Makes the function that gives commands to the runs of a stack. */
export const createRequests = ({ ledgerTable: tableName, submitFunction }: Stack): Requests => {
  const ledger = createLedger({ tableName });
  const commands = createRunCommands({ tableName });

  const waitFor = async (before: Run, command: RunCommand, until: Date, signal: AbortSignal): Promise<Result> => {
    while (!signal.aborted && new Date() < until) {
      const after = await ledger.read(before.key, signal);
      const result = after && resultOf(before, after, command);
      if (result !== undefined) {
        return result;
      }
      await sleep(POLL_MS);
    }
    return {
      run: runKeyId(before.key),
      kind: 'not yet',
      said: 'the functions go on with it; ask `breakaway status` later',
    };
  };

  return {
    ledger,
    give: async (runs, note, onResult, signal) => {
      const queueUrl = (await functionEnvironment(submitFunction, signal))['RUNS_QUEUE_URL'];
      const requests = createRunRequests({ queueUrl: queueUrl ?? '' });
      const given: { readonly run: Run; readonly command: RunCommand; readonly isGiven: boolean }[] = [];
      for (const { run, command } of runs) {
        if (signal.aborted) {
          break;
        }
        const full = { ...note, who: operator(), at: new Date() };
        given.push({ run, command, isGiven: await commands.give(run, command, full, signal) });
      }
      const sent = given.filter(({ isGiven }) => isGiven).map(({ run }) => ({ run: run.key, delayMs: 0 }));
      if (queueUrl !== undefined && sent.length > 0) {
        // Without it, the next tick finds the runs.
        await requests.send(sent, AbortSignal.timeout(POLL_MS * 10)).catch(() => undefined);
      }
      const until = later(new Date(), WAIT_MS);
      const results: Result[] = [];
      for (const { run, command, isGiven } of given) {
        results.push(
          isGiven
            ? await waitFor(run, command, until, signal)
            : { run: runKeyId(run.key), kind: 'changed', said: 'it has changed since the plan was made' },
        );
        onResult(results.length);
      }
      return results;
    },
  };
};

/** Tells whether a command has done what it was given for. */
export const isDone = ({ kind }: Result): boolean => kind === 'submitted' || kind === 'dropped';
