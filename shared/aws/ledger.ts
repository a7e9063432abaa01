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
import { isUnderWay, type JobSighting, MOVES_FROM, standingOf } from '../runs/job-sighting.ts';
import type { JobRecorded, Ledger } from '../runs/ledger.ts';
import type { Arrival, Claim, Run } from '../runs/run.ts';
import { SETTLE_MS, WATCH_MS, WATCH_RUNNING_MS } from '../runs/state-machine.ts';
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
  JOB_ATTRIBUTES,
  jobItemKey,
  runItemKey,
  runKeyAttributes,
  runOf,
  runPartition,
} from './ledger-items.ts';

/** What the index `candidates` calls a run that may need another look, and one whose job is under way. */
const UNSETTLED = 'RUN';
const WATCHED = 'JOB';

/** Writes to one run's item exclude each other: many files of one run at one instant take turns. */
const CONFLICT_TRIES = 10;
const CONFLICT_BACKOFF_MS = 40;
const MAX_BACKOFF_MS = 2_000;

/** Of a run this small, one query reads all; a larger one is read whole only when it is complete. */
const PAGE_LIMIT = 100;

/** How often a run and its arrivals are read again when they did not agree. */
const READ_TRIES = 5;

type Change = {
  readonly set?: Item;
  readonly add?: Readonly<Record<string, number>>;
  readonly remove?: readonly string[];
};

type Condition = { readonly equals: Item; readonly absent?: readonly string[] };

const iso = (at: Date): { S: string } => ({ S: at.toISOString() });

const later = (at: Date, byMs: number): Date => new Date(at.getTime() + byMs);

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
    attributes: () => ({ ExpressionAttributeNames: names, ExpressionAttributeValues: values }),
  };
};

const updateExpression = (change: Change, condition: Condition) => {
  const { name, value, attributes } = createExpression();
  const set = Object.entries(change.set ?? {}).map(([key, to]) => `${name(key)} = ${value(to)}`);
  const add = Object.entries(change.add ?? {}).map(([key, by]) => `${name(key)} ${value({ N: String(by) })}`);
  const remove = (change.remove ?? []).map((key) => name(key));
  const conditions = [
    ...Object.entries(condition.equals).map(([key, to]) => `${name(key)} = ${value(to)}`),
    ...(condition.absent ?? []).map((key) => `attribute_not_exists(${name(key)})`),
  ];
  return {
    UpdateExpression: [
      set.length > 0 ? `SET ${set.join(', ')}` : '',
      add.length > 0 ? `ADD ${add.join(', ')}` : '',
      remove.length > 0 ? `REMOVE ${remove.join(', ')}` : '',
    ]
      .filter((clause) => clause !== '')
      .join(' '),
    ConditionExpression: conditions.join(' AND '),
    ...attributes(),
  };
};

const CLAIM_ATTRIBUTES = ['owner', 'claimedAt', 'leaseUntil', 'request', 'problem', 'emptyLookupAt', 'emptyLookupBy'];
const CANDIDATE_ATTRIBUTES = ['candidate', 'candidateAt'];

const lookAgainAt = (at: Date): Item => ({ candidate: { S: UNSETTLED }, candidateAt: iso(at) });

const watchAt = (at: Date): Item => ({ candidate: { S: WATCHED }, candidateAt: iso(at) });

const claimAttributes = (claim: Claim): Item => ({
  state: { S: 'claimed' },
  owner: { S: claim.owner },
  claimedAt: iso(claim.claimedAt),
  leaseUntil: iso(claim.leaseUntil),
  request: { S: JSON.stringify(claim.request) },
  ...(claim.problem === undefined ? {} : { problem: { S: claim.problem } }),
  jobName: { S: claim.request.jobName },
  queue: { S: claim.request.jobQueue },
});

const ownClaim = (claim: Claim): Condition => ({ equals: { state: { S: 'claimed' }, owner: { S: claim.owner } } });

const asSeen = (run: Run): Item => ({
  generation: { N: String(run.generation) },
  revision: { N: String(run.revision) },
  state: { S: run.state },
});

