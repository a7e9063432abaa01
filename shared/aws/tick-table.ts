/**
 * What a scheduled function leaves to its next tick, in the ledger table.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | the tick at work, and what to begin the next with | `TICK#<function>` | `TICK` |
 * | when the STARTING jobs of a queue were first seen | `TICK#<function>` | `STARTING#<queue>` |
 */
import { isFields } from '../fields.ts';
import { and, attributeNotExists, beginsWith, equals, isAtMost, or } from './expressions.ts';
import { optionalTextIn } from './item-attributes.ts';
import { createTable, type Item } from './table.ts';

export type TickTable = {
  /**
   * Begins a tick, unless another is at work. Safe to repeat for the same owner.
   *
   * @param until - from then on, others take it that this one has died
   * @returns what the tick before left to begin with; or until when another may be at work
   */
  begin(
    owner: string,
    now: Date,
    until: Date,
    signal: AbortSignal,
  ): Promise<
    { readonly kind: 'begun'; readonly first: readonly string[] } | { readonly kind: 'busy'; readonly until: Date }
  >;
  /** Ends a tick and leaves what the next should begin with; nothing happens when it is another's by now. */
  end(owner: string, first: readonly string[], signal: AbortSignal): Promise<void>;
  /** Reads by queue when STARTING jobs were first seen. */
  firstSeen(signal: AbortSignal): Promise<Map<string, Map<string, Date>>>;
  /** Replaces what {@link TickTable.firstSeen} tells of a queue. */
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

/** Opens what a function leaves to its next tick. */
export const createTickTable = ({
  tableName,
  functionName,
}: {
  readonly tableName: string;
  /** `count-stuck-jobs`. */
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
          // The owner is the same where the SDK sent the request again, since its first answer was lost.
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
