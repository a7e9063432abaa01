/** How the ledger claims runs, and what becomes of a claim. */

import { later } from '../instants.ts';
import type { Ledger } from '../runs/ledger.ts';
import type { Claim, Run } from '../runs/run.ts';
import { WATCH_MS } from '../runs/state-machine.ts';
import { and, type Change, type Condition, equals, equalsAll, type Values } from './expressions.ts';
import { optionalTextIn } from './item-attributes.ts';
import {
  documentAttributes,
  dueAttributes,
  generationItemKey,
  JOB_ATTRIBUTES,
  judgedAttributes,
  runItemKey,
  runOf,
  SCHEMA,
} from './ledger-items.ts';
import type { Item, Table } from './table.ts';

/** The name under which the index lists runs whose job is under way. */
export const WATCHED = 'JOB';

export const watchAttributes = (at: Date): Values => ({ candidate: WATCHED, candidateAt: at.toISOString() });

const CLAIM_ATTRIBUTES = [
  'owner',
  'claimedAt',
  'leaseUntil',
  'jobName',
  'queue',
  'definition',
  'emptyLookupAt',
  'emptyLookupBy',
  'opensGeneration',
] as const;

/** What belongs to a generation, and not to the run. */
const OF_GENERATION: readonly string[] = [
  ...CLAIM_ATTRIBUTES,
  ...JOB_ATTRIBUTES,
  'refusal',
  'shadowAt',
  'heldAt',
  'isReleased',
  'asked',
  'changedAt',
  'lastListing',
  'lastListingSince',
  'document',
  'documentKey',
  'manifestKey',
  'fileCount',
  'judgedListing',
  'judgedSlots',
  'judgedChanges',
  'candidate',
  'candidateAt',
];

/** What a run in history has no use for: no index finds it by these. */
const OF_NEWEST: readonly string[] = ['due', 'evaluateAt', 'candidate', 'candidateAt', 'runAt'];

const claimAttributes = ({ emptyLookup, ...claim }: Claim): Values => ({
  owner: claim.owner,
  claimedAt: claim.claimedAt.toISOString(),
  leaseUntil: claim.leaseUntil.toISOString(),
  jobName: claim.jobName,
  queue: claim.queue,
  definition: claim.definition,
  emptyLookupAt: emptyLookup?.at.toISOString(),
  emptyLookupBy: emptyLookup?.by,
});

/** The run is as it was read, but for touches. */
export const isSame = ({ state, generation, attempt }: Run): Condition =>
  equalsAll({ v: SCHEMA, state, generation, attempt });

const isOwned = ({ owner }: Claim): Condition => equalsAll({ v: SCHEMA, state: 'claimed', owner });

const without = (item: Item, names: readonly string[]): Item =>
  Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)));

/** A change that sets the attributes, and removes those of the list that it does not set. */
const replacing = (names: readonly string[], set: Values): Change => {
  const remove = names.filter((name) => set[name] === undefined);
  return { set, ...(remove.length === 0 ? {} : { remove }) };
};

const RELEASE_TRIES = 5;

