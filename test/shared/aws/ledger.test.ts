/** What the table is asked, and what is made of its answers. What a ledger promises is in `ledger-contract.ts`; `test/local` holds a table to it. */
import { TransactionConflictException } from '@aws-sdk/client-dynamodb';
import {
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLedger } from '../../../shared/aws/ledger.ts';
import { runOf } from '../../../shared/aws/ledger-items.ts';
import type { Item } from '../../../shared/aws/table.ts';
import { type JobObservation, standingOf } from '../../../shared/runs/job-observation.ts';
import { aClaim, anArrival, aRun } from '../../support/builders.ts';
import { cancelled, conditionFailed, lost } from '../../support/dynamo-errors.ts';
import { holds, spelledOut } from '../../support/expressions.ts';
import { aClaimedRunItem, anArrivalItem, aRunItem } from '../../support/ledger-builders.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamo = mockAws(DynamoDBDocumentClient);

const ledger = createLedger({ tableName: 'ledger' });
const signal = new AbortController().signal;
const NOW = new Date('2026-11-22T03:00:00.000Z');
const run = aRun();
const { key } = run;
const claimedRun = aRun({ state: 'claimed', claim: aClaim() });
const RUN_KEY = { pk: 'RUN#sales@2026-11-22', sk: 'CURRENT' };

/** A run with a job under way. */
const aJobItem = (differences: Item = {}): Item =>
  aRunItem({
    state: 'submitted',
    jobId: 'job-1',
    submittedAt: '2026-11-22T02:58:00.000Z',
    candidate: 'JOB',
    ...differences,
  });
const watchedRun = runOf(aJobItem());

const conflict = (): TransactionConflictException =>
  new TransactionConflictException({ $metadata: {}, message: 'Transaction is ongoing for the item' });

const transactions = () =>
  dynamo.commandCalls(TransactWriteCommand).map(({ args: [{ input }] }) => input.TransactItems ?? []);

/** The changes of runs, with names and values in place of placeholders. */
const spelledUpdates = () => {
  const inTransactions = transactions().flatMap((items) => items.flatMap(({ Update }) => Update ?? []));
  const single = dynamo.commandCalls(UpdateCommand).map(({ args: [{ input }] }) => input);
  return [...inTransactions, ...single].map(spelledOut);
};

