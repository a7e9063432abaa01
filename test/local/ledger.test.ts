import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, inject, vi } from 'vitest';
import { createFeedStates } from '../../shared/aws/feed-states.ts';
import { createTable } from '../../shared/aws/table.ts';
import { describeFeedStates } from '../support/feed-states-contract.ts';
import { describeLedger } from '../support/ledger-contract.ts';
import { makeLedgerTable } from '../support/ledger-table.ts';

const TABLE = `ledger-${randomUUID()}`;

beforeAll(async () => {
  const { environment } = inject('localAws');
  for (const [name, value] of Object.entries(environment)) {
    vi.stubEnv(name, value);
  }
  await makeLedgerTable(environment['AWS_ENDPOINT_URL'] ?? '', TABLE);
});

afterAll(() => {
  vi.unstubAllEnvs();
});

describeLedger('DynamoDB', () => createTable({ tableName: TABLE }));

describeFeedStates('DynamoDB', () => createFeedStates({ tableName: TABLE }));
