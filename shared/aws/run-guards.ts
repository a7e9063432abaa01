/**
 * What keeps a run from starting, in the ledger table: pauses, bursts and missing permissions.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | pause of a feed, or of all feeds (`*`) | `PAUSE` | `<feed>` |
 * | old dates and reruns of a feed in one hour | `BURST#<feed>` | `<hour>` |
 * | permission to submit that is missing | `DENIED` | `<queue>#<definition>` |
 */
import { DAY_MS, HOUR_MS, SECOND_MS } from '../durations.ts';
import { later } from '../instants.ts';
import { attributeNotExists, contains, equals, isAtLeast, or, sizeIsLess } from './expressions.ts';
import { dateIn, optionalTextIn, textIn } from './item-attributes.ts';
import { createTable, type Table } from './table.ts';

/** So many old dates, or reruns, of one feed start within an hour by themselves. */
const MOST_PER_HOUR = 3;

/** How soon a function notices that a feed was paused. */
const PAUSES_KEPT_MS = 30 * SECOND_MS;

const HOUR = '2026-11-22T05'.length;

const expiresAfter = (now: Date, ms: number): number => Math.floor(later(now, ms).getTime() / SECOND_MS);

/** A pause as a person made it. */
export type Pause = {
  readonly feed: string;
  readonly until?: Date;
  readonly since: Date;
  readonly who: string;
  readonly why: string;
};

const ALL = '*';

/** Reads every pause that has not ended. */
export const readPauses = async (table: Pick<Table, 'query'>, now: Date, signal: AbortSignal): Promise<Pause[]> => {
  const items = await table.query({ keys: equals('pk', 'PAUSE') }, signal);
  return items
    .map((item): Pause => {
      const until = optionalTextIn(item, 'until');
      return {
        feed: textIn(item, 'sk'),
        ...(until === undefined ? {} : { until: new Date(until) }),
        since: dateIn(item, 'since'),
        who: optionalTextIn(item, 'who') ?? 'unknown',
        why: optionalTextIn(item, 'why') ?? '',
      };
    })
    .filter(({ until }) => until === undefined || until > now);
};

/** Opens the guards; every method rejects when the table did not answer. */
export const createRunGuards = (
  { tableName, now }: { readonly tableName: string; readonly now: () => Date },
  table: Table = createTable({ tableName }),
) => {
  let known: { readonly at: Date; readonly pauses: readonly Pause[] } | undefined;

  const pauses = async (signal: AbortSignal): Promise<readonly Pause[]> => {
    if (known === undefined || now().getTime() - known.at.getTime() >= PAUSES_KEPT_MS) {
      known = { at: now(), pauses: await readPauses(table, now(), signal) };
    }
    return known.pauses;
  };

  return {
    pausedUntil: async (feed: string, signal: AbortSignal): Promise<Date | 'forever' | undefined> => {
      const own = (await pauses(signal)).filter((pause) => pause.feed === feed || pause.feed === ALL);
      if (own.length === 0) {
        return undefined;
      }
      const ends = own.map(({ until }) => until);
      return ends.some((until) => until === undefined)
        ? 'forever'
        : new Date(Math.max(...ends.map((until) => until?.getTime() ?? 0)));
    },

    admit: async (feed: string, id: string, at: Date, signal: AbortSignal): Promise<boolean> => {
      const written = await table.update(
        {
          key: { pk: `BURST#${feed}`, sk: at.toISOString().slice(0, HOUR) },
          change: { add: { runs: new Set([id]) }, set: { expiresAt: expiresAfter(at, DAY_MS) } },
          condition: or(attributeNotExists('runs'), sizeIsLess('runs', MOST_PER_HOUR), contains('runs', id)),
        },
        signal,
      );
      return written.kind === 'written';
    },

    deniedSince: async (queue: string, definition: string, at: Date, signal: AbortSignal): Promise<Date> => {
      const key = { pk: 'DENIED', sk: `${queue}#${definition}` };
      const expiresAt = expiresAfter(at, HOUR_MS);
      const again = await table.update(
        {
          key,
          change: { set: { expiresAt } },
          // An item may outlive its time by days.
          condition: isAtLeast('expiresAt', expiresAfter(at, 0)),
          returning: 'ALL_NEW',
        },
        signal,
      );
      if (again.kind === 'written' && again.item !== undefined) {
        return dateIn(again.item, 'since');
      }
      await table.put({ item: { ...key, since: at.toISOString(), expiresAt } }, signal);
      return at;
    },
  };
};
