import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { type Alert, closed, notified, opened } from '../../../shared/alerts/alert.ts';
import { createAlertTable } from '../../../shared/aws/alert-table.ts';
import { createOpenAlerts } from '../../../shared/aws/open-alerts.ts';
import type { Key } from '../../../shared/aws/table.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamo = mockAws(DynamoDBDocumentClient);
const signal = new AbortController().signal;
const at = (day: number) => new Date(`2026-11-${day}T00:00:00.000Z`);
const SINCE = at(15);

const anAlert = (subject: string, day: number): Alert =>
  opened({ kind: 'job-failed', subject, title: subject, body: 'b' }, at(day));

/** Has the table hold alerts, as the suite writes them, and gives their keys. */
const hold = async (...alerts: readonly Alert[]) => {
  dynamo.on(PutCommand).resolves({});
  const table = createAlertTable({ tableName: 'ledger' });
  for (const alert of alerts) {
    await table.create(alert, signal);
  }
  const items = dynamo.commandCalls(PutCommand).map(({ args: [{ input }] }) => input.Item ?? {});
  dynamo.on(GetCommand).callsFake(({ Key }) => {
    const item = items.find(({ pk }) => pk === Key.pk);
    return item === undefined ? {} : { Item: item };
  });
  return items.map(({ pk = '', sk = '' }) => ({ pk, sk }));
};

const query = (name: string, start?: Key) => ({
  ExpressionAttributeValues: {
    ':0': name,
    ':1': (name === 'OPEN' ? SINCE : new Date(0)).toISOString(),
  },
  ExclusiveStartKey: start,
});

it('lists what people know and what they do not, on every page, each once and the newest first', async () => {
  const known = notified(anAlert('known', 16), 'notify', 1, 'me', at(16));
  const [one, two, three] = await hold(known, anAlert('newest', 21), anAlert('older', 18));
  dynamo
    .on(QueryCommand, query('OPEN'))
    .resolves({ Items: [one ?? {}], LastEvaluatedKey: one })
    .on(QueryCommand, query('OPEN', one))
    // Told meanwhile.
    .resolves({ Items: [three ?? {}] })
    .on(QueryCommand, query('ALERT'))
    .resolves({ Items: [two ?? {}, three ?? {}] });

  const alerts = await createOpenAlerts({ tableName: 'ledger' })(SINCE, signal);

  expect(alerts.map(({ subject }) => subject)).toEqual(['newest', 'older', 'known']);
});

it('leaves out what was closed, or is gone, since the index listed it', async () => {
  const [over] = await hold(closed(anAlert('over', 20), at(21), { title: 't', body: 'b' }));
  dynamo
    .on(QueryCommand, query('OPEN'))
    .resolves({ Items: [{ pk: 'ALERT#job-failed#gone', sk: 'ALERT' }, {}] })
    .on(QueryCommand, query('ALERT'))
    .resolves({ Items: [over ?? {}] });

  expect(await createOpenAlerts({ tableName: 'ledger' })(SINCE, signal)).toEqual([]);
});

it('lists none where there are none, and rejects where the table could not be asked', async () => {
  dynamo.on(QueryCommand).resolvesOnce({ Items: [] }).resolvesOnce({ Items: [] }).rejects(new Error('no table'));
  const openAlerts = createOpenAlerts({ tableName: 'ledger' });

  expect(await openAlerts(SINCE, signal)).toEqual([]);
  await expect(openAlerts(SINCE, signal)).rejects.toThrow('no table');
});
