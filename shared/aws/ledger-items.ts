/**
 * How runs and arrivals lie in the ledger table.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | run, newest generation | `RUN#<run>` | `CURRENT` |
 * | success of another run | `RUN#<run>` | `FEED#<slot>#<hash of that run>` |
 * | arrival | `RUN#<run>` | `FILE#<slot>#<hash of bucket and key>` |
 * | run, earlier generation | `RUN#<run>` | `GEN#000001` |
 * | job name | `JOB#<job name>` | `JOB` |
 *
 * A run's items sort in this order, so that one query reads the run and, behind it, what fills its slots.
 */
import { createHash } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type RunKey, runKeyId } from '../feeds/run-key.ts';
import type { Arrival, Claim, JobRequest, Run, RunJob, RunState, Success } from '../runs/run.ts';

export type Item = Record<string, AttributeValue>;

/** The sort key of a run's newest generation. */
export const CURRENT = 'CURRENT';

/** What an arrival's sort key begins with. */
export const FILE = 'FILE#';

/** What the sort key of an earlier generation begins with. */
export const GENERATION = 'GEN#';

/** What the sort key of another run's success begins with. */
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

export const runItemKey = (run: RunKey): Item => ({ pk: { S: runPartition(run) }, sk: { S: CURRENT } });

export const generationItemKey = (run: RunKey, generation: number): Item => ({
  pk: { S: runPartition(run) },
  sk: { S: `${GENERATION}${String(generation).padStart(6, '0')}` },
});

export const jobItemKey = (jobName: string): Item => ({ pk: { S: `JOB#${jobName}` }, sk: { S: 'JOB' } });

export const arrivalItemKey = (run: RunKey, { slot, bucket, key }: Pick<Arrival, 'slot' | 'bucket' | 'key'>): Item => ({
  pk: { S: runPartition(run) },
  sk: { S: `${FILE}${slot}#${createHash('sha256').update(`${bucket}/${key}`).digest('hex')}` },
});

/** Where the success of another run lies. */
export const successItemKey = (run: RunKey, { slot, source }: Pick<Success, 'slot' | 'source'>): Item => ({
  pk: { S: runPartition(run) },
  sk: { S: `${SUCCESS}${slot}#${createHash('sha256').update(runKeyId(source)).digest('hex')}` },
});

/** Whether an item of a run is the success of another. */
export const isSuccessItem = (item: Item): boolean => item['sk']?.S?.startsWith(SUCCESS) === true;

/** Names the attribute that counts what fills a slot. */
export const filledAttribute = (slot: string): string => `${FILLED}${slot}`;

const broken = (item: Item, name: string): Error =>
  new Error(`Ledger item ${item['pk']?.S} ${item['sk']?.S} has no usable ${name}`);

const text = (item: Item, name: string): string => {
  const value = item[name]?.S;
  if (value === undefined) {
    throw broken(item, name);
  }
  return value;
};

const number = (item: Item, name: string): number => {
  const value = Number(item[name]?.N ?? Number.NaN);
  if (Number.isNaN(value)) {
    throw broken(item, name);
  }
  return value;
};

const date = (item: Item, name: string): Date => {
  const value = new Date(text(item, name));
  if (Number.isNaN(value.getTime())) {
    throw broken(item, name);
  }
  return value;
};

const STATES: readonly RunState[] = ['waiting', 'claimed', 'submitted', 'running', 'succeeded', 'failed', 'refused'];

const stateOf = (item: Item): RunState => {
  const state = STATES.find((known) => known === item['state']?.S);
  if (state === undefined) {
    throw broken(item, 'state');
  }
  return state;
};

/** Reads the run key that an item carries. */
export const runKeyOf = (item: Item): RunKey => {
  const values: Record<string, string> = JSON.parse(text(item, 'values'));
  const day = item['date']?.S;
  return { feed: text(item, 'feed'), values, ...(day === undefined ? {} : { date: day }) };
};

const claimOf = (item: Item): Claim | undefined => {
  if (item['owner'] === undefined) {
    return undefined;
  }
  const request: JobRequest = JSON.parse(text(item, 'request'));
  const emptyLookup =
    item['emptyLookupAt'] === undefined
      ? {}
      : { emptyLookup: { at: date(item, 'emptyLookupAt'), by: text(item, 'emptyLookupBy') } };
  return {
    owner: text(item, 'owner'),
    claimedAt: date(item, 'claimedAt'),
    leaseUntil: date(item, 'leaseUntil'),
    request,
    ...(item['problem'] === undefined ? {} : { problem: text(item, 'problem') }),
    ...emptyLookup,
  };
};

