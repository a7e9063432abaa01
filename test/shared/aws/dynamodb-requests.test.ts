import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  DynamoDBServiceException,
  GetItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '../../../shared/aws/dynamodb-requests.ts';
import { type Answer, startProxy } from '../../faults/proxy.ts';

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const answering = async (...answers: Answer[]) => {
  vi.spyOn(Math, 'random').mockReturnValue(0.01);
  const server = await startProxy(() => answers.shift() ?? { status: 200, body: '{}' });
  onTestFinished(server.close);
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', server.url);
  return server;
};

const refusal = (code: string, fields: object): Answer => ({
  status: 400,
  body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, ...fields }),
});

const get = new GetItemCommand({ TableName: 'ledger', Key: { pk: { S: 'ü' } } });

// What it has in common with the SDK's client is shown by `test/bundle/own-dynamodb.test.ts`.
describe('DynamoDBClient', () => {
  it('asks for an operation by its name, and tells the answer as it is', async () => {
    const server = await answering({ status: 200, body: '{"Item":{"pk":{"S":"ü"}}}' });

    expect(await new DynamoDBClient().send(get)).toEqual({ Item: { pk: { S: 'ü' } } });
    expect(server.requests.map(({ service, operation }) => [service, operation])).toEqual([['dynamodb', 'GetItem']]);
  });

  it('asks the host of its region where there is no endpoint', async () => {
    const failed = new DynamoDBClient({ maxAttempts: 1 }).send(get, { abortSignal: AbortSignal.abort() });

    await expect(failed).rejects.toThrow(/abort/i);
  });

  it('sends a transaction again under the same token', async () => {
    const server = await answering({ status: 500, body: '{}' });

    await new DynamoDBClient().send(new TransactWriteItemsCommand({ TransactItems: [] }));

    expect(server.requests).toHaveLength(2);
    const tokens = server.requests.map(({ body }) => JSON.parse(body.toString()).ClientRequestToken);
    expect(tokens[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(tokens[1]).toBe(tokens[0]);
  });

  it('makes as many attempts as it is told', async () => {
    const server = await answering({ status: 500, body: '{}' });

    await expect(new DynamoDBClient({ maxAttempts: 1 }).send(get)).rejects.toThrow('DynamoDB answered 500');
    expect(server.requests).toHaveLength(1);
  });

  it('tells which condition did not hold, and on what', async () => {
    await answering(
      refusal('ConditionalCheckFailedException', { message: 'No.', Item: { pk: { S: 'a' } } }),
      refusal('TransactionCanceledException', { Message: 'No.', CancellationReasons: [{ Code: 'None' }] }),
      refusal('ResourceNotFoundException', { message: 'No table.' }),
    );
    const client = new DynamoDBClient();
    const errors: unknown[] = [];
    for (let call = 0; call < 3; call += 1) errors.push(await client.send(get).catch((error: unknown) => error));

    expect(errors[0]).toBeInstanceOf(ConditionalCheckFailedException);
    expect(errors[0]).toMatchObject({ message: 'No.', Item: { pk: { S: 'a' } } });
    expect(errors[1]).toBeInstanceOf(TransactionCanceledException);
    expect(errors[1]).toMatchObject({ message: 'No.', CancellationReasons: [{ Code: 'None' }] });
    expect(errors[2]).toBeInstanceOf(DynamoDBServiceException);
    expect(errors[2]).toMatchObject({ name: 'ResourceNotFoundException', message: 'No table.' });
  });

  it('tells a failure that is not of DynamoDB as an error', async () => {
    await answering({ status: 404, body: '<html>' });

    await expect(new DynamoDBClient().send(get)).rejects.toMatchObject({
      name: 'UnknownError',
      message: 'DynamoDB answered 404',
      $metadata: { httpStatusCode: 404 },
    });
  });
});
