/**
 * The logger of all functions: JSON lines on standard output, each with the names of the function
 * and the request.
 */
import { Logger } from '@aws-lambda-powertools/logger';

/**
 * Logs constant messages, with the variable parts as fields.
 *
 * `POWERTOOLS_SERVICE_NAME` is the name of the function, and `POWERTOOLS_LOG_LEVEL` the lowest
 * level that is written.
 *
 * @remarks The formatter keeps an error's name, message, stack and cause, and drops the `errors` of
 * an `AggregateError`.
 */
export const logger = new Logger();
