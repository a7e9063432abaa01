import { DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createBindingRecords } from '../../../shared/aws/binding-records.ts';
import { type Answer, type FaultProxy, startProxy } from '../../faults/proxy.ts';

const signal = new AbortController().signal;
const records = () => createBindingRecords({ tableName: 'ledger' });

const aTarget = { id: '10.0.0.1', port: 8088, clusterId: 'j-1', instanceId: 'i-1' };

const itemOf = (arn: string, targets: unknown) => ({
  pk: { S: 'BINDING' },
  sk: { S: arn },
  targets: { S: JSON.stringify(targets) },
});

const json = (value: object): Answer => ({ status: 200, body: JSON.stringify(value) });

const listen = async (...answers: Answer[]): Promise<FaultProxy> => {
  const last = answers.at(-1) ?? json({});
  const server = await startProxy(() => answers.shift() ?? last);
  onTestFinished(server.close);
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', server.url);
  return server;
};

const bodies = ({ requests }: FaultProxy) => requests.map(({ operation, body }) => [operation, JSON.parse(body)]);

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
});
afterEach(() => vi.unstubAllEnvs());

describe('the records of bindings', () => {
  it('are written and read with the requests that the SDK would send', async () => {
    const Item = itemOf('arn:1', [aTarget]);
    const query = {
      TableName: 'ledger',
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: 'BINDING' } },
      ConsistentRead: true,
    };
    const server = await listen(json({}), json({ Items: [] }), json({}), json({ Items: [] }));
    const client = new DynamoDBClient({});

    await records().write('arn:1', [aTarget], signal);
    await records().read(signal);
    await client.send(new PutItemCommand({ TableName: 'ledger', Item }));
    await client.send(new QueryCommand(query));

    const [put, read, sdkPut, sdkRead] = bodies(server);
    expect([put, read]).toEqual([sdkPut, sdkRead]);
    expect(put).toEqual(['PutItem', { TableName: 'ledger', Item }]);
  });

  it('are read over all pages', async () => {
    const server = await listen(
      json({ Items: [itemOf('arn:1', [aTarget])], LastEvaluatedKey: { pk: { S: 'BINDING' }, sk: { S: 'arn:1' } } }),
      json({ Items: [itemOf('arn:2', [])] }),
    );

    expect(await records().read(signal)).toEqual(
      new Map([
        ['arn:1', [aTarget]],
        ['arn:2', []],
      ]),
    );
    expect(bodies(server).map(([, { ExclusiveStartKey }]) => ExclusiveStartKey)).toEqual([
      undefined,
      { pk: { S: 'BINDING' }, sk: { S: 'arn:1' } },
    ]);
  });

  it('are none at first, which an answer without a list does not say', async () => {
    await listen(json({ Items: [] }), json({}));

    expect(await records().read(signal)).toEqual(new Map());
    await expect(records().read(signal)).rejects.toThrow('Query answered without Items');
  });

  it('fail with what DynamoDB says', async () => {
    await listen({ status: 400, body: JSON.stringify({ __type: 'ns#AccessDeniedException', message: 'no' }) });

    await expect(records().write('arn:1', [], signal)).rejects.toThrow('AccessDeniedException');
  });

  it.each([
    ['no list', {}],
    ['no target', ['i-1']],
    ['a target without an id', [{ ...aTarget, id: undefined }]],
    ['a target whose port is a text', [{ ...aTarget, port: '8088' }]],
    ['a target without a cluster', [{ ...aTarget, clusterId: undefined }]],
    ['a target without an instance', [{ ...aTarget, instanceId: undefined }]],
  ])('are refused when one is %s', async (_, targets) => {
    await listen(json({ Items: [itemOf('arn:1', targets)] }));

    await expect(records().read(signal)).rejects.toThrow('The ledger has no usable targets of arn:1:');
  });

  it('are refused when one is nothing at all', async () => {
    await listen(json({ Items: [{ pk: { S: 'BINDING' } }] }));

    await expect(records().read(signal)).rejects.toThrow('The ledger has no usable targets of undefined: null');
  });
});
