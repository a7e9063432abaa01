/** The function's settings. */
import { readEnvironment } from '../../shared/lambda/environment.ts';

/** How long EMR is asked, its call rates waited for included, in milliseconds. The function's timeout in serverless.yml leaves time to act after it. */
export const ASK_FOR_MS = 25_000;

/**
 * Calls a second of Elastic Load Balancing, half of what it allows an account.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html
 */
export const READS_PER_SECOND = 5;
export const WRITES_PER_SECOND = 2;

export type Config = {
  readonly stage: string;
  readonly ledgerTable: string;
  /** Whether every invocation plans only, whatever its event says. */
  readonly isDry: boolean;
};

/**
 * Reads the settings from the environment.
 *
 * @throws Error that lists every variable that is not set, or names one that has no meaning
 */
export const readConfig = (environment: Readonly<Record<string, string | undefined>>): Config => {
  const value = readEnvironment({ stage: 'STAGE', ledgerTable: 'LEDGER_TABLE' }, environment);
  const dryRun = environment['DRY_RUN'] ?? 'false';
  if (dryRun !== 'true' && dryRun !== 'false') {
    throw new Error('Environment variable DRY_RUN is neither true nor false');
  }
  return { stage: value.stage, ledgerTable: value.ledgerTable, isDry: dryRun === 'true' };
};
