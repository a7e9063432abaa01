/**
 * How runs lie in the ledger table.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | run, newest generation | `RUN#<run>` | `CURRENT` |
 * | run, earlier generation | `RUN#<run>` | `GEN#000001` |
 * | what a person did to a run | `RUN#<run>` | `NOTE#<time>` |
 *
 * The item of a run stays below 1 KB, so that a touch is one write unit.
 */
import { createHash } from 'node:crypto';
import { type RunKey, runKeyId } from '../feeds/run-key.ts';
import { UnreadableItemError } from '../runs/ledger.ts';
import type { Claim, DocumentPlace, Judged, Run, RunJob, RunState } from '../runs/run.ts';
import type { Values } from './expressions.ts';
import { dateIn, ifExists, numberIn, optionalTextIn, textIn, unusable } from './item-attributes.ts';
import type { Item, Key } from './table.ts';

/** Every item carries the version of its schema. Code that is older than an item leaves it alone. */
export const SCHEMA = 2;

/** The sort key of a run's newest generation. */
export const CURRENT = 'CURRENT';

/** What the sort key of an earlier generation begins with. */
export const GENERATION = 'GEN#';

/** What the sort key of a person's command begins with. */
export const NOTE = 'NOTE#';

/** The index of due runs is spread over so many keys, so that no partition of it is hot. */
export const DUE_SHARDS = 16;

/** A partition key holds 2,048 bytes, and a run's captures may be longer when they are escaped. */
const MAX_READABLE_BYTES = 1_000;

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Names the partition of a run. */
export const runPartition = (run: RunKey): string => {
  const id = runKeyId(run);
  return `RUN#${Buffer.byteLength(id) <= MAX_READABLE_BYTES ? id : hashOf(id).toString('hex')}`;
};

export const runItemKey = (run: RunKey): Key => ({ pk: runPartition(run), sk: CURRENT });

export const generationItemKey = (run: RunKey, generation: number): Key => ({
  pk: runPartition(run),
  sk: `${GENERATION}${String(generation).padStart(6, '0')}`,
});

/** Names one of the keys over which the index of due runs is spread. */
export const dueShard = (shard: number): string => `RUN#${shard}`;

const shardOf = (run: RunKey): string => dueShard((hashOf(runKeyId(run))[0] ?? 0) % DUE_SHARDS);

/** The attributes by which the index finds a due run; without a time, none. */
export const dueAttributes = (run: RunKey, evaluateAt: Date | undefined): Values =>
  evaluateAt === undefined ? {} : { due: shardOf(run), evaluateAt: evaluateAt.toISOString() };

const STATES: readonly RunState[] = ['waiting', 'claimed', 'submitted', 'running', 'succeeded', 'failed', 'refused'];

const stateOf = (item: Item): RunState => {
  const state = STATES.find((known) => known === item['state']);
  if (state === undefined) {
    throw unusable(item, 'state');
  }
  return state;
};

/** Reads the run key from the attributes of an item. */
export const runKeyOf = (item: Item): RunKey => {
  const values: Record<string, string> = JSON.parse(textIn(item, 'values'));
  const day = optionalTextIn(item, 'date');
  return { feed: textIn(item, 'feed'), values, ...(day === undefined ? {} : { date: day }) };
};

const claimOf = (item: Item): { readonly claim?: Claim } =>
  item['owner'] === undefined
    ? {}
    : {
        claim: {
          owner: textIn(item, 'owner'),
          claimedAt: dateIn(item, 'claimedAt'),
          leaseUntil: dateIn(item, 'leaseUntil'),
          jobName: textIn(item, 'jobName'),
          queue: textIn(item, 'queue'),
          definition: textIn(item, 'definition'),
          ...(item['emptyLookupAt'] === undefined
            ? {}
            : { emptyLookup: { at: dateIn(item, 'emptyLookupAt'), by: textIn(item, 'emptyLookupBy') } }),
        },
      };

/** The attributes of a run that describe its job. */
export const JOB_ATTRIBUTES = [
  'jobId',
  'submittedAt',
  'attempts',
  'startedAt',
  'stoppedAt',
  'exitCode',
  'jobReason',
  'progressPercent',
  'progressText',
  'progressAt',
  'jobUnknownSince',
] as const;

const jobOf = (item: Item): RunJob => {
  const having = <Part extends object>(name: (typeof JOB_ATTRIBUTES)[number], read: () => Part) =>
    ifExists(item, name, read);
  return {
    id: textIn(item, 'jobId'),
    submittedAt: dateIn(item, 'submittedAt'),
    ...having('attempts', () => ({ attempts: numberIn(item, 'attempts') })),
    ...having('startedAt', () => ({ startedAt: dateIn(item, 'startedAt') })),
    ...having('stoppedAt', () => ({ stoppedAt: dateIn(item, 'stoppedAt') })),
    ...having('exitCode', () => ({ exitCode: numberIn(item, 'exitCode') })),
    ...having('jobReason', () => ({ reason: textIn(item, 'jobReason') })),
    ...having('progressAt', () => ({
      progress: {
        percent: numberIn(item, 'progressPercent'),
        text: textIn(item, 'progressText'),
        at: dateIn(item, 'progressAt'),
      },
    })),
    ...having('jobUnknownSince', () => ({ unknownSince: dateIn(item, 'jobUnknownSince') })),
  };
};

