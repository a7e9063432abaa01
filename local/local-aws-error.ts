/**
 * Thrown for a problem of the local AWS that its user can solve.
 *
 * The message says what is wrong and what to do. Show it without a stack trace.
 */
export class LocalAwsError extends Error {
  override readonly name = 'LocalAwsError' as const;
}
