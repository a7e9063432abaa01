import { DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { createBindingRecords } from '../../../shared/aws/binding-records.ts';
import { spelledOut } from '../../support/expressions.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamo = mockAws(DynamoDBDocumentClient);
const { signal } = new AbortController();
const records = createBindingRecords({ tableName: 'ledger' });

const aTarget = { id: '10.0.0.1', port: 8088, clusterId: 'j-1', instanceId: 'i-1' };

const itemOf = (arn: string, targets: unknown) => ({ pk: 'BINDING', sk: arn, targets: JSON.stringify(targets) });

describe('the records of bindings', () => {
  it('are written in place of those of the same group', async () => {
    dynamo.on(PutCommand).resolves({});

    await records.write('arn:1', [aTarget], signal);

    expect(dynamo.commandCalls(PutCommand).map(({ args: [{ input }] }) => input)).toEqual([
      { TableName: 'ledger', Item: itemOf('arn:1', [aTarget]) },
    ]);
  });

  it('are read over all pages, consistently', async () => {
    const last = { pk: 'BINDING', sk: 'arn:1' };
    dynamo
      .on(QueryCommand)
      .resolvesOnce({ Items: [itemOf('arn:1', [aTarget])], LastEvaluatedKey: last })
      .resolves({ Items: [itemOf('arn:2', [])] });

    expect(await records.read(signal)).toEqual(
      new Map([
        ['arn:1', [aTarget]],
        ['arn:2', []],
      ]),
    );
    const inputs = dynamo.commandCalls(QueryCommand).map(({ args: [{ input }] }) => input);
    expect(inputs.map(spelledOut)).toEqual([{ keys: 'pk = BINDING' }, { keys: 'pk = BINDING' }]);
    expect(inputs).toMatchObject([{ ConsistentRead: true }, { ExclusiveStartKey: last }]);
  });

  it('are none at first, which an answer without a list does not say', async () => {
    dynamo.on(QueryCommand).resolvesOnce({ Items: [] }).resolves({});

    expect(await records.read(signal)).toEqual(new Map());
    await expect(records.read(signal)).rejects.toThrow('Query answered without Items');
  });

  it('fail with what DynamoDB says', async () => {
    dynamo.on(PutCommand).rejects(new Error('AccessDeniedException'));

    await expect(records.write('arn:1', [], signal)).rejects.toThrow('AccessDeniedException');
  });

  it.each([
    ['no list', {}],
    ['no target', ['i-1']],
    ['a target without an id', [{ ...aTarget, id: undefined }]],
    ['a target whose port is a text', [{ ...aTarget, port: '8088' }]],
    ['a target without a cluster', [{ ...aTarget, clusterId: undefined }]],
    ['a target without an instance', [{ ...aTarget, instanceId: undefined }]],
  ])('are refused when one is %s', async (_, targets) => {
    dynamo.on(QueryCommand).resolves({ Items: [itemOf('arn:1', targets)] });

    await expect(records.read(signal)).rejects.toThrow('The ledger has no usable targets of arn:1:');
  });

  it('are refused when an item has no targets', async () => {
    dynamo.on(QueryCommand).resolves({ Items: [{ pk: 'BINDING', sk: 'arn:1' }] });

    await expect(records.read(signal)).rejects.toThrow('The ledger has no usable targets of arn:1: null');
  });
});
