/**
 * Something that keeps the local AWS from working and that its reader can do something about.
 *
 * Its message says what is wrong and the way out, and is shown alone, without a stack.
 */
export class LocalAwsError extends Error {
  override readonly name = 'LocalAwsError' as const;
}
