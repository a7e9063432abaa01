import { afterAll, beforeAll, inject, vi } from 'vitest';
import { LEDGER_TABLE } from '../../local/stack-names.ts';
import { createFailureNotes } from '../../shared/aws/failure-notes.ts';
import { describeFailureNotes } from '../support/failure-notes-contract.ts';

beforeAll(() => {
  for (const [name, value] of Object.entries(inject('localAws').environment)) {
    vi.stubEnv(name, value);
  }
});
afterAll(() => {
  vi.unstubAllEnvs();
});

describeFailureNotes('DynamoDB', () => createFailureNotes({ tableName: LEDGER_TABLE, now: () => new Date() }));
