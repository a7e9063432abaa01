/** How the table's items are written to DynamoDB and read from its answers. */
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { equals } from '../../../shared/aws/expressions.ts';
import { createTable } from '../../../shared/aws/table.ts';
import { type Answer, FAULTS, type FaultProxy, startProxy } from '../../faults/proxy.ts';

const { signal } = new AbortController();
const KEY = { pk: 'RUN#sales', sk: 'CURRENT' };
const MARSHALLED_KEY = { pk: { S: 'RUN#sales' }, sk: { S: 'CURRENT' } };

const answering = async (answer: Answer): Promise<FaultProxy> => {
  const server = await startProxy(() => answer);
  onTestFinished(server.close);
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', server.url);
  return server;
};

const json = (value: object): Answer => ({ status: 200, body: JSON.stringify(value) });

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
});
afterEach(() => vi.unstubAllEnvs());

it('writes values by their types, and leaves out what is undefined', async () => {
  const server = await answering(json({}));
  const item = { ...KEY, count: 1, ids: new Set(['a']), isEmpty: true, none: undefined, list: [{ id: 'x' }] };

  await createTable({ tableName: 'ledger' }).put({ item }, signal);

  expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({
    TableName: 'ledger',
    Item: {
      ...MARSHALLED_KEY,
      count: { N: '1' },
      ids: { SS: ['a'] },
      isEmpty: { BOOL: true },
      list: { L: [{ M: { id: { S: 'x' } } }] },
    },
  });
});

it('reads every item of a page, also beside a number that JavaScript rounds', async () => {
  const large = { ...MARSHALLED_KEY, count: { N: '12345678901234567890.5' } };
  await answering(json({ Items: [large, { ...MARSHALLED_KEY, ids: { SS: ['a', 'b'] } }] }));

  expect(await createTable({ tableName: 'ledger' }).query({ keys: equals('pk', 'RUN#sales') }, signal)).toEqual([
    { ...KEY, count: 12_345_678_901_234_567_000 },
    { ...KEY, ids: new Set(['a', 'b']) },
  ]);
});

it('reads the item that a condition does not hold of', async () => {
  const type = 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException';
  await answering({
    status: 400,
    body: JSON.stringify({ __type: type, Item: { ...MARSHALLED_KEY, count: { N: '2' } } }),
  });
  const table = createTable({ tableName: 'ledger' });

  const written = await table.update(
    { key: KEY, change: { add: { count: 1 } }, condition: equals('count', 1) },
    signal,
  );

  expect(written).toEqual({ kind: 'failed', item: { ...KEY, count: 2 } });
});

it('gives a request up with its signal', async () => {
  const server = await answering(json({}));
  const asking = new AbortController();
  server.script = { fault: () => FAULTS.hung, onRequest: () => asking.abort() };

  const read = createTable({ tableName: 'ledger' }).get(KEY, asking.signal);

  await expect(read).rejects.toMatchObject({ name: 'AbortError' });
  expect(server.requests).toHaveLength(1);
});
