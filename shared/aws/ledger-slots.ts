/** How the ledger keeps and counts the arrivals and successes that fill the slots of a run. */
import type { RunKey } from '../feeds/run-key.ts';
import { later } from '../instants.ts';
import { isUnderWay } from '../runs/job-observation.ts';
import type { Ledger } from '../runs/ledger.ts';
import type { Run } from '../runs/run.ts';
import { SETTLE_MS } from '../runs/state-machine.ts';
import { type Change, type Condition, equals, or } from './expressions.ts';
import { asSeen, isNew, settleAt } from './ledger-changes.ts';
import {
  arrivalItem,
  arrivalOf,
  filledAttribute,
  newRunAttributes,
  runItemKey,
  slotOf,
  sourceGenerationOf,
  successItem,
} from './ledger-items.ts';
import type { Item, Key, Table } from './table.ts';

/** A change of an item that fills a slot. */
type Refill = {
  readonly run: Run;
  readonly item: Key & Item;
  /** A condition on the item that this one replaces. */
  readonly replaces: Condition;
  /** By how much the slot's count changes. */
  readonly by: number;
  readonly requestRerun: boolean;
};

type Filled = { readonly kind: 'recorded' | 'late' } | { readonly kind: 'known'; readonly item: Item };

export const createLedgerSlots = (
  table: Table,
): Pick<Ledger, 'recordArrival' | 'changeArrival' | 'fillSlot' | 'changeSuccess'> => {
  /** Puts an item that fills a slot and counts it, if the item is new and the run waits. */
  const fill = async (run: RunKey, item: Key & Item, by: number, now: Date, signal: AbortSignal): Promise<Filled> => {
    const change: Change = {
      setIfAbsent: newRunAttributes(run, now),
      set: { updatedAt: now.toISOString(), ...settleAt(later(now, SETTLE_MS)) },
      add: { [filledAttribute(slotOf(item))]: by, revision: 1 },
    };
    const written = await table.transact(
      [
        { kind: 'put', item, condition: isNew },
        { kind: 'update', key: runItemKey(run), change, condition: or(isNew, equals('state', 'waiting')) },
      ],
      signal,
    );
    if (written.kind === 'written') {
      return { kind: 'recorded' };
    }
    const [known] = written.items;
    return known === undefined ? { kind: 'late' } : { kind: 'known', item: known };
  };

  /** Replaces an item that fills a slot, or adds it late, in the state that the caller saw. */
  const refill = async (
    { run, item, replaces, by, requestRerun }: Refill,
    now: Date,
    signal: AbortSignal,
  ): Promise<boolean> => {
    // A run with a job under way is watched. Its rerun comes after the end of the job.
    const isToSettle = run.state === 'waiting' || (requestRerun && !isUnderWay(run.state));
    const change: Change = {
      set: {
        updatedAt: now.toISOString(),
        ...(isToSettle ? settleAt(later(now, SETTLE_MS)) : {}),
        ...(requestRerun ? { rerunRequestedAt: (run.rerunRequestedAt ?? now).toISOString() } : {}),
      },
      add: { revision: 1, [filledAttribute(slotOf(item))]: by },
    };
    const written = await table.transact(
      [
        { kind: 'put', item, condition: replaces },
        { kind: 'update', key: runItemKey(run.key), change, condition: asSeen(run) },
      ],
      signal,
    );
    return written.kind === 'written';
  };

  return {
    recordArrival: async (run, arrival, now, signal) => {
      const filled = await fill(run, arrivalItem(run, arrival, now), Number(arrival.fills), now, signal);
      return filled.kind === 'known' ? { kind: 'known', arrival: arrivalOf(filled.item) } : filled;
    },

    changeArrival: ({ run, arrival, replaces, requestRerun }, now, signal) => {
      const item = arrivalItem(run.key, arrival, now);
      const by = Number(arrival.fills) - Number(replaces?.fills ?? false);
      const isReplaced = replaces === undefined ? isNew : equals('etag', replaces.etag);
      return refill({ run, item, replaces: isReplaced, by, requestRerun }, now, signal);
    },

    fillSlot: async (run, success, now, signal) => {
      const filled = await fill(run, successItem(run, success, now), 1, now, signal);
      return filled.kind === 'known' ? { kind: 'known', generation: sourceGenerationOf(filled.item) } : filled;
    },

    changeSuccess: ({ run, success, replaces, requestRerun }, now, signal) => {
      const item = successItem(run.key, success, now);
      const isReplaced = replaces === undefined ? isNew : equals('sourceGeneration', replaces);
      return refill({ run, item, replaces: isReplaced, by: Number(replaces === undefined), requestRerun }, now, signal);
    },
  };
};