const documentOf = (item: Item): { readonly document?: DocumentPlace } => {
  const { document, documentKey } = item;
  if (document instanceof Uint8Array) {
    return { document: { kind: 'inline', data: document } };
  }
  return typeof documentKey === 'string' ? { document: { kind: 'stored', key: documentKey } } : {};
};

/** The attributes of a document's place. */
export const documentAttributes = (place: DocumentPlace): Values =>
  place.kind === 'inline' ? { document: place.data } : { documentKey: place.key };

const judgedOf = (item: Item): { readonly judged?: Judged } => {
  const [listing, slots, changes] = ['judgedListing', 'judgedSlots', 'judgedChanges'].map((name) =>
    optionalTextIn(item, name),
  );
  return listing === undefined || slots === undefined
    ? {}
    : { judged: { listing, slots, ...(changes === undefined ? {} : { changes }) } };
};

/** The attributes of the listing that was dealt with last. */
export const judgedAttributes = ({ listing, slots, changes }: Judged): Values => ({
  judgedListing: listing,
  judgedSlots: slots,
  judgedChanges: changes,
});

const askedOf = (item: Item): Pick<Run, 'asked'> => {
  const { asked } = item;
  return asked === 'again' || asked === 'drop' ? { asked } : {};
};

const sometimes = (item: Item) => ({
  ...ifExists(item, 'evaluateAt', () => ({ evaluateAt: dateIn(item, 'evaluateAt') })),
  ...ifExists(item, 'notBefore', () => ({ notBefore: dateIn(item, 'notBefore') })),
  ...ifExists(item, 'changedAt', () => ({ changedAt: dateIn(item, 'changedAt') })),
  ...ifExists(item, 'shadowAt', () => ({ shadowAt: dateIn(item, 'shadowAt') })),
  ...ifExists(item, 'heldAt', () => ({ heldAt: dateIn(item, 'heldAt') })),
  ...ifExists(item, 'unaskedAt', () => ({ unaskedAt: dateIn(item, 'unaskedAt') })),
  ...ifExists(item, 'comparedTouch', () => ({ comparedTouch: numberIn(item, 'comparedTouch') })),
  ...ifExists(item, 'succeededGeneration', () => ({ succeededGeneration: numberIn(item, 'succeededGeneration') })),
  ...ifExists(item, 'fileCount', () => ({ fileCount: numberIn(item, 'fileCount') })),
  ...ifExists(item, 'refusal', () => ({ refusal: textIn(item, 'refusal') })),
  ...ifExists(item, 'manifestKey', () => ({ manifestKey: textIn(item, 'manifestKey') })),
  ...ifExists(item, 'lastListing', () => ({
    lastListing: { digest: textIn(item, 'lastListing'), since: dateIn(item, 'lastListingSince') },
  })),
  ...(item['isReleased'] === true ? { isReleased: true } : {}),
  ...(item['jobId'] === undefined ? {} : { job: jobOf(item) }),
});

/**
 * Reads a run from its item.
 *
 * @throws UnreadableItemError that names the item and the attribute, when a newer version wrote the item, or it is damaged
 */
export const runOf = (item: Item): Run => {
  if (item['v'] !== SCHEMA) {
    throw new UnreadableItemError(
      `Ledger item ${String(item['pk'])} has schema version ${String(item['v'])}; this code reads ${SCHEMA}`,
    );
  }
  try {
    return {
      key: runKeyOf(item),
      generation: numberIn(item, 'generation'),
      state: stateOf(item),
      openedAt: dateIn(item, 'openedAt'),
      touched: numberIn(item, 'touched'),
      attempt: numberIn(item, 'attempt'),
      ...claimOf(item),
      ...documentOf(item),
      ...judgedOf(item),
      ...askedOf(item),
      ...sometimes(item),
    };
  } catch (cause) {
    throw new UnreadableItemError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
};

/** The attributes with which a run begins. `runAt` is its place among the runs of its feed. */
export const newRunAttributes = (run: RunKey, now: Date): Values => ({
  v: SCHEMA,
  feed: run.feed,
  values: JSON.stringify(run.values),
  date: run.date,
  runAt: run.date ?? now.toISOString(),
  state: 'waiting',
  generation: 1,
  attempt: 0,
  openedAt: now.toISOString(),
});
