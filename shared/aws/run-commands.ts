/**
 * What a person does to runs, in the ledger table. The functions carry it out: a command writes it down, makes the run due, and leaves a note.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | note | `RUN#<run>` | `NOTE#<time>` |
 * | pause of a feed, or of all feeds (`*`) | `PAUSE` | `<feed>` |
 */
import { randomUUID } from 'node:crypto';
import type { Run } from '../runs/run.ts';
import { and, beginsWith, type Change, equals } from './expressions.ts';
import { dateIn, optionalTextIn, textIn } from './item-attributes.ts';
import { isSame } from './ledger-claims.ts';
import { dueAttributes, NOTE, runItemKey, runPartition } from './ledger-items.ts';
import { type Pause, readPauses } from './run-guards.ts';
import { createTable, type Table } from './table.ts';

/** - `evaluate`: now. - `again`: the next generation, or a refused run once more. - `release`, `drop`: of a held burst. */
export type RunCommand = 'evaluate' | 'again' | 'release' | 'drop';

/** Who gave a command, when and why. */
export type CommandNote = {
  readonly command: string;
  readonly who: string;
  readonly at: Date;
  readonly why: string;
};

const changeOf = (run: Run, command: RunCommand, now: Date): Change => {
  const due = dueAttributes(run.key, now);
  switch (command) {
    case 'evaluate':
      return { set: due, add: { touched: 1 } };
    case 'again':
      return run.state === 'refused'
        ? {
            set: { ...due, state: 'waiting' },
            add: { touched: 1 },
            remove: ['refusal', 'owner', 'claimedAt', 'leaseUntil', 'judgedListing', 'judgedSlots', 'judgedChanges'],
          }
        : { set: { ...due, asked: 'again' }, add: { touched: 1 } };
    case 'release':
      return { set: { ...due, isReleased: true }, add: { touched: 1 } };
    case 'drop':
      return { set: { ...due, asked: 'drop' }, add: { touched: 1 } };
  }
};

/** Opens the commands; every method rejects when the table did not answer. */
export const createRunCommands = (
  { tableName }: { readonly tableName: string },
  table: Table = createTable({ tableName }),
) => ({
  /**
   * Writes a command down, with its note.
   *
   * @returns false, with nothing written, when the run has changed since it was read
   */
  give: async (run: Run, command: RunCommand, note: CommandNote, signal: AbortSignal): Promise<boolean> => {
    const change = changeOf(run, command, note.at);
    const written = await table.update({ key: runItemKey(run.key), change, condition: isSame(run) }, signal);
    if (written.kind === 'failed') {
      return false;
    }
    const key = { pk: runPartition(run.key), sk: `${NOTE}${note.at.toISOString()}#${randomUUID().slice(0, 8)}` };
    await table.put({ item: { ...key, ...note, at: note.at.toISOString() } }, signal);
    return true;
  },

  /** Reads what people did to a run, the first first. */
  notesOf: async (run: Run, signal: AbortSignal): Promise<CommandNote[]> => {
    const keys = and(equals('pk', runPartition(run.key)), beginsWith('sk', NOTE));
    return (await table.query({ keys }, signal)).map((item) => ({
      command: textIn(item, 'command'),
      who: textIn(item, 'who'),
      at: dateIn(item, 'at'),
      why: optionalTextIn(item, 'why') ?? '',
    }));
  },

  pause: async ({ feed, until, since, who, why }: Pause, signal: AbortSignal): Promise<void> => {
    const item = { pk: 'PAUSE', sk: feed, since: since.toISOString(), until: until?.toISOString(), who, why };
    await table.put({ item }, signal);
  },

  /** @returns whether the feed was paused */
  resume: async (feed: string, signal: AbortSignal): Promise<boolean> => {
    const deleted = await table.delete({ key: { pk: 'PAUSE', sk: feed } }, signal);
    return deleted.kind === 'written' && deleted.item !== undefined;
  },

  pauses: (now: Date, signal: AbortSignal): Promise<Pause[]> => readPauses(table, now, signal),
});

export type RunCommands = ReturnType<typeof createRunCommands>;
