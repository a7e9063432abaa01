/** The lists of runs' files, in the suite's own bucket. */
import type { Objects } from './s3.ts';

/**
 * Makes the function that puts a manifest into a bucket, and returns its URI.
 *
 * @returns a function that rejects with an Error that names the bucket and the key
 */
export const createPutManifest =
  ({ put }: Pick<Objects, 'put'>, bucket: string) =>
  async (key: string, lines: string, signal: AbortSignal): Promise<string> => {
    await put(bucket, key, lines, 'application/jsonl', signal);
    return `s3://${bucket}/${key}`;
  };
