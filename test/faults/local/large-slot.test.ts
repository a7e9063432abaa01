/** A slot of thousands of files, of which the last two come at the same instant. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientSettings } from '../../../local/local-aws.ts';
import { arrivalItem, filledAttribute, runItemKey, runKeyAttributes } from '../../../shared/aws/ledger-items.ts';
import { anArrival } from '../../support/builders.ts';
import { sizeOf } from '../../support/test-size.ts';
import type { Host } from '../child.ts';
import { type FaultProxy, startProxy } from '../proxy.ts';
import {
  aName,
  deliver,
  jobsOf,
  LEDGER_TABLE,
  manifestOf,
  minute,
  startSubmit,
  stateOf,
  upstream,
} from './deliveries.ts';
import { LANDING, LARGE } from './feeds.ts';

const AT_ONCE = 2;
const WRITES = 25;
const WRITERS = 8;
const NOW = new Date(Date.now() + minute(0));

const client = new DynamoDBClient(clientSettings(upstream.endpoint));
const dynamo = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });

let proxy: FaultProxy;
let hosts: [Host, Host];

beforeAll(async () => {
  proxy = await startProxy(upstream);
  hosts = [await startSubmit(proxy), await startSubmit(proxy)];
});
afterAll(async () => {
  await Promise.all(hosts.map((host) => host.stop()));
  await proxy.close();
  client.destroy();
});

const keyOf = (name: string, index: number): string => `large/${name}/part_${String(index).padStart(5, '0')}`;

/** Records arrivals as the function does, only not one by one. */
const record = async (name: string, count: number): Promise<void> => {
  const run = { feed: 'large', values: { name } };
  const items = Array.from({ length: count }, (_, index) =>
    arrivalItem(run, anArrival({ slot: 'parts', bucket: LANDING, key: keyOf(name, index) }), NOW),
  );
  const chunks = Array.from({ length: Math.ceil(count / WRITES) }, (_, index) =>
    items.slice(index * WRITES, (index + 1) * WRITES),
  ).values();
  const write = async (): Promise<void> => {
    for (const chunk of chunks) {
      const requests = chunk.map((Item) => ({ PutRequest: { Item } }));
      await dynamo.send(new BatchWriteCommand({ RequestItems: { [LEDGER_TABLE]: requests } }));
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  await dynamo.send(
    new PutCommand({
      TableName: LEDGER_TABLE,
      Item: {
        ...runItemKey(run),
        ...runKeyAttributes(run),
        state: 'waiting',
        generation: 1,
        revision: count,
        openedAt: NOW.toISOString(),
        [filledAttribute('parts')]: count,
      },
    }),
  );
};

describe(`a slot of ${LARGE} files`, { timeout: sizeOf({ usual: 120_000, long: 600_000 }) }, () => {
  it('is one job with a manifest of all of them, when the last two come at the same instant', async () => {
    const name = aName();
    await record(name, LARGE - AT_ONCE);
    const last = Array.from({ length: AT_ONCE }, (_, index) => ({ key: keyOf(name, LARGE - AT_ONCE + index) }));
    const asked: string[] = [];
    proxy.script.onRequest = ({ operation }) => asked.push(operation);

    const deliveries = await Promise.all(last.map((file, index) => deliver([file], () => hosts[index] as Host)));

    expect(deliveries.flatMap(({ left }) => left)).toEqual([]);
    expect(asked.filter((operation) => operation === 'SubmitJob')).toHaveLength(1);
    const jobs = await jobsOf('large', name);
    expect(jobs).toHaveLength(1);
    expect(await stateOf('large', name)).toBe('submitted');
    const listed = (await manifestOf(jobs[0])).map(({ key }) => key);
    expect(listed).toEqual(Array.from({ length: LARGE }, (_, index) => keyOf(name, index)));
  });

  it('reads one page for a file that completes nothing, however many there are', async () => {
    const name = aName();
    await record(name, 500);
    const asked: string[] = [];
    proxy.script.onRequest = ({ operation }) => asked.push(operation);

    await deliver([{ key: keyOf(name, 500) }], () => hosts[0]);

    expect(asked).toEqual(['TransactWriteItems', 'Query']);
  });
});
