/** The function's settings. */
import { readEnvironment } from '../../shared/lambda/environment.ts';

export type Config = { readonly ledgerTable: string };

/**
 * Reads the settings from the environment.
 *
 * @throws Error that lists every variable that is not set
 */
export const readConfig = (environment: Readonly<Record<string, string | undefined>>): Config => {
  const value = readEnvironment({ ledgerTable: 'LEDGER_TABLE' }, environment);
  return { ledgerTable: value.ledgerTable };
};

/** How long after its beginning a tick stops to count: a million jobs are a thousand pages, each of a tenth to a fifth of a second. */
export const COUNT_FOR_MS = 240_000;

/** For how long a tick keeps the next ones away: as long as the function can run, so that none works beside it. */
export const LEASE_MS = 300_000;

/** AWS Batch may count our calls and `SubmitJob` together, and allows 50 a second. https://repost.aws/knowledge-center/aws-batch-requests-error */
export const BATCH_CALLS_PER_SECOND = 20;

/** How soon the numbers of a queue are published, while others are still being counted. */
export const PUBLISH_WITHIN_MS = 5_000;
