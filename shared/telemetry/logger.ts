/** The one logger: JSON lines on standard output, each with the function's name and its request. */
import { Logger } from '@aws-lambda-powertools/logger';

/**
 * Logs a message that never changes, with what varies as fields.
 *
 * `POWERTOOLS_SERVICE_NAME` names the function and `POWERTOOLS_LOG_LEVEL` says from which level on a line is written.
 *
 * @remarks The formatter keeps an error's name, message, stack and cause, and drops the `errors` of an `AggregateError`.
 */
export const logger = new Logger();
