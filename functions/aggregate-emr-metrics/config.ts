/** The function's settings. */
import { readEnvironment } from '../../shared/lambda/environment.ts';

/**
 * How long EMR is asked, its call rates waited for included, in milliseconds. The function's timeout in serverless.yml is a minute and a half longer,
 * for reading and publishing.
 */
export const ASK_FOR_MS = 150_000;

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
