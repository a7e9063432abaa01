/** The ledger table, in DynamoDB. */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactionConflictException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { RunKey } from '../feeds/run-key.ts';
import { later } from '../instants.ts';
import { isUnderWay, type JobObservation, MOVES_FROM, standingOf } from '../runs/job-observation.ts';
import type { JobRecorded, Ledger, RunRead } from '../runs/ledger.ts';
import type { Arrival, Claim, Run } from '../runs/run.ts';
import { MOVES, mayOpenNext, SETTLE_MS, WATCH_MS, WATCH_RUNNING_MS } from '../runs/state-machine.ts';
import { clientSettings } from './client-settings.ts';
import { createRunOfJob } from './job-owners.ts';
import {
  arrivalItem,
  arrivalOf,
  CURRENT,
  FILE,
  filledAttribute,
  generationItemKey,
  type Item,
  isSuccessItem,
  JOB_ATTRIBUTES,
  jobItemKey,
  newRunAttributes,
  runItemKey,
  runKeyAttributes,
  runOf,
  runPartition,
  slotOf,
  sourceGenerationOf,
  successItem,
} from './ledger-items.ts';

/** What the index `candidates` calls a run that may need another look, and one whose job is under way. */
const UNSETTLED = 'RUN';
const WATCHED = 'JOB';

/** Writes to one run's item exclude each other: many files of one run at one instant take turns. */
const CONFLICT_TRIES = 10;
const CONFLICT_BACKOFF_MS = 40;
const MAX_BACKOFF_MS = 2_000;

/** Of a run this small, one query reads all, a third of a megabyte; a larger one is read whole only when it is complete. */
const PAGE_LIMIT = 1_000;

/** How often a run and its arrivals are read again when they did not agree. */
const READ_TRIES = 5;

type Change = {
  readonly set?: Item;
  readonly add?: Readonly<Record<string, number>>;
  readonly remove?: readonly string[];
};

type Condition = { readonly equals: Item; readonly absent?: readonly string[] };

type Move = (typeof MOVES)[keyof typeof MOVES];

/** What a change of what fills a slot consists of. */
type Refill = {
  readonly run: Run;
  readonly item: Item;
  /** What is true of the item in its place; `undefined` where there is none yet. */
  readonly replaces: Item | undefined;
  /** By how much the slot's count changes. */
  readonly by: number;
  readonly requestRerun: boolean;
};

const iso = (at: Date): { S: string } => ({ S: at.toISOString() });

/** Collects names and values of one expression, since most plain names are reserved words somewhere. */
const createExpression = () => {
  const names: Record<string, string> = {};
  const values: Item = {};
  const name = (attribute: string): string => {
    const placeholder = `#${Object.keys(names).length}`;
    names[placeholder] = attribute;
    return placeholder;
  };
  const value = (attribute: Item[string]): string => {
    const placeholder = `:${Object.keys(values).length}`;
    values[placeholder] = attribute;
    return placeholder;
  };
  return {
    name,
    value,
    attributes: () => ({
      ExpressionAttributeNames: names,
      // DynamoDB takes no empty list of values.
      ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
    }),
  };
};

type Expression = ReturnType<typeof createExpression>;

const conditionsOf = ({ equals, absent = [] }: Condition, { name, value }: Expression): string =>
  [
    ...Object.entries(equals).map(([key, to]) => `${name(key)} = ${value(to)}`),
    ...absent.map((key) => `attribute_not_exists(${name(key)})`),
  ].join(' AND ');

const conditionExpression = (condition: Condition) => {
  const expression = createExpression();
  return { ConditionExpression: conditionsOf(condition, expression), ...expression.attributes() };
};

