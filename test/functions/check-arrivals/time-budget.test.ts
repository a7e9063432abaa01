import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { TIME_BUDGET_MS } from '../../../functions/check-arrivals/time-budget.ts';
import { SECOND_MS } from '../../../shared/durations.ts';
import { TIMEOUT_MARGIN_MS } from '../../../shared/lambda/lambda.ts';

const serverless = await readFile(resolve(import.meta.dirname, '../../../serverless.yml'), 'utf8');

it('fits into the timeout of the function, with ten seconds for the notifications', () => {
  const [, timeout] = /^ {2}checkArrivals:\n(?: {4}.*\n)*? {4}timeout: (\d+)$/m.exec(serverless) ?? [];
  const { remember, open, send, store, watch, search, late, notify } = TIME_BUDGET_MS;

  const sum = remember + open + Math.max(send, store, watch, search) + late + notify;

  expect(notify).toBeGreaterThanOrEqual(10 * SECOND_MS);
  expect(sum + TIMEOUT_MARGIN_MS).toBeLessThanOrEqual(Number(timeout) * SECOND_MS);
});
