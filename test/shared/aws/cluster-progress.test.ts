import { BatchGetCommand, DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { createClusterProgress } from '../../../shared/aws/cluster-progress.ts';
import { conditionFailed } from '../../support/dynamo-errors.ts';
import { aCluster, at } from '../../support/emr-builders.ts';
import { spelledOut } from '../../support/expressions.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamoDb = mockAws(DynamoDBDocumentClient);
const { signal } = new AbortController();
const progress = createClusterProgress({ tableName: 'ledger' });

const watermark = (name: string, until?: string) => ({
  pk: `WATERMARK#aggregate-emr-metrics#${name}`,
  sk: 'WATERMARK',
  ...(until === undefined ? {} : { until }),
});

describe('readWatermarks', () => {
  it('reads consistently, a hundred at a time, and again what was left over', async () => {
    const names = Array.from({ length: 150 }, (_, index) => `n${index}`);
    dynamoDb
      .on(BatchGetCommand)
      .resolvesOnce({
        Responses: { ledger: [watermark('n0', at('03:00').toISOString())] },
        UnprocessedKeys: { ledger: { Keys: [watermark('n1')] } },
      })
      .resolvesOnce({ Responses: { ledger: [watermark('n1', at('03:05').toISOString())] } })
      .resolves({});

    expect(await progress.readWatermarks(names, signal)).toEqual(
      new Map([
        ['n0', at('03:00')],
        ['n1', at('03:05')],
      ]),
    );
    const asked = dynamoDb.commandCalls(BatchGetCommand).map(({ args: [{ input }] }) => input.RequestItems?.['ledger']);
    expect(asked.map((one) => [one?.Keys?.length, one?.ConsistentRead])).toEqual([
      [100, true],
      [1, true],
      [50, true],
    ]);
    expect(asked[1]?.Keys?.[0]).toEqual(watermark('n1'));
  });

  it('asks nothing when there is no name', async () => {
    expect(await progress.readWatermarks([], signal)).toEqual(new Map());
  });

  it('reads nothing out of an empty answer', async () => {
    dynamoDb.on(BatchGetCommand).resolves({});

    expect(await progress.readWatermarks(['etl'], signal)).toEqual(new Map());
  });

  it.each([undefined, 'soon'])('names the watermark that it cannot read: %j', async (until) => {
    dynamoDb.on(BatchGetCommand).resolves({ Responses: { ledger: [watermark('etl', until)] } });

    await expect(progress.readWatermarks(['etl'], signal)).rejects.toThrow('no usable watermark of etl');
  });

  it('does not take an item without a key for a name', async () => {
    dynamoDb.on(BatchGetCommand).resolves({ Responses: { ledger: [{ until: at('03:00').toISOString() }] } });

    expect(await progress.readWatermarks(['etl'], signal)).toEqual(new Map([['', at('03:00')]]));
  });
});

describe('advance', () => {
  it('moves a watermark on, if it is not there yet', async () => {
    dynamoDb.on(UpdateCommand).resolves({});

    await progress.advance('etl', at('03:05'), signal);

    const input = dynamoDb.commandCalls(UpdateCommand)[0]?.args[0].input ?? {};
    expect(input).toMatchObject({ TableName: 'ledger', Key: watermark('etl') });
    expect(spelledOut(input)).toEqual({
      update: 'SET until = 2026-11-22T03:05:00.000Z',
      condition: '(attribute_not_exists(pk) OR until < 2026-11-22T03:05:00.000Z)',
    });
  });

  it('is content when another was faster', async () => {
    dynamoDb.on(UpdateCommand).rejects(conditionFailed());

    await expect(progress.advance('etl', at('03:05'), signal)).resolves.toBeUndefined();
  });

  it('rejects when the table could not be asked', async () => {
    dynamoDb.on(UpdateCommand).rejects(new Error('no'));

    await expect(progress.advance('etl', at('03:05'), signal)).rejects.toThrow('no');
  });
});

describe('the roster', () => {
  const KEY = { pk: 'WATERMARK#aggregate-emr-metrics', sk: 'ROSTER' };

  it('is read as it was written', async () => {
    const roster = {
      listedAt: at('03:00'),
      clusters: [aCluster(), aCluster({ id: 'j-2', name: '日次', endedAt: at('02:00') })],
    };
    dynamoDb.on(PutCommand).resolves({});
    await progress.saveRoster(roster, signal);
    const written = dynamoDb.commandCalls(PutCommand)[0]?.args[0].input;
    expect(written).toMatchObject({ TableName: 'ledger', Item: KEY });

    dynamoDb.on(GetCommand, { TableName: 'ledger', Key: KEY, ConsistentRead: true }).resolves({ Item: written!.Item! });

    expect(await progress.readRoster(signal)).toEqual(roster);
  });

  it('is not there on the first tick', async () => {
    dynamoDb.on(GetCommand).resolves({});

    expect(await progress.readRoster(signal)).toBeUndefined();
  });

  it.each([
    ['no clusters', undefined, 'no usable clusters'],
    ['no list', '{}', 'no usable clusters'],
    ['what is no cluster', '[null]', 'no usable cluster in its roster: null'],
    ['a cluster without a name', '[{"id":"j-1"}]', 'no usable cluster in its roster: {"id":"j-1"}'],
    ['a cluster without a date', '[{"id":"j-1","name":"a"}]', 'no usable creation time of cluster j-1'],
    [
      'a cluster with a wrong end',
      '[{"id":"j-1","name":"a","createdAt":"2026-11-22T00:00:00Z","endedAt":1}]',
      'no usable end of cluster j-1: 1',
    ],
    ['no listing time', '[]', 'no usable listing time in its roster: ""', ''],
  ])('is refused when it has %s', async (_, clusters, message, listedAt = at('03:00').toISOString()) => {
    const Item = { listedAt, ...(clusters === undefined ? {} : { clusters }) };
    dynamoDb.on(GetCommand).resolves({ Item });

    await expect(progress.readRoster(signal)).rejects.toThrow(message);
  });
});