const updateExpression = (change: Change, condition: Condition) => {
  const expression = createExpression();
  const { name, value, attributes } = expression;
  const set = Object.entries(change.set ?? {}).map(([key, to]) => `${name(key)} = ${value(to)}`);
  const add = Object.entries(change.add ?? {}).map(([key, by]) => `${name(key)} ${value({ N: String(by) })}`);
  const remove = (change.remove ?? []).map((key) => name(key));
  return {
    UpdateExpression: [
      set.length > 0 ? `SET ${set.join(', ')}` : '',
      add.length > 0 ? `ADD ${add.join(', ')}` : '',
      remove.length > 0 ? `REMOVE ${remove.join(', ')}` : '',
    ]
      .filter((clause) => clause !== '')
      .join(' '),
    ConditionExpression: conditionsOf(condition, expression),
    ...attributes(),
  };
};

const CLAIM_ATTRIBUTES = ['owner', 'claimedAt', 'leaseUntil', 'request', 'problem', 'emptyLookupAt', 'emptyLookupBy'];
const CANDIDATE_ATTRIBUTES = ['candidate', 'candidateAt'];

const lookAgainAt = (at: Date): Item => ({ candidate: { S: UNSETTLED }, candidateAt: iso(at) });

const watchAt = (at: Date): Item => ({ candidate: { S: WATCHED }, candidateAt: iso(at) });

const claimAttributes = (claim: Claim): Item => ({
  owner: { S: claim.owner },
  claimedAt: iso(claim.claimedAt),
  leaseUntil: iso(claim.leaseUntil),
  request: { S: JSON.stringify(claim.request) },
  ...(claim.problem === undefined ? {} : { problem: { S: claim.problem } }),
  jobName: { S: claim.request.jobName },
  queue: { S: claim.request.jobQueue },
});

/** The states of a move, as a change and as the condition for it. */
const stateAfter = ({ to }: Move): Item => ({ state: { S: to } });
const stateBefore = ({ from }: Move): Item => ({ state: { S: from } });

const ownClaim = ({ owner }: Claim, move: Move): Condition => ({
  equals: { ...stateBefore(move), owner: { S: owner } },
});

const asSeen = (run: Run): Item => ({
  generation: { N: String(run.generation) },
  revision: { N: String(run.revision) },
  state: { S: run.state },
});

/** Where a run is found after a sighting: while its job is under way, by who watches it; after its end, by who settles runs. */
const candidateAfter = ({ state }: JobObservation, now: Date): Item => {
  switch (state) {
    case 'submitted':
      return watchAt(later(now, WATCH_MS));
    case 'running':
      return watchAt(later(now, WATCH_RUNNING_MS));
    default:
      return lookAgainAt(later(now, SETTLE_MS));
  }
};

/** Writes a sighting on condition that it is news, as `standingOf` says it. */
const sightingExpression = (
  generation: number,
  sighting: JobObservation & { readonly submittedAt: Date },
  candidate: Item,
) => {
  const { name, value, attributes } = createExpression();
  const { jobId, state, attempts, startedAt, stoppedAt, exitCode, reason } = sighting;
  const known: Item = {
    state: { S: state },
    jobId: { S: jobId },
    attempts: { N: String(attempts) },
    ...candidate,
    ...(startedAt === undefined ? {} : { startedAt: iso(startedAt) }),
    ...(stoppedAt === undefined ? {} : { stoppedAt: iso(stoppedAt) }),
    ...(exitCode === undefined ? {} : { exitCode: { N: String(exitCode) } }),
    ...(reason === undefined ? {} : { jobReason: { S: reason } }),
  };
  const set = Object.entries(known).map(([key, to]) => `${name(key)} = ${value(to)}`);
  const submittedAt = name('submittedAt');
  const isState = (...states: readonly string[]) =>
    `${name('state')} IN (${states.map((one) => value({ S: one })).join(', ')})`;
  const moves = MOVES_FROM[state].length === 0 ? [] : [isState(...MOVES_FROM[state])];
  const retries = isUnderWay(state)
    ? [
        // Where none is known, none has begun. Without parentheses of its own: DynamoDB refuses a pair too many, and AND comes before OR.
        `${isState(state)} AND (${attempts > 0 ? `attribute_not_exists(${name('attempts')}) OR ` : ''}${name('attempts')} < ${value({ N: String(attempts) })})`,
      ]
    : [];
  // A job that has ended may not be told of twice, and one that only waits moves nothing.
  const ofThisJob = `${name('jobId')} = ${value({ S: jobId })} AND (${[...moves, ...retries].join(' OR ')})`;
  const notKnownYet = `attribute_not_exists(${name('jobId')}) AND ${isState('claimed')}`;
  return {
    UpdateExpression: `SET ${set.join(', ')}, ${submittedAt} = if_not_exists(${submittedAt}, ${value(iso(sighting.submittedAt))}) REMOVE ${name('jobUnknownSince')}`,
    ConditionExpression: `${name('generation')} = ${value({ N: String(generation) })} AND ((${ofThisJob}) OR (${notKnownYet}))`,
    ...attributes(),
  };
};