/** The attributes in which a run keeps what it knows of its job. */
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
  /** Reads what is there only sometimes. */
  const having = <Part extends object>(name: (typeof JOB_ATTRIBUTES)[number], read: () => Part): Part | undefined =>
    item[name] === undefined ? undefined : read();
  return {
    id: text(item, 'jobId'),
    submittedAt: date(item, 'submittedAt'),
    ...having('attempts', () => ({ attempts: number(item, 'attempts') })),
    ...having('startedAt', () => ({ startedAt: date(item, 'startedAt') })),
    ...having('stoppedAt', () => ({ stoppedAt: date(item, 'stoppedAt') })),
    ...having('exitCode', () => ({ exitCode: number(item, 'exitCode') })),
    ...having('jobReason', () => ({ reason: text(item, 'jobReason') })),
    ...having('progressAt', () => ({
      progress: {
        percent: number(item, 'progressPercent'),
        text: text(item, 'progressText'),
        at: date(item, 'progressAt'),
      },
    })),
    ...having('jobUnknownSince', () => ({ unknownSince: date(item, 'jobUnknownSince') })),
  };
};

/**
 * Reads a run from its item.
 *
 * @throws Error that names the item and the attribute, when the item is not as the suite writes it
 */
export const runOf = (item: Item): Run => {
  const claim = claimOf(item);
  const filled = Object.keys(item)
    .filter((name) => name.startsWith(FILLED))
    .map((name): [string, number] => [name.slice(FILLED.length), number(item, name)]);
  return {
    key: runKeyOf(item),
    generation: number(item, 'generation'),
    revision: number(item, 'revision'),
    state: stateOf(item),
    filled: new Map(filled),
    openedAt: date(item, 'openedAt'),
    ...(claim === undefined ? {} : { claim }),
    ...(item['jobId'] === undefined ? {} : { job: jobOf(item) }),
    ...(item['refusal'] === undefined ? {} : { refusal: text(item, 'refusal') }),
    ...(item['rerunRequestedAt'] === undefined ? {} : { rerunRequestedAt: date(item, 'rerunRequestedAt') }),
    ...(item['wouldSubmitAt'] === undefined ? {} : { wouldSubmitAt: date(item, 'wouldSubmitAt') }),
  };
};

/** Reads an arrival from its item. */
export const arrivalOf = (item: Item): Arrival => ({
  slot: text(item, 'slot'),
  bucket: text(item, 'bucket'),
  key: text(item, 'key'),
  etag: text(item, 'etag'),
  sizeBytes: number(item, 'sizeBytes'),
  fills: item['fills']?.BOOL === true,
});

/** Writes an arrival as an item. */
export const arrivalItem = (run: RunKey, arrival: Arrival, now: Date): Item => ({
  ...arrivalItemKey(run, arrival),
  slot: { S: arrival.slot },
  bucket: { S: arrival.bucket },
  key: { S: arrival.key },
  etag: { S: arrival.etag },
  sizeBytes: { N: String(arrival.sizeBytes) },
  fills: { BOOL: arrival.fills },
  arrivedAt: { S: now.toISOString() },
});

/** The attributes by which an item says which run it belongs to. */
export const runKeyAttributes = (run: RunKey): Item => ({
  feed: { S: run.feed },
  values: { S: JSON.stringify(run.values) },
  ...(run.date === undefined ? {} : { date: { S: run.date } }),
});

/** Writes the success of another run as an item. */
export const successItem = (run: RunKey, success: Success, now: Date): Item => ({
  ...successItemKey(run, success),
  slot: { S: success.slot },
  source: { S: runKeyId(success.source) },
  sourceGeneration: { N: String(success.generation) },
  filledAt: { S: now.toISOString() },
});

/** Reads the generation of the run whose success an item is. */
export const sourceGenerationOf = (item: Item): number => number(item, 'sourceGeneration');

/** Reads which slot an item fills. */
export const slotOf = (item: Item): string => text(item, 'slot');

/** What a run begins with: `runAt` is its place among the runs of its feed. */
export const newRunAttributes = (run: RunKey, now: Date): Item => ({
  ...runKeyAttributes(run),
  runAt: { S: run.date ?? now.toISOString() },
  state: { S: 'waiting' },
  generation: { N: '1' },
  openedAt: { S: now.toISOString() },
});
