/** The ledger table, in DynamoDB. */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { RunKey } from '../feeds/run-key.ts';
import type { Ledger } from '../runs/ledger.ts';
import type { Arrival, Claim, Run } from '../runs/run.ts';
import { SETTLE_MS } from '../runs/state-machine.ts';
import { clientSettings } from './client-settings.ts';
import {
  arrivalItem,
  arrivalOf,
  CURRENT,
  FILE,
  filledAttribute,
  generationItemKey,
  type Item,
  jobItemKey,
  runItemKey,
  runKeyAttributes,
  runKeyOf,
  runOf,
  runPartition,
} from './ledger-items.ts';

/** What the index `candidates` calls a run that may need another look. */
const UNSETTLED = 'RUN';

/** Transactions on one run's item exclude each other: many files of one run at one instant take turns. */
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

type Condition = { readonly equals?: Item; readonly absent?: readonly string[] };

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
    attributes: () => ({
      ExpressionAttributeNames: names,
      ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
    }),
  };
};

const updateExpression = (change: Change, condition: Condition) => {
  const { name, value, attributes } = createExpression();
  const set = Object.entries(change.set ?? {}).map(([key, to]) => `${name(key)} = ${value(to)}`);
  const add = Object.entries(change.add ?? {}).map(([key, by]) => `${name(key)} ${value({ N: String(by) })}`);
  const remove = (change.remove ?? []).map((key) => name(key));
  const conditions = [
    ...Object.entries(condition.equals ?? {}).map(([key, to]) => `${name(key)} = ${value(to)}`),
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

const CLAIM_ATTRIBUTES = ['owner', 'claimedAt', 'leaseUntil', 'request', 'emptyLookupAt', 'emptyLookupBy'];
const CANDIDATE_ATTRIBUTES = ['candidate', 'candidateAt'];

const lookAgainAt = (at: Date): Item => ({ candidate: { S: UNSETTLED }, candidateAt: iso(at) });

const claimAttributes = (claim: Claim): Item => ({
  state: { S: 'claimed' },
  owner: { S: claim.owner },
  claimedAt: iso(claim.claimedAt),
  leaseUntil: iso(claim.leaseUntil),
  request: { S: JSON.stringify(claim.request) },
  jobName: { S: claim.request.jobName },
  queue: { S: claim.request.jobQueue },
});

const ownClaim = (claim: Claim): Condition => ({ equals: { state: { S: 'claimed' }, owner: { S: claim.owner } } });

const asSeen = (run: Run): Item => ({
  generation: { N: String(run.generation) },
  revision: { N: String(run.revision) },
  state: { S: run.state },
});

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

/** Tells whether a cancelled transaction may go through when it is tried again. The SDK does not try again by itself. */
const isPassing = (error: unknown): boolean =>
  error instanceof TransactionCanceledException &&
  (error.CancellationReasons ?? []).every(({ Code }) => Code === undefined || PASSING.includes(Code));

/**
 * Opens the ledger.
 *
 * @returns the port of `shared/runs`; every method rejects when the table could not be asked
 */
export const createLedger = ({ tableName }: { readonly tableName: string }): Ledger => {
  const client = new DynamoDBClient(clientSettings());

  /** @returns `undefined` when all was written, else the items that a condition failed on, by position */
  const transact = async (items: TransactWriteItem[], abortSignal: AbortSignal): Promise<Failures | undefined> => {
    for (let tried = 1; ; tried += 1) {
      try {
        await client.send(new TransactWriteItemsCommand({ TransactItems: items }), { abortSignal });
        return undefined;
      } catch (error) {
        const failures = failuresOf(error);
        if (failures !== undefined) {
          return failures;
        }
        if (!isPassing(error) || tried >= CONFLICT_TRIES) {
          throw error;
        }
        const ceilingMs = Math.min(MAX_BACKOFF_MS, CONFLICT_BACKOFF_MS * 2 ** tried);
        await sleep(Math.random() * ceilingMs, undefined, { signal: abortSignal });
      }
    }
  };

  /** @returns `undefined` when the change was made, else the run as it is */
  const update = async (
    run: RunKey,
    change: Change,
    condition: Condition,
    abortSignal: AbortSignal,
  ): Promise<Run | undefined> => {
    try {
      await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: runItemKey(run),
          ...updateExpression(change, condition),
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
        { abortSignal },
      );
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
          ...(run.state === 'waiting' || requestRerun ? lookAgainAt(later(now, SETTLE_MS)) : {}),
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
          remove: [...CLAIM_ATTRIBUTES, 'jobName', 'queue'],
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
          set: { state: { S: 'submitted' }, jobId: { S: jobId }, submittedAt: iso(now) },
          remove: CANDIDATE_ATTRIBUTES,
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
      const failures = await transact(
        [
          {
            Put: {
              TableName: tableName,
              Item: { ...item, ...generationItemKey(run.key, run.generation) },
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
                    'jobName',
                    'queue',
                    'jobId',
                    'submittedAt',
                    'refusal',
                    'rerunRequestedAt',
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
      const change: Change = at === 'never' ? { remove: CANDIDATE_ATTRIBUTES } : { set: lookAgainAt(at) };
      await update(run.key, change, { equals: asSeen(run) }, signal);
    },

    unsettledRuns: async (now, limit, signal) => {
      const { Items: candidates = [] } = await client.send(
        new QueryCommand({
          TableName: tableName,
          IndexName: 'candidates',
          KeyConditionExpression: 'candidate = :run AND candidateAt <= :now',
          ExpressionAttributeValues: { ':run': { S: UNSETTLED }, ':now': iso(now) },
          Limit: limit,
        }),
        { abortSignal: signal },
      );
      const runs: Run[] = [];
      for (const { pk, sk } of candidates) {
        if (pk === undefined || sk === undefined) {
          continue;
        }
        const { Item: item } = await client.send(
          new GetItemCommand({ TableName: tableName, Key: { pk, sk }, ConsistentRead: true }),
          { abortSignal: signal },
        );
        if (item !== undefined) {
          runs.push(runOf(item));
        }
      }
      return runs;
    },

    runOfJob: async (jobName, signal) => {
      const { Item: item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: jobItemKey(jobName), ConsistentRead: true }),
        { abortSignal: signal },
      );
      return item === undefined ? undefined : { run: runKeyOf(item), generation: Number(item['generation']?.N) };
    },
  };
};