/** A run as it was read, and the slots that its arrivals and successes count for. */
type CountedRun = RunRead & { readonly counted: readonly string[] };

const sameCounts = (run: Run, slots: readonly string[]): boolean => {
  const counted = new Map<string, number>();
  for (const slot of slots) {
    counted.set(slot, (counted.get(slot) ?? 0) + 1);
  }
  return [...run.filled].every(([slot, count]) => (counted.get(slot) ?? 0) === count);
};

type Failures = readonly { readonly failed: boolean; readonly item?: Item }[];

/** Finds the conditions that a cancelled transaction failed on; `undefined` when it was cancelled for something else. */
const failuresOf = (error: unknown): Failures | undefined => {
  const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
  return reasons.some(({ Code }) => Code === 'ConditionalCheckFailed')
    ? reasons.map(({ Code, Item: item }) => ({
        failed: Code === 'ConditionalCheckFailed',
        ...(item === undefined ? {} : { item }),
      }))
    : undefined;
};

const PASSING = ['None', 'TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'];

/**
 * Tells whether a write, which was not made, may go through when it is tried again. The SDK does not try again by itself, neither a cancelled
 * transaction nor a single write that met a transaction on its item.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
 */
const isPassing = (error: unknown): boolean =>
  error instanceof TransactionConflictException ||
  (error instanceof TransactionCanceledException &&
    (error.CancellationReasons ?? []).every(({ Code }) => Code === undefined || PASSING.includes(Code)));

/** Writes, again and again while others are writing to the same item. */
const persist = async (write: () => Promise<unknown>, signal: AbortSignal): Promise<void> => {
  for (let tried = 1; ; tried += 1) {
    try {
      await write();
      return;
    } catch (error) {
      if (!isPassing(error) || tried >= CONFLICT_TRIES) {
        throw error;
      }
      const ceilingMs = Math.min(MAX_BACKOFF_MS, CONFLICT_BACKOFF_MS * 2 ** tried);
      await sleep(Math.random() * ceilingMs, undefined, { signal });
    }
  }
};

/**
 * Opens the ledger.
 *
 * @returns the port of `shared/runs`; every method rejects when the table could not be asked
 */