export const createLedgerClaims = (
  table: Table,
): Pick<Ledger, 'claim' | 'takeOver' | 'release' | 'noteEmptyLookup' | 'recordSubmission' | 'recordRefusal'> => {
  const update = async (run: Run, change: Change, condition: Condition, signal: AbortSignal): Promise<boolean> =>
    (await table.update({ key: runItemKey(run.key), change, condition }, signal)).kind === 'written';

  /**
   * Writes a change that sets a due time, unless the run was touched since: a touch keeps it due.
   *
   * @returns false when the condition does not hold
   */
  const updateUnlessDue = async (
    run: Run,
    change: Change,
    due: Change,
    untouched: Condition,
    condition: Condition,
    signal: AbortSignal,
  ): Promise<boolean> => {
    const both = {
      set: { ...change.set, ...due.set },
      remove: [...(change.remove ?? []), ...(due.remove ?? [])],
    };
    return (
      (await update(run, both, and(condition, untouched), signal)) || (await update(run, change, condition, signal))
    );
  };

  /** Keeps the newest generation as history, before the next one takes its place. A copy that is not followed is written again. */
  const keepGeneration = async (run: Run, signal: AbortSignal): Promise<boolean> => {
    const item = await table.get(runItemKey(run.key), signal);
    if (item === undefined) {
      return false;
    }
    const { state, generation, attempt } = runOf(item);
    if (state !== run.state || generation !== run.generation || attempt !== run.attempt) {
      return false;
    }
    await table.put({ item: { ...without(item, OF_NEWEST), ...generationItemKey(run.key, run.generation) } }, signal);
    return true;
  };

  /** @returns whether the write was made, or is not needed; false when the run was touched meanwhile */
  const tryRelease = async (run: Run, claim: Claim, evaluateAt: Date, signal: AbortSignal): Promise<boolean> => {
    const item = await table.get(runItemKey(run.key), signal);
    if (item === undefined || item['owner'] !== claim.owner || item['state'] !== 'claimed') {
      return true;
    }
    const due = dueAttributes(run.key, evaluateAt);
    if (item['opensGeneration'] !== true) {
      const change = replacing(OF_GENERATION, { state: 'waiting', ...due });
      return update(run, change, isOwned(claim), signal);
    }
    const before = await table.get(generationItemKey(run.key, run.generation - 1), signal);
    const { touched, attempt } = item;
    const restored = {
      ...before,
      ...runItemKey(run.key),
      runAt: optionalTextIn(item, 'runAt'),
      touched,
      attempt,
      ...due,
    };
    const condition = and(isOwned(claim), equals('touched', run.touched === touched ? run.touched : Number(touched)));
    return (await table.put({ item: restored, condition }, signal)).kind === 'written';
  };

  return {
    claim: async (run, { claim, generation, judged, document, fileCount, manifestKey }, signal) => {
      const isNext = generation !== run.generation;
      if (isNext && !(await keepGeneration(run, signal))) {
        return false;
      }
      const change = replacing(OF_GENERATION, {
        state: 'claimed',
        generation,
        attempt: run.attempt + 1,
        comparedTouch: run.touched,
        ...claimAttributes(claim),
        ...judgedAttributes(judged),
        ...documentAttributes(document),
        manifestKey,
        fileCount,
        opensGeneration: isNext ? true : undefined,
        succeededGeneration: run.state === 'succeeded' ? run.generation : undefined,
      });
      const due = { set: dueAttributes(run.key, claim.leaseUntil) };
      return updateUnlessDue(run, change, due, equals('touched', run.touched), isSame(run), signal);
    },

    takeOver: (run, claim, signal) => {
      const before = run.claim?.owner ?? '';
      const change = replacing(['emptyLookupAt', 'emptyLookupBy'], {
        ...claimAttributes(claim),
        ...dueAttributes(run.key, claim.leaseUntil),
      });
      return update(run, change, and(isSame(run), equals('owner', before)), signal);
    },

    release: async (run, claim, evaluateAt, signal) => {
      for (let tried = 1; !(await tryRelease(run, claim, evaluateAt, signal)); tried += 1) {
        if (tried >= RELEASE_TRIES) {
          throw new Error(`Run ${runItemKey(run.key).pk} was touched under ${RELEASE_TRIES} tries to release it`);
        }
      }
    },

    noteEmptyLookup: async (run, claim, at, by, evaluateAt, signal) => {
      const change: Change = {
        set: dueAttributes(run.key, evaluateAt),
        setIfAbsent: { emptyLookupAt: at.toISOString(), emptyLookupBy: by },
      };
      await update(run, change, isOwned(claim), signal);
    },

    recordSubmission: async (run, claim, { id, adopted }, evaluateAt, now, signal) => {
      const change: Change = {
        set: {
          state: 'submitted',
          jobId: id,
          submittedAt: now.toISOString(),
          ...watchAttributes(later(now, WATCH_MS)),
          ...(adopted === undefined ? {} : { judgedListing: adopted.listing, manifestKey: adopted.manifestKey }),
        },
        ...(adopted === undefined
          ? {}
          : {
              remove: ['document', 'documentKey', ...(adopted.manifestKey === undefined ? ['manifestKey'] : [])],
            }),
      };
      const due =
        evaluateAt === undefined ? { remove: ['due', 'evaluateAt'] } : { set: dueAttributes(run.key, evaluateAt) };
      const untouched = equals('touched', run.comparedTouch ?? run.touched);
      if (await updateUnlessDue(run, change, due, untouched, isOwned(claim), signal)) {
        return 'recorded';
      }
      const item = await table.get(runItemKey(run.key), signal);
      if (item === undefined) {
        throw new Error(`The ledger has no run ${runItemKey(run.key).pk} any more`);
      }
      return runOf(item);
    },

    recordRefusal: async (run, claim, reason, signal) => {
      const change = { set: { state: 'refused', refusal: reason }, remove: ['due', 'evaluateAt'] };
      await update(run, change, isOwned(claim), signal);
    },
  };
};
