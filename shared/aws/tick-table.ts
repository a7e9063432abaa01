/**
 * The state that a scheduled function keeps from one tick to the next, in the ledger table.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | the running tick, and the queues that the next tick counts first | `TICK#<function>` | `TICK` |
 * | the first sight of each STARTING job of a queue | `TICK#<function>` | `STARTING#<queue>` |
 */
import { isFields } from '../fields.ts';
import { and, attributeNotExists, beginsWith, equals, isAtMost, or } from './expressions.ts';
import { optionalTextIn } from './item-attributes.ts';
import { createTable, type Item } from './table.ts';

export type TickTable = {
  /**
   * Begins a tick, unless another tick is running. A repeat by the same owner is harmless.
   *
   * @param until - the end of the lease: after it, other ticks assume that this one has died
   * @returns the queues that the last tick left to count first, or the end of the running lease
   */
  begin(
    owner: string,
    now: Date,
    until: Date,
    signal: AbortSignal,
  ): Promise<
    { readonly kind: 'begun'; readonly first: readonly string[] } | { readonly kind: 'busy'; readonly until: Date }
  >;
  /** Ends a tick, and keeps the queues to count first. Does nothing if the owner has changed. */
  end(owner: string, first: readonly string[], signal: AbortSignal): Promise<void>;
  /** Reads, by queue, the time at which each STARTING job was first seen. */
  firstSeen(signal: AbortSignal): Promise<Map<string, Map<string, Date>>>;
  /** Replaces the times of one queue that {@link TickTable.firstSeen} reads. */
  keepFirstSeen(queue: string, jobs: ReadonlyMap<string, Date>, signal: AbortSignal): Promise<void>;
};

const TICK = 'TICK';
const STARTING = 'STARTING#';

const namesIn = (item: Item | undefined): string[] => {
  const names = item?.['first'];
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
};

const firstSeenIn = ({ firstSeen }: Item): Map<string, Date> =>
  new Map(Object.entries(isFields(firstSeen) ? firstSeen : {}).map(([job, at]) => [job, new Date(Number(at))]));

/** Opens the state that a function keeps from one tick to the next. */
export const createTickTable = ({
  tableName,
  functionName,
}: {
  readonly tableName: string;
  /** For example `count-stuck-jobs`. */
  readonly functionName: string;
}): TickTable => {
  const table = createTable({ tableName });
  const pk = `${TICK}#${functionName}`;
  const key = { pk, sk: TICK };

  return {
    begin: async (owner, now, until, signal) => {
      const begun = await table.update(
        {
          key,
          change: { set: { owner, leaseUntil: until.toISOString() } },
          // If the first answer was lost, the SDK sends the request again, with the same owner.
          condition: or(attributeNotExists('owner'), equals('owner', owner), isAtMost('leaseUntil', now.toISOString())),
          returning: 'ALL_NEW',
        },
        signal,
      );
      return begun.kind === 'written'
        ? { kind: 'begun', first: namesIn(begun.item) }
        : { kind: 'busy', until: new Date(optionalTextIn(begun.item ?? {}, 'leaseUntil') ?? now) };
    },

    end: async (owner, first, signal) => {
      const change = { set: { first }, remove: ['owner', 'leaseUntil'] };
      await table.update({ key, change, condition: equals('owner', owner) }, signal);
    },

    firstSeen: async (signal) => {
      const items = await table.query({ keys: and(equals('pk', pk), beginsWith('sk', STARTING)) }, signal);
      return new Map(
        items.map((item) => [optionalTextIn(item, 'sk')?.slice(STARTING.length) ?? '', firstSeenIn(item)]),
      );
    },

    keepFirstSeen: async (queue, jobs, signal) => {
      const firstSeen = Object.fromEntries([...jobs].map(([job, at]) => [job, at.getTime()]));
      await table.put({ item: { pk, sk: `${STARTING}${queue}`, firstSeen } }, signal);
    },
  };
};