export const createLedger = ({ tableName }: { readonly tableName: string }): Ledger => {
  const client = new DynamoDBClient(clientSettings());

  /** @returns `undefined` when all was written, else the items that a condition failed on, by position */
  const transact = async (items: TransactWriteItem[], abortSignal: AbortSignal): Promise<Failures | undefined> => {
    const write = () => client.send(new TransactWriteItemsCommand({ TransactItems: items }), { abortSignal });
    try {
      await persist(write, abortSignal);
      return undefined;
    } catch (error) {
      const failures = failuresOf(error);
      if (failures === undefined) {
        throw error;
      }
      return failures;
    }
  };

  /** @returns `undefined` when the change was made, else the run as it is */
  const update = async (
    run: RunKey,
    change: Change,
    condition: Condition,
    abortSignal: AbortSignal,
  ): Promise<Run | undefined> => {
    const command = {
      TableName: tableName,
      Key: runItemKey(run),
      ...updateExpression(change, condition),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    };
    try {
      await persist(() => client.send(new UpdateItemCommand(command), { abortSignal }), abortSignal);
      return undefined;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException && error.Item !== undefined) {
        return runOf(error.Item);
      }
      throw error;
    }
  };

  const readRun: Ledger['readRun'] = async (run, abortSignal) => {
    const { Item: item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: runItemKey(run), ConsistentRead: true }),
      { abortSignal },
    );
    return item === undefined ? undefined : runOf(item);
  };

  const pageOfRun = async (
    run: RunKey,
    from: Item | undefined,
    limit: number | undefined,
    abortSignal: AbortSignal,
  ) => {
    const { Items: items = [], LastEvaluatedKey: next } = await client.send(
      new QueryCommand({
        TableName: tableName,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :run AND sk BETWEEN :first AND :last',
        ExpressionAttributeValues: {
          ':run': { S: runPartition(run) },
          ':first': { S: CURRENT },
          // The sign after '#': the end of all arrivals.
          ':last': { S: FILE.replace('#', '$') },
        },
        ...(from === undefined ? {} : { ExclusiveStartKey: from }),
        ...(limit === undefined ? {} : { Limit: limit }),
      }),
      { abortSignal },
    );
    return { items, next };
  };

  const readAll = async (
    key: RunKey,
    wanted: (run: Run) => boolean,
    signal: AbortSignal,
  ): Promise<CountedRun | undefined> => {
    let { items, next } = await pageOfRun(key, undefined, PAGE_LIMIT, signal);
    const current = items.find((item) => item['sk']?.S === CURRENT);
    if (current === undefined) {
      return undefined;
    }
    const run = runOf(current);
    if (!wanted(run)) {
      return { run, counted: [] };
    }
    const arrivals: Arrival[] = [];
    const tooSmall: Arrival[] = [];
    const counted: string[] = [];
    for (;;) {
      const successes = items.filter(isSuccessItem);
      const files = items.filter((item) => item['sk']?.S !== CURRENT && !isSuccessItem(item)).map(arrivalOf);
      const filling = files.filter(({ fills }) => fills);
      arrivals.push(...filling);
      tooSmall.push(...files.filter(({ fills }) => !fills));
      counted.push(...successes.map(slotOf), ...filling.map(({ slot }) => slot));
      if (next === undefined) {
        return { run, arrivals, counted, ...(tooSmall.length === 0 ? {} : { tooSmall }) };
      }
      ({ items, next } = await pageOfRun(key, next, undefined, signal));
    }
  };

  /** Reads the runs that the index knows by a name, each from the table. */
  const candidates = async (name: string, now: Date, limit: number, abortSignal: AbortSignal): Promise<Run[]> => {
    const { Items: found = [] } = await client.send(
      new QueryCommand({
        TableName: tableName,
        IndexName: 'candidates',
        KeyConditionExpression: 'candidate = :name AND candidateAt <= :now',
        ExpressionAttributeValues: { ':name': { S: name }, ':now': iso(now) },
        Limit: limit,
      }),
      { abortSignal },
    );
    const items = await Promise.all(
      found.flatMap(({ pk, sk }) =>
        pk === undefined || sk === undefined
          ? []
          : [
              client.send(new GetItemCommand({ TableName: tableName, Key: { pk, sk }, ConsistentRead: true }), {
                abortSignal,
              }),
            ],
      ),
    );
    // The index lags: what is listed for something else by now, or for nothing, is left alone.
    return items.flatMap(({ Item: item }) => (item?.['candidate']?.S === name ? [runOf(item)] : []));
  };

  /** @returns `undefined` when there is no such item */
  const recordSighting = async (
    Key: Item,
    generation: number,
    sighting: JobObservation & { readonly submittedAt: Date },
    candidate: Item,
    abortSignal: AbortSignal,
  ): Promise<JobRecorded | undefined> => {
    const command = {
      TableName: tableName,
      Key,
      ...sightingExpression(generation, sighting, candidate),
      ReturnValues: 'ALL_NEW' as const,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    };
    let changed: Item | undefined;
    try {
      await persist(async () => {
        const { Attributes } = await client.send(new UpdateItemCommand(command), { abortSignal });
        changed = Attributes;
      }, abortSignal);
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) {
        throw error;
      }
      const run = error.Item && runOf(error.Item);
      return run && { standing: standingOf(run, sighting), run };
    }
    return changed && { standing: 'news', run: runOf(changed) };
  };

  /** Puts what fills a slot, if its key is not known, and counts it; while the run waits. */
  const fill = async (
    run: RunKey,
    item: Item,
    by: number,
    now: Date,
    signal: AbortSignal,
  ): Promise<{ kind: 'recorded' | 'late' } | { kind: 'known'; item: Item }> => {
    const record = createExpression();
    const initially = Object.entries(newRunAttributes(run, now)).map(([key, to]) => {
      const attribute = record.name(key);
      return `${attribute} = if_not_exists(${attribute}, ${record.value(to)})`;
    });
    const always = Object.entries({ updatedAt: iso(now), ...lookAgainAt(later(now, SETTLE_MS)) }).map(
      ([key, to]) => `${record.name(key)} = ${record.value(to)}`,
    );
    const counted = `${record.name(filledAttribute(slotOf(item)))} ${record.value({ N: String(by) })}`;
    const revised = `${record.name('revision')} ${record.value({ N: '1' })}`;
    const state = record.name('state');
    const failures = await transact(
      [
        {
          Put: {
            TableName: tableName,
            Item: item,
            ConditionExpression: 'attribute_not_exists(pk)',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
        {
          Update: {
            TableName: tableName,
            Key: runItemKey(run),
            UpdateExpression: `SET ${[...initially, ...always].join(', ')} ADD ${counted}, ${revised}`,
            ConditionExpression: `attribute_not_exists(pk) OR ${state} = ${record.value({ S: 'waiting' })}`,
            ...record.attributes(),
          },
        },
      ],
      signal,
    );
    if (failures === undefined) {
      return { kind: 'recorded' };
    }
    const known = failures[0]?.item;
    return known === undefined ? { kind: 'late' } : { kind: 'known', item: known };
  };

  /** Replaces what fills a slot, or adds it late, in the state that the caller saw. */
  const refill = async (
    { run, item, replaces, by, requestRerun }: Refill,
    now: Date,
    signal: AbortSignal,
  ): Promise<boolean> => {
    const change: Change = {
      set: {
        updatedAt: iso(now),
        // While its job is under way the run is watched, and what is wished for comes after its end.
        ...(run.state === 'waiting' || (requestRerun && !isUnderWay(run.state))
          ? lookAgainAt(later(now, SETTLE_MS))
          : {}),
        ...(requestRerun ? { rerunRequestedAt: iso(run.rerunRequestedAt ?? now) } : {}),
      },
      add: { revision: 1, [filledAttribute(slotOf(item))]: by },
    };
    const failures = await transact(
      [
        {
          Put: {
            TableName: tableName,
            Item: item,
            ...conditionExpression(replaces === undefined ? { equals: {}, absent: ['pk'] } : { equals: replaces }),
          },
        },
        {
          Update: {
            TableName: tableName,
            Key: runItemKey(run.key),
            ...updateExpression(change, { equals: asSeen(run) }),
          },
        },
      ],
      signal,
    );
    return failures === undefined;
  };

  return {
    recordArrival: async (run, arrival, now, signal) => {
      const filled = await fill(run, arrivalItem(run, arrival, now), Number(arrival.fills), now, signal);
      return filled.kind === 'known' ? { kind: 'known', arrival: arrivalOf(filled.item) } : filled;
    },

    changeArrival: ({ run, arrival, replaces, requestRerun }, now, signal) =>
      refill(
        {
          run,
          item: arrivalItem(run.key, arrival, now),
          replaces: replaces && { etag: { S: replaces.etag } },
          by: Number(arrival.fills) - Number(replaces?.fills ?? false),
          requestRerun,
        },
        now,
        signal,
      ),

    openRun: async (run, now, signal) => {
      const known = await update(
        run,
        {
          set: { ...newRunAttributes(run, now), revision: { N: '0' }, updatedAt: iso(now), ...lookAgainAt(now) },
        },
        { equals: {}, absent: ['pk'] },
        signal,
      );
      return known === undefined;
    },

    fillSlot: async (run, success, now, signal) => {
      const filled = await fill(run, successItem(run, success, now), 1, now, signal);
      return filled.kind === 'known' ? { kind: 'known', generation: sourceGenerationOf(filled.item) } : filled;
    },

    changeSuccess: ({ run, success, replaces, requestRerun }, now, signal) =>
      refill(
        {
          run,
          item: successItem(run.key, success, now),
          replaces: replaces === undefined ? undefined : { sourceGeneration: { N: String(replaces) } },
          by: Number(replaces === undefined),
          requestRerun,
        },
        now,
        signal,
      ),

    noteWouldSubmit: async (run, now, signal) => {
      const known = await update(
        run.key,
        { set: { wouldSubmitAt: iso(now), ...lookAgainAt(now) } },
        { equals: asSeen(run), absent: ['wouldSubmitAt'] },
        signal,
      );
      return known === undefined;
    },

    readRun,

    readRunWithArrivals: async (key, wanted, signal) => {
      // A query may see the halves of a transaction apart; the counts tell.
      // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-isolation
      for (let tried = 1; ; tried += 1) {
        const read = await readAll(key, wanted, signal);
        if (read === undefined) {
          return undefined;
        }
        const { counted, ...found } = read;
        if (found.arrivals === undefined || sameCounts(found.run, counted)) {
          return found;
        }
        if (tried >= READ_TRIES) {
          throw new Error(`The arrivals of run ${runPartition(key)} do not add up to its counts`);
        }
      }
    },

    claim: async (run, claim, signal) => {
      const failures = await transact(
        [
          {
            Update: {
              TableName: tableName,
              Key: runItemKey(run.key),
              ...updateExpression(
                { set: { ...stateAfter(MOVES.claim), ...claimAttributes(claim), ...lookAgainAt(claim.leaseUntil) } },
                { equals: { ...asSeen(run), ...stateBefore(MOVES.claim) } },
              ),
            },
          },
          {
            Put: {
              TableName: tableName,
              Item: {
                ...jobItemKey(claim.request.jobName),
                ...runKeyAttributes(run.key),
                generation: { N: String(run.generation) },
              },
            },
          },
        ],
        signal,
      );
      return failures === undefined;
    },

    takeOver: async (run, claim, signal) => {
      const now = await update(
        run.key,
        {
          set: { ...stateAfter(MOVES.takeOver), ...claimAttributes(claim), ...lookAgainAt(claim.leaseUntil) },
          remove: ['emptyLookupAt', 'emptyLookupBy'],
        },
        {
          equals: {
            ...asSeen(run),
            ...stateBefore(MOVES.takeOver),
            owner: { S: run.claim?.owner ?? '' },
          },
        },
        signal,
      );
      // The own write, if its first answer was lost and the SDK asked again.
      return now === undefined || now.claim?.owner === claim.owner;
    },

    release: async (run, claim, now, signal) => {
      await update(
        run.key,
        {
          set: { ...stateAfter(MOVES.release), ...lookAgainAt(now) },
          // The next claim is for all that has arrived by then, so nothing is left to run again for.
          remove: [...CLAIM_ATTRIBUTES, 'jobName', 'queue', 'rerunRequestedAt'],
        },
        ownClaim(claim, MOVES.release),
        signal,
      );
    },

    noteEmptyLookup: async (run, claim, at, by, signal) => {
      await update(
        run.key,
        {
          set: { emptyLookupAt: iso(at), emptyLookupBy: { S: by }, ...lookAgainAt(at) },
        },
        { ...ownClaim(claim, MOVES.takeOver), absent: ['emptyLookupAt'] },
        signal,
      );
    },

    recordSubmission: async (run, claim, jobId, now, signal) => {
      const other = await update(
        run.key,
        {
          set: {
            ...stateAfter(MOVES.recordSubmission),
            jobId: { S: jobId },
            submittedAt: iso(now),
            ...watchAt(later(now, WATCH_MS)),
          },
        },
        ownClaim(claim, MOVES.recordSubmission),
        signal,
      );
      return other ?? 'recorded';
    },

    recordRefusal: async (run, claim, reason, signal) => {
      await update(
        run.key,
        { set: { ...stateAfter(MOVES.recordRefusal), refusal: { S: reason } }, remove: CANDIDATE_ATTRIBUTES },
        ownClaim(claim, MOVES.recordRefusal),
        signal,
      );
    },

    openNextGeneration: async (run, now, signal) => {
      if (!mayOpenNext(run)) {
        return false;
      }
      const { Item: item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: runItemKey(run.key), ConsistentRead: true }),
        { abortSignal: signal },
      );
      if (item === undefined || item['revision']?.N !== String(run.revision)) {
        return false;
      }
      // Only the newest generation may need another look: in the index, an ended one would stay for ever.
      // The same holds for the list of a feed's runs.
      const { candidate: _, candidateAt: __, runAt: ___, ...kept } = item;
      const failures = await transact(
        [
          {
            Put: {
              TableName: tableName,
              Item: { ...kept, ...generationItemKey(run.key, run.generation) },
              ConditionExpression: 'attribute_not_exists(pk)',
            },
          },
          {
            Update: {
              TableName: tableName,
              Key: runItemKey(run.key),
              ...updateExpression(
                {
                  set: {
                    state: { S: 'waiting' },
                    generation: { N: String(run.generation + 1) },
                    openedAt: iso(now),
                    ...lookAgainAt(now),
                  },
                  remove: [
                    ...CLAIM_ATTRIBUTES,
                    ...JOB_ATTRIBUTES,
                    'jobName',
                    'queue',
                    'refusal',
                    'rerunRequestedAt',
                    'wouldSubmitAt',
                  ],
                },
                { equals: asSeen(run) },
              ),
            },
          },
        ],
        signal,
      );
      return failures === undefined;
    },

    revisit: async (run, at, signal) => {
      const again = isUnderWay(run.state) ? watchAt : lookAgainAt;
      const change: Change = at === 'never' ? { remove: CANDIDATE_ATTRIBUTES } : { set: again(at) };
      await update(run.key, change, { equals: asSeen(run) }, signal);
    },

    recordJob: async (key, generation, sighting, now, signal) => {
      const dated = { ...sighting, submittedAt: sighting.submittedAt ?? now };
      const inPlace = await recordSighting(runItemKey(key), generation, dated, candidateAfter(sighting, now), signal);
      if (inPlace === undefined || inPlace.run.generation <= generation) {
        return inPlace?.run.generation === generation ? inPlace : undefined;
      }
      // An earlier generation: nothing follows from it any more.
      return recordSighting(generationItemKey(key, generation), generation, dated, {}, signal);
    },

    recordProgress: async (run, { percent, text, at }, signal) => {
      await update(
        run.key,
        { set: { progressPercent: { N: String(percent) }, progressText: { S: text }, progressAt: iso(at) } },
        { equals: { state: { S: 'running' }, jobId: { S: run.job?.id ?? '' } } },
        signal,
      );
    },

    noteUnknownJob: async (run, now, signal) => {
      await update(
        run.key,
        { set: { jobUnknownSince: iso(now) } },
        { equals: { state: { S: run.state }, jobId: { S: run.job?.id ?? '' } }, absent: ['jobUnknownSince'] },
        signal,
      );
    },

    watchedRuns: (now, limit, signal) => candidates(WATCHED, now, limit, signal),

    unsettledRuns: (now, limit, signal) => candidates(UNSETTLED, now, limit, signal),

    runOfJob: createRunOfJob({ tableName }, client),
  };
};
