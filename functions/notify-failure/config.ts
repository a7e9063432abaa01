/** The function's settings. */
import { readEnvironment } from '../../shared/lambda/environment.ts';

export type Config = { readonly stage: string; readonly ledgerTable: string; readonly alertTopicArn: string };

/**
 * Reads the settings from the environment.
 *
 * @throws Error that lists every variable that is not set
 */
export const readConfig = (environment: Readonly<Record<string, string | undefined>>): Config => {
  const value = readEnvironment(environment, ['STAGE', 'LEDGER_TABLE', 'ALERT_TOPIC_ARN']);
  return { stage: value('STAGE'), ledgerTable: value('LEDGER_TABLE'), alertTopicArn: value('ALERT_TOPIC_ARN') };
};
