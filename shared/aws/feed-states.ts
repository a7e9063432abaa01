/**
 * The state of each feed, in one partition of the ledger table, so that one query reads all.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | state of a feed | `FEED` | `<feed>` |
 */
import type { RunKey } from '../feeds/run-key.ts';
import type { FeedState, FeedStates } from '../runs/feed-states.ts';
import { attributeNotExists, type Condition, equals, isLess, or } from './expressions.ts';
import { dateIn, ifExists, optionalTextIn, textIn } from './item-attributes.ts';
import { createTable, type Item } from './table.ts';

const PARTITION = 'FEED';

/** Reads the feed of an item and the state of that feed. */
const stateOf = (item: Item): [feed: string, state: FeedState] => {
  const late: RunKey[] = JSON.parse(optionalTextIn(item, 'late') ?? '[]');
  const state = {
    firstSeenAt: dateIn(item, 'firstSeenAt'),
    ...ifExists(item, 'timesUntil', () => ({ timesUntil: dateIn(item, 'timesUntil') })),
    late,
  };
  return [textIn(item, 'sk'), state];
};

/** Opens the states of the feeds. Every method rejects when the table did not answer. */
export const createFeedStates = ({ tableName }: { readonly tableName: string }): FeedStates => {
  const table = createTable({ tableName });

  /** Sets an attribute of a feed. If the condition does not hold, the attribute is up to date. */
  const note = async (
    feed: string,
    set: Readonly<Record<string, string>>,
    condition: Condition | undefined,
    signal: AbortSignal,
  ): Promise<void> => {
    await table.update({ key: { pk: PARTITION, sk: feed }, change: { set }, ...(condition && { condition }) }, signal);
  };

  return {
    readAll: async (signal) => {
      const items = await table.query({ keys: equals('pk', PARTITION) }, signal);
      return new Map(items.map(stateOf));
    },
    noteFirstSeen: (feed, now, signal) =>
      note(feed, { firstSeenAt: now.toISOString() }, attributeNotExists('firstSeenAt'), signal),
    noteTimesUntil: (feed, until, signal) => {
      const timesUntil = until.toISOString();
      const isNews = or(attributeNotExists('timesUntil'), isLess('timesUntil', timesUntil));
      return note(feed, { timesUntil }, isNews, signal);
    },
    noteLate: (feed, late, signal) => note(feed, { late: JSON.stringify(late) }, undefined, signal),
  };
};
