/** The ledger of runs in its DynamoDB table. `shared/runs/ledger.ts` says what each method promises. */
import { type RunKey, runKeyId } from '../feeds/run-key.ts';
import type { Ledger, Noted } from '../runs/ledger.ts';
import type { Run } from '../runs/run.ts';
import {
  and,
  attributeExists,
  attributeNotExists,
  type Change,
  equals,
  isAtMost,
  isGreater,
  or,
  type Values,
} from './expressions.ts';
import { dateIn, textIn } from './item-attributes.ts';
import { createRunOfJob } from './job-owners.ts';
import { createLedgerClaims, isSame } from './ledger-claims.ts';
import {
  DUE_SHARDS,
  dueAttributes,
  dueShard,
  judgedAttributes,
  newRunAttributes,
  runItemKey,
  runKeyOf,
  runOf,
  SCHEMA,
} from './ledger-items.ts';
import { createLedgerJobs } from './ledger-jobs.ts';
import { createTable, type Item, type Table } from './table.ts';

/** A run may be evaluated between the two forms of a touch. */
const TOUCH_TRIES = 5;

const isKnownSchema = or(attributeNotExists('v'), equals('v', SCHEMA));

/** Reads the item that a failed condition returned, or throws if this code cannot read it. */
const readFailed = (item: Item | undefined, key: RunKey): Run => {
  if (item === undefined) {
    throw new Error(`The ledger does not have run ${runKeyId(key)}, which was there a moment ago`);
  }
  return runOf(item);
};

const DATES = ['notBefore', 'changedAt', 'heldAt', 'unaskedAt', 'shadowAt'] as const;

/** Writes what an evaluation notes as a change: `undefined` removes, and what is left out stays. */
const noteChange = (run: Run, noted: Noted): Change => {
  const set: Record<string, Values[string]> = { ...dueAttributes(run.key, noted.evaluateAt) };
  const remove = noted.evaluateAt === undefined ? ['due', 'evaluateAt'] : [];
  for (const name of DATES) {
    const at = noted[name];
    if (at !== undefined) {
      set[name] = at.toISOString();
    } else if (name in noted) {
      remove.push(name);
    }
  }
  if (noted.judged !== undefined) {
    Object.assign(set, judgedAttributes(noted.judged));
    if (noted.judged.changes === undefined) {
      remove.push('judgedChanges');
    }
  }
  if (noted.lastListing !== undefined) {
    Object.assign(set, {
      lastListing: noted.lastListing.digest,
      lastListingSince: noted.lastListing.since.toISOString(),
    });
  } else if ('lastListing' in noted) {
    remove.push('lastListing', 'lastListingSince');
  }
  if (noted.fileCount !== undefined) {
    set['fileCount'] = noted.fileCount;
  }
  if (noted.isResult) {
    set['comparedTouch'] = run.touched;
  }
  remove.push(...(['asked', 'isReleased'] as const).filter((name) => name in noted));
  return { set, ...(remove.length === 0 ? {} : { remove }) };
};

/** Opens the ledger; every method rejects when the table did not answer. */
export const createLedger = (
  { tableName }: { readonly tableName: string },
  table: Table = createTable({ tableName }),
): Ledger => {
  const touchOnce: (...args: Parameters<Ledger['touch']>) => Promise<Awaited<ReturnType<Ledger['touch']>> | undefined> =
    async (key, now, signal) => {
      const isNotDueYet = or(attributeNotExists('evaluateAt'), isGreater('evaluateAt', now.toISOString()));
      const first = await table.update(
        {
          key: runItemKey(key),
          change: {
            set: dueAttributes(key, now),
            setIfAbsent: newRunAttributes(key, now),
            add: { touched: 1 },
          },
          condition: and(isKnownSchema, isNotDueYet),
          returning: 'ALL_NEW',
        },
        signal,
      );
      if (first.kind === 'written') {
        return { run: readFailed(first.item, key), isFirst: true };
      }
      // An item that this code cannot read is left alone.
      readFailed(first.item, key);
      const again = await table.update(
        {
          key: runItemKey(key),
          change: { add: { touched: 1 } },
          condition: and(equals('v', SCHEMA), attributeExists('evaluateAt')),
          returning: 'ALL_NEW',
        },
        signal,
      );
      return again.kind === 'written' ? { run: readFailed(again.item, key), isFirst: false } : undefined;
    };

  return {
    ...createLedgerClaims(table),
    ...createLedgerJobs(table, createRunOfJob({ tableName }, table)),

    touch: async (key, now, signal) => {
      for (let tried = 0; tried < TOUCH_TRIES; tried += 1) {
        const touched = await touchOnce(key, now, signal);
        if (touched !== undefined) {
          return touched;
        }
      }
      throw new Error(`Run ${runKeyId(key)} changed under ${TOUCH_TRIES} tries to touch it`);
    },

    open: async (key, evaluateAt, now, signal) => {
      const item = {
        ...runItemKey(key),
        ...newRunAttributes(key, now),
        touched: 0,
        ...dueAttributes(key, evaluateAt),
      };
      return (await table.put({ item, condition: attributeNotExists('pk') }, signal)).kind === 'written';
    },

    begin: async (key, now, putOffUntil, signal) => {
      const { kind, item } = await table.update(
        {
          key: runItemKey(key),
          change: { set: dueAttributes(key, putOffUntil) },
          condition: and(equals('v', SCHEMA), isAtMost('evaluateAt', now.toISOString())),
          returning: 'ALL_NEW',
        },
        signal,
      );
      return item === undefined ? undefined : { run: runOf(item), isDue: kind === 'written' };
    },

    read: async (key, signal) => {
      const item = await table.get(runItemKey(key), signal);
      return item && runOf(item);
    },

    note: async (run, noted, signal) => {
      const condition = and(isSame(run), equals('touched', run.touched));
      const written = await table.update(
        { key: runItemKey(run.key), change: noteChange(run, noted), condition },
        signal,
      );
      return written.kind === 'written';
    },

    dueRuns: async (until, limit, signal) => {
      const found = await Promise.all(
        Array.from({ length: DUE_SHARDS }, (_, shard) => {
          const keys = and(equals('due', dueShard(shard)), isAtMost('evaluateAt', until.toISOString()));
          return table.query({ index: 'due', keys, limit }, signal);
        }),
      );
      const runs: { run: RunKey; evaluateAt: Date }[] = [];
      const unreadable: string[] = [];
      for (const item of found.flat()) {
        try {
          runs.push({ run: runKeyOf(item), evaluateAt: dateIn(item, 'evaluateAt') });
        } catch {
          unreadable.push(textIn(item, 'pk'));
        }
      }
      runs.sort((one, other) => one.evaluateAt.getTime() - other.evaluateAt.getTime());
      return { runs: runs.slice(0, limit), unreadable };
    },
  };
};