beforeEach(() => {
  // No backoff.
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('recordArrival', () => {
  it('puts the arrival and counts it in one transaction, only while the run waits', async () => {
    dynamo.on(TransactWriteCommand).resolves({});

    expect(await ledger.recordArrival(key, anArrival(), NOW, signal)).toEqual({ kind: 'recorded' });

    const [[put, update] = []] = transactions();
    expect(put?.Put).toMatchObject({
      TableName: 'ledger',
      Item: { pk: RUN_KEY.pk, etag: 'etag-1' },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    expect(spelledOut(put?.Put ?? {})).toEqual({ condition: 'attribute_not_exists(pk)' });
    expect(update?.Update).toMatchObject({ TableName: 'ledger', Key: RUN_KEY });
    expect(spelledUpdates()).toEqual([
      {
        update:
          'SET updatedAt = 2026-11-22T03:00:00.000Z, candidate = RUN, candidateAt = 2026-11-22T03:05:00.000Z, ' +
          'feed = if_not_exists(feed, sales), values = if_not_exists(values, {}), date = if_not_exists(date, 2026-11-22), ' +
          'runAt = if_not_exists(runAt, 2026-11-22), ' +
          'state = if_not_exists(state, waiting), generation = if_not_exists(generation, 1), ' +
          'openedAt = if_not_exists(openedAt, 2026-11-22T03:00:00.000Z) ' +
          'ADD filled:orders 1, revision 1',
        condition: '(attribute_not_exists(pk) OR state = waiting)',
      },
    ]);
  });

  it('counts nothing for an arrival that is too small', async () => {
    dynamo.on(TransactWriteCommand).resolves({});

    await ledger.recordArrival(key, anArrival({ fills: false }), NOW, signal);

    expect(spelledUpdates()[0]?.update).toMatch(/ADD filled:orders 0, revision 1$/);
  });

  it.each([
    ['the key is known', [lost(anArrivalItem()), 'None'], 'known'],
    ['the key is known and the run claimed', [lost(anArrivalItem()), lost()], 'known'],
    ['the run is claimed', ['None', lost()], 'late'],
  ])('says that %s', async (_, reasons, kind) => {
    dynamo.on(TransactWriteCommand).rejects(cancelled(...reasons));

    const recorded = await ledger.recordArrival(key, anArrival({ etag: 'etag-2' }), NOW, signal);

    expect(recorded).toEqual(kind === 'known' ? { kind, arrival: anArrival() } : { kind });
  });
});

describe('openRun', () => {
  it('opens a run that nothing is known of, to be looked at now', async () => {
    dynamo.on(UpdateCommand).resolves({});

    expect(await ledger.openRun(key, NOW, signal)).toBe(true);

    expect(spelledUpdates()).toEqual([
      {
        update:
          'SET feed = sales, values = {}, date = 2026-11-22, runAt = 2026-11-22, state = waiting, generation = 1, ' +
          'openedAt = 2026-11-22T03:00:00.000Z, revision = 0, updatedAt = 2026-11-22T03:00:00.000Z, ' +
          'candidate = RUN, candidateAt = 2026-11-22T03:00:00.000Z',
        condition: 'attribute_not_exists(pk)',
      },
    ]);
  });

  it('leaves a run alone that is there', async () => {
    dynamo.on(UpdateCommand).rejects(conditionFailed(aRunItem()));

    expect(await ledger.openRun(key, NOW, signal)).toBe(false);
  });
});

describe('fillSlot', () => {
  const success = { slot: 'catalog', source: { feed: 'catalog', date: '2026-11-22', values: {} }, generation: 2 };

  it('puts the source and counts it in one transaction, only while the run waits', async () => {
    dynamo.on(TransactWriteCommand).resolves({});

    expect(await ledger.fillSlot(key, success, NOW, signal)).toEqual({ kind: 'recorded' });

    const [[put] = []] = transactions();
    expect(put?.Put?.['Item']).toEqual({
      pk: RUN_KEY.pk,
      sk: expect.stringMatching(/^FEED#catalog#[0-9a-f]{64}$/),
      slot: 'catalog',
      source: 'catalog@2026-11-22',
      sourceGeneration: 2,
      filledAt: NOW.toISOString(),
    });
    expect(spelledUpdates()[0]).toMatchObject({
      update: expect.stringMatching(/ADD filled:catalog 1, revision 1$/),
      condition: '(attribute_not_exists(pk) OR state = waiting)',
    });
  });

  it('tells which generation is known, and that it is late', async () => {
    const known = { slot: 'catalog', sourceGeneration: 1 };
    dynamo
      .on(TransactWriteCommand)
      .rejectsOnce(cancelled(lost(known), 'None'))
      .rejectsOnce(cancelled('None', lost()));

    expect(await ledger.fillSlot(key, success, NOW, signal)).toEqual({ kind: 'known', generation: 1 });
    expect(await ledger.fillSlot(key, success, NOW, signal)).toEqual({ kind: 'late' });
  });

  it('replaces a generation without counting it again, and counts a late source', async () => {
    dynamo.on(TransactWriteCommand).resolves({});

    await ledger.changeSuccess({ run: claimedRun, success, replaces: 1, requestRerun: false }, NOW, signal);
    await ledger.changeSuccess({ run: claimedRun, success, requestRerun: true }, NOW, signal);

    expect(transactions().map(([put]) => spelledOut(put?.Put ?? {}))).toEqual([
      { condition: 'sourceGeneration = 1' },
      { condition: 'attribute_not_exists(pk)' },
    ]);
    expect(spelledUpdates().map(({ update }) => update)).toEqual([
      expect.stringMatching(/ADD revision 1, filled:catalog 0$/),
      expect.stringMatching(/rerunRequestedAt = .* ADD revision 1, filled:catalog 1$/),
    ]);
  });
});

describe('noteWouldSubmit', () => {
  it('notes once, of the run as it was seen, when it was complete', async () => {
    dynamo.on(UpdateCommand).resolvesOnce({}).rejectsOnce(conditionFailed(aRunItem()));

    expect(await ledger.noteWouldSubmit(run, NOW, signal)).toBe(true);
    expect(await ledger.noteWouldSubmit(run, NOW, signal)).toBe(false);

    expect(spelledUpdates()[0]).toEqual({
      update: 'SET wouldSubmitAt = 2026-11-22T03:00:00.000Z, candidate = RUN, candidateAt = 2026-11-22T03:00:00.000Z',
      condition: 'generation = 1 AND revision = 1 AND state = waiting AND attribute_not_exists(wouldSubmitAt)',
    });
  });
});

describe('changeArrival', () => {
  it('replaces the content that was seen, and changes the count by the difference', async () => {
    dynamo.on(TransactWriteCommand).resolves({});
    const arrival = anArrival({ etag: 'etag-2', fills: false });

    const changed = await ledger.changeArrival(
      { run, arrival, replaces: anArrival(), requestRerun: false },
      NOW,
      signal,
    );

    expect(changed).toBe(true);
    expect(spelledOut(transactions()[0]?.[0]?.Put ?? {})).toEqual({ condition: 'etag = etag-1' });
    expect(spelledUpdates()).toEqual([
      {
        update:
          'SET updatedAt = 2026-11-22T03:00:00.000Z, candidate = RUN, candidateAt = 2026-11-22T03:05:00.000Z ADD revision 1, filled:orders -1',
        condition: 'generation = 1 AND revision = 1 AND state = waiting',
      },
    ]);
  });

  it('adds a late arrival, and wants a rerun from the first wish on', async () => {
    dynamo.on(TransactWriteCommand).resolves({});
    const wished = { ...claimedRun, rerunRequestedAt: new Date('2026-11-22T02:00:00.000Z') };

    await ledger.changeArrival({ run: wished, arrival: anArrival(), requestRerun: true }, NOW, signal);
    await ledger.changeArrival({ run: claimedRun, arrival: anArrival(), requestRerun: true }, NOW, signal);
    await ledger.changeArrival({ run: claimedRun, arrival: anArrival(), requestRerun: false }, NOW, signal);

    expect(transactions()[0]?.[0]?.Put).toMatchObject({
      ConditionExpression: 'attribute_not_exists(#0)',
      ExpressionAttributeNames: { '#0': 'pk' },
    });
    const [again, first, none] = spelledUpdates();
    expect(again?.update).toContain('rerunRequestedAt = 2026-11-22T02:00:00.000Z');
    expect(first?.update).toContain('rerunRequestedAt = 2026-11-22T03:00:00.000Z');
    expect(none?.update).toBe('SET updatedAt = 2026-11-22T03:00:00.000Z ADD revision 1, filled:orders 1');
  });

  it('leaves a run to who watches its job, also when a rerun is wished for', async () => {
    dynamo.on(TransactWriteCommand).resolves({});

    await ledger.changeArrival({ run: watchedRun, arrival: anArrival(), requestRerun: true }, NOW, signal);

    expect(spelledUpdates()[0]?.update).toBe(
      'SET updatedAt = 2026-11-22T03:00:00.000Z, rerunRequestedAt = 2026-11-22T03:00:00.000Z ADD revision 1, filled:orders 1',
    );
  });

  it('changes nothing when something else has changed', async () => {
    dynamo.on(TransactWriteCommand).rejects(cancelled('None', lost()));

    expect(await ledger.changeArrival({ run, arrival: anArrival(), requestRerun: false }, NOW, signal)).toBe(false);
  });
});

describe('readRun', () => {
  it('reads consistently, since a stale copy decides nothing', async () => {
    dynamo.on(GetCommand).resolvesOnce({}).resolves({ Item: aRunItem() });

    expect(await ledger.readRun(key, signal)).toBeUndefined();
    expect(await ledger.readRun(key, signal)).toEqual(run);
    expect(dynamo.commandCalls(GetCommand)[0]?.args[0].input).toEqual({
      TableName: 'ledger',
      Key: RUN_KEY,
      ConsistentRead: true,
    });
  });
});

describe('readRunWithArrivals', () => {
  const wanted = () => true;
  const queries = () => dynamo.commandCalls(QueryCommand).map(({ args: [{ input }] }) => input);

  it('reads a small run in one consistent request, the run first', async () => {
    dynamo.on(QueryCommand).resolves({ Items: [aRunItem(), anArrivalItem()] });

    expect(await ledger.readRunWithArrivals(key, wanted, signal)).toEqual({ run, arrivals: [anArrival()] });
    expect(queries()).toEqual([expect.objectContaining({ TableName: 'ledger', ConsistentRead: true, Limit: 1_000 })]);
    expect(spelledOut(queries()[0] ?? {})).toEqual({ keys: `pk = ${RUN_KEY.pk} AND sk BETWEEN CURRENT AND FILE$` });
  });

  it('reads one page of a large run until somebody wants the rest', async () => {
    const next = { pk: RUN_KEY.pk ?? '', sk: 'FILE#orders#5' };
    const other = anArrivalItem({ sk: 'FILE#orders#6', key: 'orders_osaka' });
    dynamo
      .on(QueryCommand)
      .resolvesOnce({ Items: [aRunItem({ 'filled:orders': 2 }), anArrivalItem()], LastEvaluatedKey: next })
      .resolvesOnce({ Items: [aRunItem({ 'filled:orders': 2 }), anArrivalItem()], LastEvaluatedKey: next })
      .resolvesOnce({ Items: [], LastEvaluatedKey: next })
      .resolvesOnce({ Items: [other, anArrivalItem({ fills: false })] });

    const unwanted = await ledger.readRunWithArrivals(key, () => false, signal);
    const whole = await ledger.readRunWithArrivals(key, wanted, signal);

    expect(unwanted?.arrivals).toBeUndefined();
    expect(whole?.arrivals?.map((arrival) => arrival.key)).toEqual([anArrival().key, 'orders_osaka']);
    expect(queries()).toHaveLength(4);
    expect(queries()[3]).toMatchObject({ ExclusiveStartKey: next });
  });

  it('knows nothing of a run without an item', async () => {
    dynamo.on(QueryCommand).resolves({ Items: [] });

    expect(await ledger.readRunWithArrivals(key, wanted, signal)).toBeUndefined();
  });

  it('reads again when the run and its arrivals were seen on two sides of a transaction', async () => {
    dynamo
      .on(QueryCommand)
      .resolvesOnce({ Items: [aRunItem()] })
      .resolves({ Items: [aRunItem(), anArrivalItem()] });

    expect((await ledger.readRunWithArrivals(key, wanted, signal))?.arrivals).toEqual([anArrival()]);
  });

  it('rejects when they do not come to agree', async () => {
    dynamo.on(QueryCommand).resolves({ Items: [aRunItem()] });

    await expect(ledger.readRunWithArrivals(key, wanted, signal)).rejects.toThrow(
      'The arrivals of run RUN#sales@2026-11-22 do not add up to its counts',
    );
    expect(queries()).toHaveLength(5);
  });
});

describe('claim', () => {
  it('writes the claim and the name of its job, if nothing has changed since the run was read', async () => {
    dynamo.on(TransactWriteCommand).resolves({});

    expect(await ledger.claim(run, aClaim(), signal)).toBe(true);
    expect(spelledUpdates()).toEqual([
      {
        update:
          'SET state = claimed, owner = owner-1, claimedAt = 2026-11-22T03:00:00.000Z, leaseUntil = 2026-11-22T03:05:00.000Z, ' +
          'request = {"jobName":"breakaway-test-sales-20261122-0123456789ab","jobQueue":"etl","jobDefinition":"import-sales"}, ' +
          'jobName = breakaway-test-sales-20261122-0123456789ab, queue = etl, ' +
          'candidate = RUN, candidateAt = 2026-11-22T03:05:00.000Z',
        condition: 'generation = 1 AND revision = 1 AND state = waiting',
      },
    ]);
    expect(transactions()[0]?.[1]?.Put).toEqual({
      TableName: 'ledger',
      Item: {
        pk: 'JOB#breakaway-test-sales-20261122-0123456789ab',
        sk: 'JOB',
        feed: 'sales',
        values: '{}',
        date: '2026-11-22',
        generation: 1,
      },
    });
  });

  it('claims nothing but a run that waits, whatever was seen', async () => {
    dynamo.on(TransactWriteCommand).resolves({});

    await ledger.claim(aRun({ state: 'failed' }), aClaim(), signal);

    expect(spelledUpdates()).toMatchObject([{ condition: 'generation = 1 AND revision = 1 AND state = waiting' }]);
  });

  it('keeps why the request must not be sent, and gives it to whoever finds the claim', async () => {
    dynamo.on(TransactWriteCommand).resolves({});
    const claim = aClaim({ problem: 'the tag Owner has 300 characters; Batch takes 256' });

    await ledger.claim(run, claim, signal);
    dynamo.on(GetCommand).resolves({ Item: aClaimedRunItem({ problem: claim.problem ?? '' }) });
    const found = await ledger.readRun(run.key, signal);

    expect(spelledUpdates()[0]?.update).toContain(', problem = the tag Owner has 300 characters; Batch takes 256, ');
    expect(found?.claim).toEqual(claim);
  });

  it('says when somebody else was faster', async () => {
    dynamo.on(TransactWriteCommand).rejects(cancelled(lost(), 'None'));

    expect(await ledger.claim(run, aClaim(), signal)).toBe(false);
  });
});

describe('takeOver', () => {
  it('takes the claim from the owner who was seen, and forgets the look-ups', async () => {
    dynamo.on(UpdateCommand).resolves({});

    expect(await ledger.takeOver(claimedRun, aClaim({ owner: 'owner-2' }), signal)).toBe(true);
    const [{ update, condition } = { update: '', condition: '' }] = spelledUpdates();
    expect(update).toMatch(/^SET state = claimed, owner = owner-2, .* REMOVE emptyLookupAt, emptyLookupBy$/);
    expect(condition).toBe('generation = 1 AND revision = 1 AND state = claimed AND owner = owner-1');
  });

  it('takes nothing from a run that has no owner', async () => {
    dynamo.on(UpdateCommand).rejects(conditionFailed(aRunItem()));

    expect(await ledger.takeOver(run, aClaim(), signal)).toBe(false);
  });

  it('takes its own claim for its own, if the answer to it was lost', async () => {
    dynamo.on(UpdateCommand).rejects(conditionFailed(aClaimedRunItem({ owner: 'owner-2' })));

    expect(await ledger.takeOver(claimedRun, aClaim({ owner: 'owner-2' }), signal)).toBe(true);
    expect(await ledger.takeOver(claimedRun, aClaim({ owner: 'owner-3' }), signal)).toBe(false);
  });
});

describe('what an owner writes', () => {
  const writes: [string, () => Promise<unknown>, string][] = [
    [
      'release',
      () => ledger.release(claimedRun, aClaim(), NOW, signal),
      'SET state = waiting, candidate = RUN, candidateAt = 2026-11-22T03:00:00.000Z ' +
        'REMOVE owner, claimedAt, leaseUntil, request, problem, emptyLookupAt, emptyLookupBy, jobName, queue, rerunRequestedAt',
    ],
    [
      'noteEmptyLookup',
      () => ledger.noteEmptyLookup(claimedRun, aClaim(), NOW, 'me', signal),
      'SET emptyLookupAt = 2026-11-22T03:00:00.000Z, emptyLookupBy = me, candidate = RUN, candidateAt = 2026-11-22T03:00:00.000Z',
    ],
    [
      'recordRefusal',
      () => ledger.recordRefusal(claimedRun, aClaim(), 'no such queue', signal),
      'SET state = refused, refusal = no such queue REMOVE candidate, candidateAt',
    ],
    [
      'recordSubmission',
      () => ledger.recordSubmission(claimedRun, aClaim(), 'job-1', NOW, signal),
      'SET state = submitted, jobId = job-1, submittedAt = 2026-11-22T03:00:00.000Z, candidate = JOB, candidateAt = 2026-11-22T03:15:00.000Z',
    ],
  ];

  it.each(writes)('is written while the claim is its own: %s', async (name, write, expected) => {
    dynamo.on(UpdateCommand).resolves({});

    await write();

    expect(dynamo.commandCalls(UpdateCommand)[0]?.args[0].input).toMatchObject({
      TableName: 'ledger',
      Key: RUN_KEY,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const owned = 'state = claimed AND owner = owner-1';
    expect(spelledUpdates()).toEqual([
      {
        update: expected,
        condition: name === 'noteEmptyLookup' ? `${owned} AND attribute_not_exists(emptyLookupAt)` : owned,
      },
    ]);
  });

  it.each(writes)('is not written when the claim is another one’s: %s', async (name, write) => {
    dynamo.on(UpdateCommand).rejects(conditionFailed(aClaimedRunItem({ owner: 'owner-2' })));

    const answer = await write();

    expect(answer).toEqual(
      name === 'recordSubmission' ? aRun({ state: 'claimed', claim: aClaim({ owner: 'owner-2' }) }) : undefined,
    );
  });

  it.each(writes)(
    'is sent again when it meets a transaction on the run, which the SDK does not do: %s',
    async (_, write) => {
      dynamo.on(UpdateCommand).rejectsOnce(conflict()).rejectsOnce(conflict()).resolves({});

      await write();

      expect(dynamo.commandCalls(UpdateCommand)).toHaveLength(3);
    },
  );

  it.each(writes)('rejects when the table fails, or does not say what is there: %s', async (_, write) => {
    dynamo.on(UpdateCommand).rejectsOnce(new Error('500')).rejectsOnce(conditionFailed());

    await expect(write()).rejects.toThrow('500');
    await expect(write()).rejects.toThrow('The ledger has no run RUN#sales@2026-11-22');
  });

  it('tells one who recorded the submission that it is recorded', async () => {
    dynamo.on(UpdateCommand).resolves({});

    expect(await ledger.recordSubmission(claimedRun, aClaim(), 'job-1', NOW, signal)).toBe('recorded');
  });

  it('gives up after ten conflicts', async () => {
    dynamo.on(UpdateCommand).rejects(conflict());

    await expect(ledger.release(claimedRun, aClaim(), NOW, signal)).rejects.toThrow('Transaction is ongoing');
    expect(dynamo.commandCalls(UpdateCommand)).toHaveLength(10);
  });
});

describe('openNextGeneration', () => {
  const ended = aRun({ state: 'succeeded', claim: aClaim() });
  const item = aClaimedRunItem({ state: 'succeeded', jobId: 'job-1' });

  it('keeps the ended generation beside the run, out of the list of candidates, and begins anew', async () => {
    dynamo.on(GetCommand).resolves({ Item: item });
    dynamo.on(TransactWriteCommand).resolves({});

    expect(await ledger.openNextGeneration(ended, NOW, signal)).toBe(true);
    const { candidate: _c, candidateAt: _a, ...kept } = item;
    const put = transactions()[0]?.[0]?.Put;
    expect(put).toMatchObject({ TableName: 'ledger', Item: { ...kept, sk: 'GEN#000001' } });
    expect(put?.Item).not.toHaveProperty('candidate');
    expect(spelledOut(put ?? {})).toEqual({ condition: 'attribute_not_exists(pk)' });
    expect(spelledUpdates()).toEqual([
      {
        update:
          'SET state = waiting, generation = 2, openedAt = 2026-11-22T03:00:00.000Z, candidate = RUN, candidateAt = 2026-11-22T03:00:00.000Z ' +
          'REMOVE owner, claimedAt, leaseUntil, request, problem, emptyLookupAt, emptyLookupBy, jobName, queue, ' +
          'jobId, submittedAt, attempts, startedAt, stoppedAt, exitCode, jobReason, progressPercent, progressText, progressAt, jobUnknownSince, ' +
          'refusal, rerunRequestedAt, wouldSubmitAt',
        condition: 'generation = 1 AND revision = 1 AND state = succeeded',
      },
    ]);
  });

  it.each([
    ['is gone', undefined],
    ['has changed', aRunItem({ revision: 2 })],
  ])('opens nothing when the run %s', async (_, found) => {
    dynamo.on(GetCommand).resolves({ Item: found });

    expect(await ledger.openNextGeneration(ended, NOW, signal)).toBe(false);
  });

  it.each(['waiting', 'submitted', 'running'] as const)('opens nothing while the run is %s', async (state) => {
    expect(await ledger.openNextGeneration(aRun({ state }), NOW, signal)).toBe(false);
    expect(dynamo.calls()).toEqual([]);
  });

  it('opens nothing when somebody else has opened it', async () => {
    dynamo.on(GetCommand).resolves({ Item: item });
    dynamo.on(TransactWriteCommand).rejects(cancelled(lost(), lost()));

    expect(await ledger.openNextGeneration(ended, NOW, signal)).toBe(false);
  });
});

describe('revisit', () => {
  it.each([
    ['never', 'REMOVE candidate, candidateAt'],
    [NOW, 'SET candidate = RUN, candidateAt = 2026-11-22T03:00:00.000Z'],
  ] as const)('sets the next look at %s, unless the run has changed', async (at, expected) => {
    dynamo
      .on(UpdateCommand)
      .resolvesOnce({})
      .rejects(conditionFailed(aRunItem({ revision: 2 })));

    await ledger.revisit(run, at, signal);
    await ledger.revisit(run, at, signal);

    expect(spelledUpdates()[0]).toEqual({
      update: expected,
      condition: 'generation = 1 AND revision = 1 AND state = waiting',
    });
  });
});

describe('revisit, while the job is under way', () => {
  it('leaves it with those whose jobs are watched', async () => {
    dynamo.on(UpdateCommand).resolves({});

    await ledger.revisit(watchedRun, NOW, signal);

    expect(spelledUpdates()[0]).toEqual({
      update: 'SET candidate = JOB, candidateAt = 2026-11-22T03:00:00.000Z',
      condition: 'generation = 1 AND revision = 1 AND state = submitted',
    });
  });
});

describe('unsettledRuns', () => {
  it('takes candidates from the index, and what is decided on from the table', async () => {
    dynamo.on(QueryCommand).resolves({
      Items: [RUN_KEY, { pk: 'RUN#gone', sk: 'CURRENT' }, { pk: 'RUN#no-sort-key' }, {}],
    });
    dynamo.on(GetCommand).resolves({});
    dynamo.on(GetCommand, { Key: RUN_KEY, ConsistentRead: true }).resolves({ Item: aRunItem() });

    expect(await ledger.unsettledRuns(NOW, 7, signal)).toEqual([run]);
    const input = dynamo.commandCalls(QueryCommand)[0]?.args[0].input ?? {};
    expect(input).toMatchObject({ TableName: 'ledger', IndexName: 'candidates', Limit: 7 });
    expect(spelledOut(input)).toEqual({ keys: 'candidate = RUN AND candidateAt <= 2026-11-22T03:00:00.000Z' });
    expect(dynamo.commandCalls(GetCommand)).toHaveLength(2);
  });

  it('finds none', async () => {
    dynamo.on(QueryCommand).resolves({ Items: [] });

    expect(await ledger.unsettledRuns(NOW, 7, signal)).toEqual([]);
    expect(await ledger.watchedRuns(NOW, 7, signal)).toEqual([]);
  });

  it('rejects when the index cannot be asked: that is not the same as none', async () => {
    dynamo.on(QueryCommand).rejects(new Error('no table'));

    await expect(ledger.unsettledRuns(NOW, 7, signal)).rejects.toThrow('no table');
  });
});

describe('watchedRuns', () => {
  it('takes the runs whose job is under way from the same index, by another name', async () => {
    dynamo.on(QueryCommand).resolves({ Items: [RUN_KEY] });
    dynamo.on(GetCommand).resolves({ Item: aJobItem() });

    expect(await ledger.watchedRuns(NOW, 7, signal)).toEqual([watchedRun]);
    const input = dynamo.commandCalls(QueryCommand)[0]?.args[0].input ?? {};
    expect(input).toMatchObject({ IndexName: 'candidates', Limit: 7 });
    expect(spelledOut(input)).toEqual({ keys: 'candidate = JOB AND candidateAt <= 2026-11-22T03:00:00.000Z' });
  });
});

describe('recordJob', () => {
  const running: JobObservation = {
    jobId: 'job-1',
    state: 'running',
    attempts: 2,
    submittedAt: new Date('2026-11-22T02:58:00.000Z'),
    startedAt: new Date('2026-11-22T02:59:30.000Z'),
  };
  const record = (sighting: JobObservation, generation = 1) => ledger.recordJob(key, generation, sighting, NOW, signal);
  const inputs = () => dynamo.commandCalls(UpdateCommand).map(({ args: [{ input }] }) => input);

  it('moves the run on, and tells how it is now', async () => {
    dynamo.on(UpdateCommand).resolves({ Attributes: aJobItem({ state: 'running' }) });

    expect(await record(running)).toEqual({ standing: 'news', run: { ...watchedRun, state: 'running' } });
    expect(inputs()[0]).toMatchObject({
      TableName: 'ledger',
      Key: RUN_KEY,
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    expect(spelledUpdates()[0]?.update).toBe(
      'SET state = running, jobId = job-1, attempts = 2, candidate = JOB, candidateAt = 2026-11-22T03:05:00.000Z, ' +
        'startedAt = 2026-11-22T02:59:30.000Z, submittedAt = if_not_exists(submittedAt, 2026-11-22T02:58:00.000Z) ' +
        'REMOVE jobUnknownSince',
    );
  });

  it.each([
    [{ state: 'submitted' }, 'candidate = JOB, candidateAt = 2026-11-22T03:15:00.000Z'],
    [
      { state: 'succeeded', stoppedAt: NOW, exitCode: 0 },
      'candidate = RUN, candidateAt = 2026-11-22T03:05:00.000Z, startedAt = 2026-11-22T02:59:30.000Z, ' +
        'stoppedAt = 2026-11-22T03:00:00.000Z, exitCode = 0',
    ],
    [
      { state: 'failed', stoppedAt: NOW, exitCode: 137, reason: 'Host EC2 (instance i-1) terminated' },
      'stoppedAt = 2026-11-22T03:00:00.000Z, exitCode = 137, jobReason = Host EC2 (instance i-1) terminated',
    ],
    // An event may leave out when the job was submitted.
    [{ submittedAt: undefined, startedAt: undefined }, 'if_not_exists(submittedAt, 2026-11-22T03:00:00.000Z)'],
  ] satisfies [Partial<JobObservation>, string][])(
    'keeps what is seen of the job: %o',
    async (differences, expected) => {
      dynamo.on(UpdateCommand).resolves({ Attributes: aJobItem() });

      await record({ ...running, ...differences });

      expect(spelledUpdates()[0]?.update).toContain(expected);
    },
  );

  // All of them, since chance seldom meets the few that matter.
  const standings = ['waiting', 'claimed', 'submitted', 'running', 'succeeded', 'failed', 'refused'].flatMap((state) =>
    [undefined, 'job-1', 'job-2'].flatMap((jobId) =>
      [undefined, 0, 1, 2, 3].map((begun) =>
        aRunItem({
          state,
          ...(jobId === undefined ? {} : { jobId, submittedAt: NOW.toISOString() }),
          ...(jobId === undefined || begun === undefined ? {} : { attempts: begun }),
        }),
      ),
    ),
  );

  it.each(
    (['submitted', 'running', 'succeeded', 'failed'] as const).flatMap((state) =>
      [0, 1, 2, 3].map((begun): [JobObservation['state'], number] => [state, begun]),
    ),
  )('changes exactly the runs for which it is news that a job is %s with %i attempts', async (state, begun) => {
    dynamo.on(UpdateCommand).resolves({ Attributes: aJobItem() });
    const sighting: JobObservation = { jobId: 'job-1', state, attempts: begun };

    await record(sighting);

    const [write] = inputs();
    expect(standings.filter((item) => holds(write ?? {}, item))).toEqual(
      standings.filter((item) => standingOf(runOf(item), sighting) === 'news'),
    );
    expect(standings.filter((item) => holds(write ?? {}, { ...item, generation: 2 }))).toEqual([]);
  });

  it.each([
    ['known', aJobItem({ state: 'succeeded' })],
    ['other job', aJobItem({ jobId: 'job-0' })],
    ['unexpected', aRunItem()],
  ])('says what the sighting is to the run when it changes nothing: %s', async (standing, item) => {
    dynamo.on(UpdateCommand).rejects(conditionFailed(item));

    expect(await record(running)).toEqual({ standing, run: runOf(item) });
    expect(inputs()).toHaveLength(1);
  });

  it('keeps what it saw of an earlier generation beside the run, out of the list of candidates', async () => {
    dynamo
      .on(UpdateCommand)
      .rejectsOnce(conditionFailed(aJobItem({ generation: 2 })))
      .resolves({ Attributes: aJobItem({ sk: 'GEN#000001', state: 'running' }) });

    expect(await record(running)).toMatchObject({ standing: 'news', run: { generation: 1, state: 'running' } });
    expect(inputs().map(({ Key }) => Key?.['sk'])).toEqual(['CURRENT', 'GEN#000001']);
    expect(spelledUpdates()[1]?.update).not.toContain('candidate');
  });

  it.each([
    ['run', 1, conditionFailed()],
    ['generation yet', 3, conditionFailed(aJobItem())],
  ])('knows nothing of a job when there is no such %s', async (_, generation, error) => {
    dynamo.on(UpdateCommand).rejects(error);

    expect(await record(running, generation)).toBeUndefined();
    expect(inputs()).toHaveLength(1);
  });

  it('knows nothing of a job when the table shows nothing of the run', async () => {
    dynamo.on(UpdateCommand).resolves({});

    expect(await record(running)).toBeUndefined();
  });

  it('is sent again when it meets a transaction on the run', async () => {
    dynamo.on(UpdateCommand).rejectsOnce(conflict()).resolves({ Attributes: aJobItem() });

    expect(await record(running)).toMatchObject({ standing: 'news' });
    expect(inputs()).toHaveLength(2);
  });

  it('rejects when the table cannot be asked', async () => {
    dynamo.on(UpdateCommand).rejects(new Error('socket hang up'));

    await expect(record(running)).rejects.toThrow('socket hang up');
  });
});

describe('what is noted of a job under way', () => {
  const jobless = aRun({ state: 'running' });

  it.each([
    ['of this job', watchedRun, 'job-1'],
    ['of none, if it knows of none', jobless, ''],
  ])('is its progress, while the run is running and %s', async (_, noted, jobId) => {
    dynamo.on(UpdateCommand).resolvesOnce({}).rejects(conditionFailed(aJobItem()));
    const progress = { percent: 40, text: 'loading shops', at: NOW };

    await ledger.recordProgress(noted, progress, signal);
    await ledger.recordProgress(noted, progress, signal);

    expect(spelledUpdates()[0]).toEqual({
      update: 'SET progressPercent = 40, progressText = loading shops, progressAt = 2026-11-22T03:00:00.000Z',
      condition: `state = running AND jobId = ${jobId}`,
    });
  });

  it.each([
    ['this job', watchedRun, 'submitted', 'job-1'],
    ['none', jobless, 'running', ''],
  ])('is since when Batch does not know it, once, while the run has %s', async (_, noted, state, jobId) => {
    dynamo
      .on(UpdateCommand)
      .resolvesOnce({})
      .rejects(conditionFailed(aJobItem({ jobUnknownSince: NOW.toISOString() })));

    await ledger.noteUnknownJob(noted, NOW, signal);
    await ledger.noteUnknownJob(noted, NOW, signal);

    expect(spelledUpdates()[0]).toEqual({
      update: 'SET jobUnknownSince = 2026-11-22T03:00:00.000Z',
      condition: `state = ${state} AND jobId = ${jobId} AND attribute_not_exists(jobUnknownSince)`,
    });
  });
});

describe('runOfJob', () => {
  it('finds the run and generation of a job name', async () => {
    const item = { feed: 'sales', values: '{}', date: '2026-11-22', generation: 3 };
    dynamo.on(GetCommand).resolvesOnce({ Item: item }).resolves({});

    expect(await ledger.runOfJob('a-job', signal)).toEqual({ run: key, generation: 3 });
    expect(await ledger.runOfJob('unknown', signal)).toBeUndefined();
    expect(dynamo.commandCalls(GetCommand)[0]?.args[0].input).toMatchObject({
      Key: { pk: 'JOB#a-job', sk: 'JOB' },
      ConsistentRead: true,
    });
  });
});