/** Where a run is found after a sighting: while its job is under way, by who watches it; after its end, by who settles runs. */
const candidateAfter = ({ state }: JobSighting, now: Date): Item => {
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
  sighting: JobSighting & { readonly submittedAt: Date },
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

const sameCounts = (run: Run, arrivals: readonly Arrival[]): boolean => {
  const counted = new Map<string, number>();
  for (const { slot } of arrivals) {
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

  const readAll: Ledger['readRunWithArrivals'] = async (key, wanted, signal) => {
    let { items, next } = await pageOfRun(key, undefined, PAGE_LIMIT, signal);
    const current = items.find((item) => item['sk']?.S === CURRENT);
    if (current === undefined) {
      return undefined;
    }
    const run = runOf(current);
    if (!wanted(run)) {
      return { run };
    }
    const arrivals: Arrival[] = [];
    for (;;) {
      arrivals.push(...items.filter((item) => item['sk']?.S !== CURRENT).map(arrivalOf));
      if (next === undefined) {
        return { run, arrivals: arrivals.filter(({ fills }) => fills) };
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
    sighting: JobSighting & { readonly submittedAt: Date },
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

  return {
    recordArrival: async (run, arrival, now, signal) => {
      const record = createExpression();
      const attributes = runKeyAttributes(run);
      const initially = Object.entries({
        ...attributes,
        state: { S: 'waiting' },
        generation: { N: '1' },
        openedAt: iso(now),
      }).map(([key, to]) => {
        const attribute = record.name(key);
        return `${attribute} = if_not_exists(${attribute}, ${record.value(to)})`;
      });
      const always = Object.entries({ updatedAt: iso(now), ...lookAgainAt(later(now, SETTLE_MS)) }).map(
        ([key, to]) => `${record.name(key)} = ${record.value(to)}`,
      );
      const counted = `${record.name(filledAttribute(arrival.slot))} ${record.value({ N: arrival.fills ? '1' : '0' })}`;
      const revised = `${record.name('revision')} ${record.value({ N: '1' })}`;
      const state = record.name('state');
      const failures = await transact(
        [
          {
            Put: {
              TableName: tableName,
              Item: arrivalItem(run, arrival, now),
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
      return known === undefined ? { kind: 'late' } : { kind: 'known', arrival: arrivalOf(known) };
    },

    changeArrival: async ({ run, arrival, replaces, requestRerun }, now, signal) => {
      const delta = Number(arrival.fills) - Number(replaces?.fills ?? false);
      const condition = { equals: asSeen(run) };
      const change: Change = {
        set: {
          updatedAt: iso(now),
          // While its job is under way the run is watched, and what is wished for comes after its end.
          ...(run.state === 'waiting' || (requestRerun && !isUnderWay(run.state))
            ? lookAgainAt(later(now, SETTLE_MS))
            : {}),
          ...(requestRerun ? { rerunRequestedAt: iso(run.rerunRequestedAt ?? now) } : {}),
        },
        add: { revision: 1, [filledAttribute(arrival.slot)]: delta },
      };
      const failures = await transact(
        [
          {
            Put: {
              TableName: tableName,
              Item: arrivalItem(run.key, arrival, now),
              ...(replaces === undefined
                ? { ConditionExpression: 'attribute_not_exists(pk)' }
                : {
                    ConditionExpression: '#etag = :etag',
                    ExpressionAttributeNames: { '#etag': 'etag' },
                    ExpressionAttributeValues: { ':etag': { S: replaces.etag } },
                  }),
            },
          },
          { Update: { TableName: tableName, Key: runItemKey(run.key), ...updateExpression(change, condition) } },
        ],
        signal,
      );
      return failures === undefined;
    },

    readRun,

    readRunWithArrivals: async (key, wanted, signal) => {
      // A query may see the halves of a transaction apart; the counts tell.
      // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-isolation
      for (let tried = 1; ; tried += 1) {
        const read = await readAll(key, wanted, signal);
        if (read?.arrivals === undefined || sameCounts(read.run, read.arrivals)) {
          return read;
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
                { set: { ...claimAttributes(claim), ...lookAgainAt(claim.leaseUntil) } },
                { equals: asSeen(run) },
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
          set: { ...claimAttributes(claim), ...lookAgainAt(claim.leaseUntil) },
          remove: ['emptyLookupAt', 'emptyLookupBy'],
        },
        {
          equals: {
            ...asSeen(run),
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
          set: { state: { S: 'waiting' }, ...lookAgainAt(now) },
          // The next claim is for all that has arrived by then, so nothing is left to run again for.
          remove: [...CLAIM_ATTRIBUTES, 'jobName', 'queue', 'rerunRequestedAt'],
        },
        ownClaim(claim),
        signal,
      );
    },

    noteEmptyLookup: async (run, claim, at, by, signal) => {
      await update(
        run.key,
        {
          set: { emptyLookupAt: iso(at), emptyLookupBy: { S: by }, ...lookAgainAt(at) },
        },
        { ...ownClaim(claim), absent: ['emptyLookupAt'] },
        signal,
      );
    },

    recordSubmission: async (run, claim, jobId, now, signal) => {
      const other = await update(
        run.key,
        {
          set: {
            state: { S: 'submitted' },
            jobId: { S: jobId },
            submittedAt: iso(now),
            ...watchAt(later(now, WATCH_MS)),
          },
        },
        ownClaim(claim),
        signal,
      );
      return other ?? 'recorded';
    },

    recordRefusal: async (run, claim, reason, signal) => {
      await update(
        run.key,
        { set: { state: { S: 'refused' }, refusal: { S: reason } }, remove: CANDIDATE_ATTRIBUTES },
        ownClaim(claim),
        signal,
      );
    },

    openNextGeneration: async (run, now, signal) => {
      const { Item: item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: runItemKey(run.key), ConsistentRead: true }),
        { abortSignal: signal },
      );
      if (item === undefined || item['revision']?.N !== String(run.revision)) {
        return false;
      }
      // Only the newest generation may need another look: in the index, an ended one would stay for ever.
      const { candidate: _, candidateAt: __, ...kept } = item;
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
                  remove: [...CLAIM_ATTRIBUTES, ...JOB_ATTRIBUTES, 'jobName', 'queue', 'refusal', 'rerunRequestedAt'],
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
