/**
 * The items of runs, their arrivals and their jobs in the ledger table.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | run, newest generation | `RUN#<run>` | `CURRENT` |
 * | success of another run | `RUN#<run>` | `FEED#<slot>#<hash of that run>` |
 * | arrival | `RUN#<run>` | `FILE#<slot>#<hash of bucket and key>` |
 * | run, earlier generation | `RUN#<run>` | `GEN#000001` |
 * | job name | `JOB#<job name>` | `JOB` |
 *
 * A run's items sort in this order, so that one query reads the run and then the items that fill
 * its slots.
 */
import { createHash } from 'node:crypto';
import { type RunKey, runKeyId } from '../feeds/run-key.ts';
import type { Arrival, Claim, JobRequest, Run, RunJob, RunState, Success } from '../runs/run.ts';
import { dateIn, ifExists, numberIn, optionalTextIn, textIn, unusable } from './item-attributes.ts';
import type { Item, Key } from './table.ts';

/** The sort key of a run's newest generation. */
export const CURRENT = 'CURRENT';

/** The beginning of an arrival's sort key. */
export const FILE = 'FILE#';

/** The beginning of the sort key of an earlier generation. */
export const GENERATION = 'GEN#';

/** The beginning of the sort key of another run's success. */
const SUCCESS = 'FEED#';

const FILLED = 'filled:';

/** A partition key holds 2,048 bytes, and a run's captures may be longer when they are escaped. */
const MAX_READABLE_BYTES = 1_000;

/** Names the partition of a run. */
export const runPartition = (run: RunKey): string => {
  const id = runKeyId(run);
  const readable = Buffer.byteLength(id) <= MAX_READABLE_BYTES ? id : createHash('sha256').update(id).digest('hex');
  return `RUN#${readable}`;
};

export const runItemKey = (run: RunKey): Key => ({ pk: runPartition(run), sk: CURRENT });

export const generationItemKey = (run: RunKey, generation: number): Key => ({
  pk: runPartition(run),
  sk: `${GENERATION}${String(generation).padStart(6, '0')}`,
});

export const jobItemKey = (jobName: string): Key => ({ pk: `JOB#${jobName}`, sk: 'JOB' });

export const arrivalItemKey = (run: RunKey, { slot, bucket, key }: Pick<Arrival, 'slot' | 'bucket' | 'key'>): Key => ({
  pk: runPartition(run),
  sk: `${FILE}${slot}#${createHash('sha256').update(`${bucket}/${key}`).digest('hex')}`,
});

/** Makes the key of the success of another run. */
export const successItemKey = (run: RunKey, { slot, source }: Pick<Success, 'slot' | 'source'>): Key => ({
  pk: runPartition(run),
  sk: `${SUCCESS}${slot}#${createHash('sha256').update(runKeyId(source)).digest('hex')}`,
});

/** Tells whether an item of a run is the success of another run. */
export const isSuccessItem = (item: Item): boolean => optionalTextIn(item, 'sk')?.startsWith(SUCCESS) === true;

/** Names the attribute that counts the items that fill a slot. */
export const filledAttribute = (slot: string): string => `${FILLED}${slot}`;

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

const claimOf = (item: Item): Claim | undefined => {
  if (item['owner'] === undefined) {
    return undefined;
  }
  const request: JobRequest = JSON.parse(textIn(item, 'request'));
  const emptyLookup =
    item['emptyLookupAt'] === undefined
      ? {}
      : { emptyLookup: { at: dateIn(item, 'emptyLookupAt'), by: textIn(item, 'emptyLookupBy') } };
  return {
    owner: textIn(item, 'owner'),
    claimedAt: dateIn(item, 'claimedAt'),
    leaseUntil: dateIn(item, 'leaseUntil'),
    request,
    ...(item['problem'] === undefined ? {} : { problem: textIn(item, 'problem') }),
    ...emptyLookup,
  };
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

/**
 * Reads a run from its item.
 *
 * @throws Error that names the item and the attribute, if the suite cannot use the item
 */
export const runOf = (item: Item): Run => {
  const claim = claimOf(item);
  const filled = Object.keys(item)
    .filter((name) => name.startsWith(FILLED))
    .map((name): [string, number] => [name.slice(FILLED.length), numberIn(item, name)]);
  return {
    key: runKeyOf(item),
    generation: numberIn(item, 'generation'),
    revision: numberIn(item, 'revision'),
    state: stateOf(item),
    filled: new Map(filled),
    openedAt: dateIn(item, 'openedAt'),
    ...(claim === undefined ? {} : { claim }),
    ...(item['jobId'] === undefined ? {} : { job: jobOf(item) }),
    ...(item['refusal'] === undefined ? {} : { refusal: textIn(item, 'refusal') }),
    ...(item['rerunRequestedAt'] === undefined ? {} : { rerunRequestedAt: dateIn(item, 'rerunRequestedAt') }),
    ...(item['wouldSubmitAt'] === undefined ? {} : { wouldSubmitAt: dateIn(item, 'wouldSubmitAt') }),
  };
};

/** Reads an arrival from its item. */
export const arrivalOf = (item: Item): Arrival => ({
  slot: textIn(item, 'slot'),
  bucket: textIn(item, 'bucket'),
  key: textIn(item, 'key'),
  etag: textIn(item, 'etag'),
  sizeBytes: numberIn(item, 'sizeBytes'),
  fills: item['fills'] === true,
});

/** Writes an arrival as an item. */
export const arrivalItem = (run: RunKey, arrival: Arrival, now: Date): Key & Item => ({
  ...arrivalItemKey(run, arrival),
  slot: arrival.slot,
  bucket: arrival.bucket,
  key: arrival.key,
  etag: arrival.etag,
  sizeBytes: arrival.sizeBytes,
  fills: arrival.fills,
  arrivedAt: now.toISOString(),
});

/** Writes the run key as attributes of an item. */
export const runKeyAttributes = (run: RunKey): Item => ({
  feed: run.feed,
  values: JSON.stringify(run.values),
  date: run.date,
});

/** Writes the success of another run as an item. */
export const successItem = (run: RunKey, success: Success, now: Date): Key & Item => ({
  ...successItemKey(run, success),
  slot: success.slot,
  source: runKeyId(success.source),
  sourceGeneration: success.generation,
  filledAt: now.toISOString(),
});

/** Reads the generation of the run that succeeded from its success item. */
export const sourceGenerationOf = (item: Item): number => numberIn(item, 'sourceGeneration');

/** Reads the slot that an item fills. */
export const slotOf = (item: Item): string => textIn(item, 'slot');

/** Makes the first attributes of a run. `runAt` sorts it among the runs of its feed. */
export const newRunAttributes = (run: RunKey, now: Date): Item => ({
  ...runKeyAttributes(run),
  runAt: run.date ?? now.toISOString(),
  state: 'waiting',
  generation: 1,
  openedAt: now.toISOString(),
});
